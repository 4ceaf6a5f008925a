/* Users: documents of admin.system.users, as MongoDB keeps them. Roles are kept and shown; whoever is known may do everything. */
#include "command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char users[] = "admin.system.users";

static bool user_id(const char *database, const char *user, char *out, size_t size) {
    return (size_t)snprintf(out, size, "%s.%s", database, user) < size;
}

static struct record *find_user(const char *database, const char *user, uint32_t *place) {
    char id[SCRAM_NAME_BYTES + 80];
    struct buffer key = {0};
    struct value value;
    struct collection *collection = store_find(users);
    if (!collection || !user_id(database, user, id, sizeof id)) return NULL;
    size_t opened = bson_open(&key);
    bson_put_text(&key, "_id", id);
    bson_close(&key, opened);
    bson_find(key.bytes, "_id", &value);
    bool found = store_place(collection, &value, place);
    buffer_free(&key);
    return found ? collection->records[*place] : NULL;
}

static void put_user(struct buffer *out, const char *database, const char *user, const struct scram_secret *secret, const uint8_t *roles) {
    char id[SCRAM_NAME_BYTES + 80];
    user_id(database, user, id, sizeof id);
    size_t opened = bson_open(out);
    bson_put_text(out, "_id", id);
    bson_put_text(out, "user", user);
    bson_put_text(out, "db", database);
    size_t credentials = bson_open_child(out, BSON_DOCUMENT, "credentials"), scram = bson_open_child(out, BSON_DOCUMENT, "SCRAM-SHA-256");
    bson_put_int32(out, "iterationCount", secret->iterations);
    bson_put_binary(out, "salt", secret->salt, sizeof secret->salt);
    bson_put_binary(out, "storedKey", secret->stored_key, SHA256_BYTES);
    bson_put_binary(out, "serverKey", secret->server_key, SHA256_BYTES);
    bson_close(out, scram);
    bson_close(out, credentials);
    struct value list = {.type = BSON_ARRAY, .bytes = roles, .size = bson_size(roles)};
    bson_put(out, "roles", &list);
    bson_close(out, opened);
}

bool create_user(const char *database, const char *user, const char *password, const uint8_t *roles, struct failure *failure) {
    uint32_t place;
    if (!*user || strlen(user) >= SCRAM_NAME_BYTES) return fail(failure, BAD_VALUE, "User names have 1 to %d bytes", SCRAM_NAME_BYTES - 1);
    if (!*password) return fail(failure, BAD_VALUE, "Password cannot be empty");
    if (find_user(database, user, &place)) return fail(failure, USER_EXISTS, "User \"%.100s@%s\" already exists", user, database);
    struct collection *collection = store_find(users);
    if (!collection && !(collection = store_create(users, failure))) return false;
    struct scram_secret secret;
    struct buffer document = {0};
    scram_make_secret(password, &secret);
    put_user(&document, database, user, &secret, roles);
    bool done = store_insert(collection, document.bytes, failure);
    buffer_free(&document);
    return done;
}

static bool read_bytes(const uint8_t *document, const char *name, uint8_t *out, uint32_t size) {
    struct value found;
    if (!bson_find(document, name, &found) || found.type != BSON_BINARY || load_u32(found.bytes) != size) return false;
    memcpy(out, found.bytes + 5, size);
    return true;
}

bool find_secret(const char *database, const char *user, struct scram_secret *out) {
    uint32_t place;
    struct value credentials, scram;
    const struct record *record = find_user(database, user, &place);
    if (!record || !bson_find(record->bson, "credentials", &credentials) || credentials.type != BSON_DOCUMENT) return false;
    if (!bson_find(credentials.bytes, "SCRAM-SHA-256", &scram) || scram.type != BSON_DOCUMENT) return false;
    out->iterations = (int)bson_lookup_int(scram.bytes, "iterationCount", SCRAM_ITERATIONS);
    return read_bytes(scram.bytes, "salt", out->salt, sizeof out->salt) && read_bytes(scram.bytes, "storedKey", out->stored_key, SHA256_BYTES) &&
           read_bytes(scram.bytes, "serverKey", out->server_key, SHA256_BYTES);
}

