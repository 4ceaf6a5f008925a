/* Databases, collections and indexes: what there is, made and dropped. */
#include "filter.h"
#include "results.h"
#include <stdio.h>
#include <string.h>

/* Whether the collection is of this database; its own name then. */
static const char *within(const struct collection *collection, const char *database) {
    size_t length = strlen(database);
    return !strncmp(collection->name, database, length) && collection->name[length] == '.' ? collection->name + length + 1 : NULL;
}

static void put_database(struct buffer *list, uint32_t *count, const char *name, int64_t bytes, const uint8_t *filter, bool name_only) {
    struct buffer entry = {0};
    char index[12];
    size_t opened = bson_open(&entry);
    bson_put_text(&entry, "name", name);
    if (!name_only) {
        bson_put_int64(&entry, "sizeOnDisk", bytes);
        bson_put_bool(&entry, "empty", false);
    }
    bson_close(&entry, opened);
    if (!filter || filter_matches(filter, entry.bytes)) bson_put_document(list, bson_index((*count)++, index), entry.bytes);
    buffer_free(&entry);
}

bool command_list_databases(const struct command *command, struct buffer *reply, struct failure *failure) {
    const uint8_t *filter;
    char name[64] = "";
    int64_t bytes = 0, total = 0;
    uint32_t count = 0;
    bool name_only = command_flag(command, "nameOnly");
    if (!command_document(command, "filter", &filter, failure) || (filter && !filter_check(filter, failure))) return false;
    size_t opened = bson_open_child(reply, BSON_ARRAY, "databases");
    struct collection *each;
    for (uint32_t i = 0; (each = store_at(i)); i++) {
        size_t length = strcspn(each->name, ".");
        if (strlen(name) != length || strncmp(name, each->name, length)) {
            if (*name) put_database(reply, &count, name, bytes, filter, name_only);
            snprintf(name, sizeof name, "%.*s", (int)length, each->name);
            bytes = 0;
        }
        bytes += (int64_t)each->bytes + 4096;
        total += (int64_t)each->bytes + 4096;
    }
    if (*name) put_database(reply, &count, name, bytes, filter, name_only);
    bson_close(reply, opened);
    if (!name_only) {
        bson_put_int64(reply, "totalSize", total);
        bson_put_int64(reply, "totalSizeMb", total >> 20);
    }
    return true;
}

bool command_list_collections(const struct command *command, struct buffer *reply, struct failure *failure) {
    const uint8_t *filter;
    char name[NAMESPACE_BYTES + 1];
    struct results results = {0};
    struct collection *each;
    if (!name_valid_database(command->database, failure) || !command_document(command, "filter", &filter, failure) || (filter && !filter_check(filter, failure))) return false;
    for (uint32_t i = 0; (each = store_at(i)); i++) {
        const char *own = within(each, command->database);
        struct buffer entry = {0};
        if (!own) continue;
        size_t opened = bson_open(&entry), child;
        bson_put_text(&entry, "name", own);
        bson_put_text(&entry, "type", "collection");
        if (!command_flag(command, "nameOnly")) {
            bson_close(&entry, bson_open_child(&entry, BSON_DOCUMENT, "options"));
            child = bson_open_child(&entry, BSON_DOCUMENT, "info");
            bson_put_bool(&entry, "readOnly", false);
            bson_close(&entry, child);
            child = bson_open_child(&entry, BSON_DOCUMENT, "idIndex");
            bson_put_int32(&entry, "v", 2);
            size_t key = bson_open_child(&entry, BSON_DOCUMENT, "key");
            bson_put_int32(&entry, "_id", 1);
            bson_close(&entry, key);
            bson_put_text(&entry, "name", "_id_");
            bson_close(&entry, child);
        }
        bson_close(&entry, opened);
        if (!filter || filter_matches(filter, entry.bytes)) results_add(&results, record_make(entry.bytes, entry.length));
        buffer_free(&entry);
    }
    snprintf(name, sizeof name, "%.63s.$cmd.listCollections", command->database);
    return reply_with_cursor(name, &results, NULL, -1, false, reply, failure);
}

bool command_create(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"capped", "timeseries", "viewOn", "pipeline", "validator", "collation", "expireAfterSeconds", "clusteredIndex", "encryptedFields", NULL};
    char name[NAMESPACE_BYTES + 1];
    (void)reply;
    if (!command_namespace(command, name, failure) || !refuse_fields(command->body, unknown, failure)) return false;
    if (store_find(name)) return fail(failure, NAMESPACE_EXISTS, "Collection %s already exists.", name);
    return store_create(name, failure) && finish_write(command, failure);
}

bool command_drop(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    if (!command_namespace(command, name, failure)) return false;
    struct collection *collection = store_find(name);
    /* As from version 7 on, dropping what is not there is no error. */
    if (!collection) return true;
    store_drop(collection);
    bson_put_int32(reply, "nIndexesWas", 1);
    bson_put_text(reply, "ns", name);
    return finish_write(command, failure);
}

