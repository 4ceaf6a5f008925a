/* Methods of db. */
#include "shell.h"
#include <stdio.h>
#include <string.h>

static bool run(struct shell *shell, struct reader *reader, const char *database, const uint8_t *document, struct result *result) {
    struct buffer command = {0};
    struct value each;
    bson_open(&command);
    struct bson_iterator all = bson_iterate(document);
    while (bson_next(&all, &each)) bson_put(&command, each.name, &each);
    const uint8_t *reply = command_reply(shell, reader, database, &command);
    if (reply) result_set(result, &(struct value){.type = BSON_DOCUMENT, .name = "", .bytes = reply, .size = bson_size(reply)});
    buffer_free(&command);
    return reply != NULL;
}

/* A command that is its name alone. */
static bool run_named(struct shell *shell, struct reader *reader, const char *name, struct result *result) {
    struct buffer document = {0};
    size_t opened = bson_open(&document);
    bson_put_int32(&document, name, 1);
    bson_close(&document, opened);
    bool done = run(shell, reader, shell->database, document.bytes, result);
    buffer_free(&document);
    return done;
}

static bool run_about(struct shell *shell, struct reader *reader, const char *name, const char *subject, struct result *result) {
    struct buffer document = {0};
    size_t opened = bson_open(&document);
    bson_put_text(&document, name, subject);
    bson_close(&document, opened);
    bool done = run(shell, reader, shell->database, document.bytes, result);
    buffer_free(&document);
    return done;
}

static bool create_user(struct shell *shell, struct reader *reader, const struct buffer *arguments, struct result *result) {
    const uint8_t *user;
    const char *name = "";
    struct buffer command = {0};
    struct value each;
    if (!document_argument(reader, arguments, "0", true, &user)) return false;
    if (!bson_lookup_text(user, "user", &name)) return reader_fail(reader, "MongoshInvalidInputError: Missing required property: \"user\"");
    size_t opened = bson_open(&command);
    bson_put_text(&command, "createUser", name);
    struct bson_iterator all = bson_iterate(user);
    while (bson_next(&all, &each))
        if (strcmp(each.name, "user")) bson_put(&command, each.name, &each);
    bson_close(&command, opened);
    bool done = run(shell, reader, shell->database, command.bytes, result);
    buffer_free(&command);
    return done;
}

static bool collection_names(struct shell *shell, struct reader *reader, struct result *result) {
    struct buffer command = {0}, names = {0};
    struct value each, name;
    bson_open(&command);
    bson_put_int32(&command, "listCollections", 1);
    bson_put_bool(&command, "nameOnly", true);
    bool done = read_cursor(shell, reader, shell->database, &command, result);
    if (done) {
        size_t opened = bson_open(&names);
        struct bson_iterator all = bson_iterate(result->value.bytes);
        while (bson_next(&all, &each))
            if (each.type == BSON_DOCUMENT && bson_find(each.bytes, "name", &name)) bson_put(&names, each.name, &name);
        bson_close(&names, opened);
        result_set(result, &(struct value){.type = BSON_ARRAY, .name = "", .bytes = names.bytes, .size = (uint32_t)names.length});
    }
    buffer_free(&command);
    buffer_free(&names);
    return done;
}

static bool authenticate(struct shell *shell, struct reader *reader, const struct buffer *arguments, struct result *result) {
    const char *user, *password;
    if (!text_argument(reader, arguments, "0", &user) || !text_argument(reader, arguments, "1", &password)) return false;
    struct database_address address = shell->address;
    snprintf(address.user, sizeof address.user, "%s", user);
    snprintf(address.password, sizeof address.password, "%s", password);
    snprintf(address.auth_source, sizeof address.auth_source, "%s", shell->database);
    struct database_client client;
    if (!client_open(&client, &address, 10000)) return reader_fail(reader, "MongoServerError: %.120s", client.error);
    client_close(&shell->client);
    shell->client = client;
    shell->address = address;
    result_text(result, "{ ok: 1 }");
    return true;
}

bool database_method(struct shell *shell, struct reader *reader, const char *name, const struct buffer *arguments, struct result *result, bool *known) {
    const char *text;
    const uint8_t *document;
    *known = true;
    if (!strcmp(name, "getName")) {
        result_text(result, "%s", shell->database);
        return true;
    }
    if (!strcmp(name, "runCommand") || !strcmp(name, "adminCommand")) {
        struct value first;
        const char *database = *name == 'a' ? "admin" : shell->database;
        if (argument(arguments, "0", &first) && (text = bson_to_text(&first))) return run_named(shell, reader, text, result);
        return document_argument(reader, arguments, "0", true, &document) && run(shell, reader, database, document, result);
    }
    if (!strcmp(name, "getCollectionNames")) return collection_names(shell, reader, result);
    if (!strcmp(name, "createCollection")) return text_argument(reader, arguments, "0", &text) && run_about(shell, reader, "create", text, result);
    if (!strcmp(name, "dropDatabase")) return run_named(shell, reader, "dropDatabase", result);
    if (!strcmp(name, "stats")) return run_named(shell, reader, "dbStats", result);
    if (!strcmp(name, "serverStatus")) return run_named(shell, reader, "serverStatus", result);
    if (!strcmp(name, "hello") || !strcmp(name, "isMaster")) return run_named(shell, reader, name, result);
    if (!strcmp(name, "createUser")) return create_user(shell, reader, arguments, result);
    if (!strcmp(name, "dropUser")) return text_argument(reader, arguments, "0", &text) && run_about(shell, reader, "dropUser", text, result);
    if (!strcmp(name, "getUsers")) return run_named(shell, reader, "usersInfo", result);
    if (!strcmp(name, "auth")) return authenticate(shell, reader, arguments, result);
    if (!strcmp(name, "version")) {
        if (!run_named(shell, reader, "buildInfo", result) || !bson_lookup_text(result->value.bytes, "version", &text)) return false;
        char version[32];
        snprintf(version, sizeof version, "%s", text);
        result_text(result, "%s", version);
        return true;
    }
    *known = false;
    return true;
}