/* Roles as documents: a plain name is a role of this database. */
static bool normal_roles(const struct command *command, struct buffer *out, struct failure *failure) {
    struct value list, each;
    char index[12];
    uint32_t count = 0;
    if (!bson_find(command->body, "roles", &list) || list.type != BSON_ARRAY) return fail(failure, 40414, "BSON field 'createUser.roles' is missing but a required field");
    size_t opened = bson_open(out);
    struct bson_iterator all = bson_iterate(list.bytes);
    while (bson_next(&all, &each)) {
        const char *role = bson_to_text(&each);
        if (!role && each.type != BSON_DOCUMENT) return fail(failure, BAD_VALUE, "Role names must be either strings or objects");
        if (!role) {
            bson_put(out, bson_index(count++, index), &each);
            continue;
        }
        size_t child = bson_open_child(out, BSON_DOCUMENT, bson_index(count++, index));
        bson_put_text(out, "role", role);
        bson_put_text(out, "db", command->database);
        bson_close(out, child);
    }
    bson_close(out, opened);
    return true;
}

bool command_create_user(const struct command *command, struct buffer *reply, struct failure *failure) {
    const char *user = bson_to_text(&command->subject), *password;
    struct buffer roles = {0};
    (void)reply;
    if (!user) return fail(failure, TYPE_MISMATCH, "BSON field 'createUser.createUser' must be a string");
    if (!bson_lookup_text(command->body, "pwd", &password)) return fail(failure, BAD_VALUE, "Must provide a 'pwd' field for all user documents, except those with '$external' as the user's source db");
    bool done = name_valid_database(command->database, failure) && normal_roles(command, &roles, failure) && create_user(command->database, user, password, roles.bytes, failure);
    buffer_free(&roles);
    return done && finish_write(command, failure);
}

bool command_drop_user(const struct command *command, struct buffer *reply, struct failure *failure) {
    const char *user = bson_to_text(&command->subject);
    uint32_t place;
    (void)reply;
    if (!user || !find_user(command->database, user, &place)) return fail(failure, USER_NOT_FOUND, "User '%.100s@%s' not found", user ? user : "", command->database);
    store_remove(store_find(users), place);
    return finish_write(command, failure);
}

/* Without the credentials. */
bool command_users_info(const struct command *command, struct buffer *reply, struct failure *failure) {
    const struct collection *collection = store_find(users);
    const char *wanted = bson_to_text(&command->subject), *name, *database = command->database;
    struct value each, all_of;
    char index[12];
    uint32_t count = 0;
    (void)failure;
    if (command->subject.type == BSON_DOCUMENT) {
        bson_lookup_text(command->subject.bytes, "user", &wanted);
        bson_lookup_text(command->subject.bytes, "db", &database);
    }
    bool everywhere = command->subject.type == BSON_DOCUMENT && bson_find(command->subject.bytes, "forAllDBs", &all_of) && bson_truth(&all_of);
    size_t opened = bson_open_child(reply, BSON_ARRAY, "users");
    for (uint32_t i = 0; collection && i < collection->used; i++) {
        if (!collection->records[i]) continue;
        const uint8_t *document = collection->records[i]->bson;
        if (!everywhere && (!bson_lookup_text(document, "db", &name) || strcmp(name, database))) continue;
        if (wanted && (!bson_lookup_text(document, "user", &name) || strcmp(name, wanted))) continue;
        size_t child = bson_open_child(reply, BSON_DOCUMENT, bson_index(count++, index));
        struct bson_iterator fields = bson_iterate(document);
        while (bson_next(&fields, &each))
            if (strcmp(each.name, "credentials")) bson_put(reply, each.name, &each);
        size_t list = bson_open_child(reply, BSON_ARRAY, "mechanisms");
        bson_put_text(reply, "0", "SCRAM-SHA-256");
        bson_close(reply, list);
        bson_close(reply, child);
    }
    bson_close(reply, opened);
    return true;
}