bool command_drop_database(const struct command *command, struct buffer *reply, struct failure *failure) {
    if (!name_valid_database(command->database, failure)) return false;
    if (!strcmp(command->database, "admin")) return fail(failure, ILLEGAL_OPERATION, "Dropping the 'admin' database is prohibited.");
    struct collection *each;
    bool any = false;
    for (uint32_t i = 0; (each = store_at(i));) {
        if (!within(each, command->database)) {
            i++;
            continue;
        }
        store_drop(each);
        any = true;
    }
    if (any) bson_put_text(reply, "dropped", command->database);
    return finish_write(command, failure);
}

static bool is_id_key(const uint8_t *key) {
    struct value id;
    return bson_count(key) == 1 && bson_find(key, "_id", &id) && bson_to_double(&id) == 1;
}

bool command_create_indexes(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    struct documents indexes;
    const uint8_t *index;
    struct value key;
    if (!command_namespace(command, name, failure) || !command_documents(command, "indexes", &indexes, failure)) return false;
    while (documents_next(&indexes, &index)) {
        if (!bson_find(index, "key", &key) || key.type != BSON_DOCUMENT) return fail(failure, FAILED_TO_PARSE, "The 'key' field is a required property of an index specification");
        const char *wanted = "?";
        bson_lookup_text(index, "name", &wanted);
        if (!is_id_key(key.bytes)) return fail_stand_in(failure, "it has the index on _id and no other, so '%.100s' was not made", wanted);
    }
    bool there = store_find(name) != NULL;
    if (!there && !store_create(name, failure)) return false;
    bson_put_int32(reply, "numIndexesBefore", 1);
    bson_put_int32(reply, "numIndexesAfter", 1);
    bson_put_bool(reply, "createdCollectionAutomatically", !there);
    bson_put_text(reply, "note", "all indexes already exist");
    return finish_write(command, failure);
}

bool command_list_indexes(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    struct buffer entry = {0};
    struct results results = {0};
    if (!command_namespace(command, name, failure)) return false;
    if (!store_find(name)) return fail(failure, NAMESPACE_NOT_FOUND, "ns does not exist: %s", name);
    size_t opened = bson_open(&entry);
    bson_put_int32(&entry, "v", 2);
    size_t key = bson_open_child(&entry, BSON_DOCUMENT, "key");
    bson_put_int32(&entry, "_id", 1);
    bson_close(&entry, key);
    bson_put_text(&entry, "name", "_id_");
    bson_close(&entry, opened);
    results_add(&results, record_make(entry.bytes, entry.length));
    buffer_free(&entry);
    return reply_with_cursor(name, &results, NULL, -1, false, reply, failure);
}

bool command_drop_indexes(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    const char *index = "";
    if (!command_namespace(command, name, failure)) return false;
    if (!store_find(name)) return fail(failure, NAMESPACE_NOT_FOUND, "ns not found %s", name);
    bson_lookup_text(command->body, "index", &index);
    if (!strcmp(index, "_id_")) return fail(failure, 72, "cannot drop _id index");
    if (strcmp(index, "*")) return fail(failure, INDEX_NOT_FOUND, "index not found with name [%.100s]", index);
    bson_put_int32(reply, "nIndexesWas", 1);
    return true;
}

static void put_stats(struct buffer *reply, int64_t objects, int64_t bytes) {
    bson_put_double(reply, "avgObjSize", objects ? (double)bytes / (double)objects : 0);
    bson_put_int(reply, "dataSize", bytes);
    bson_put_int(reply, "storageSize", bytes);
    bson_put_int(reply, "totalIndexSize", 0);
    bson_put_int(reply, "totalSize", bytes);
    bson_put_int(reply, "scaleFactor", 1);
}

bool command_database_stats(const struct command *command, struct buffer *reply, struct failure *failure) {
    int64_t count = 0, objects = 0, bytes = 0;
    struct collection *each;
    if (!name_valid_database(command->database, failure)) return false;
    for (uint32_t i = 0; (each = store_at(i)); i++) {
        if (!within(each, command->database)) continue;
        count++;
        objects += each->count;
        bytes += (int64_t)each->bytes;
    }
    bson_put_text(reply, "db", command->database);
    bson_put_int(reply, "collections", count);
    bson_put_int(reply, "views", 0);
    bson_put_int(reply, "objects", objects);
    bson_put_int(reply, "indexes", count);
    put_stats(reply, objects, bytes);
    return true;
}

bool command_collection_stats(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    if (!command_namespace(command, name, failure)) return false;
    const struct collection *collection = store_find(name);
    bson_put_text(reply, "ns", name);
    bson_put_int(reply, "size", collection ? (int64_t)collection->bytes : 0);
    bson_put_int(reply, "count", collection ? collection->count : 0);
    bson_put_int(reply, "nindexes", collection != NULL);
    put_stats(reply, collection ? collection->count : 0, collection ? (int64_t)collection->bytes : 0);
    return true;
}
