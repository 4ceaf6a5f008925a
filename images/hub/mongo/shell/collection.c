/* Methods of a collection. */
#include "shell.h"
#include <stdio.h>
#include <string.h>

static const char known[] = "insertOne insertMany find findOne updateOne updateMany replaceOne deleteOne deleteMany countDocuments estimatedDocumentCount distinct aggregate findOneAndUpdate findOneAndReplace findOneAndDelete getIndexes createIndex stats drop";

static void begin(struct buffer *command, const char *name, const char *collection) {
    command->length = 0;
    bson_open(command);
    bson_put_text(command, name, collection);
}

/* The result is this field of a reply; null when it has none. */
static void field_result(const uint8_t *reply, const char *field, struct result *result) {
    struct value value;
    if (!bson_find(reply, field, &value)) value = (struct value){.type = BSON_NULL, .name = ""};
    result_set(result, &value);
}

static void document_result(struct buffer *document, struct result *result) {
    struct value value = {.type = BSON_DOCUMENT, .name = "", .bytes = document->bytes, .size = (uint32_t)document->length};
    result_set(result, &value);
    buffer_free(document);
}

/* Adds a document with an _id, which it gets here when it has none, so that it can be told. */
static void put_with_id(struct buffer *out, const char *index, const uint8_t *document, struct buffer *ids) {
    struct value id, each;
    uint8_t made[12];
    size_t opened = bson_open_child(out, BSON_DOCUMENT, index);
    if (bson_find(document, "_id", &id)) {
        bson_put(ids, index, &id);
    } else {
        make_object_id(made);
        bson_put_object_id(out, "_id", made);
        bson_put_object_id(ids, index, made);
    }
    struct bson_iterator all = bson_iterate(document);
    while (bson_next(&all, &each)) bson_put(out, each.name, &each);
    bson_close(out, opened);
}

static bool insert(struct shell *shell, struct reader *reader, const char *collection, bool many, const struct buffer *arguments, struct result *result) {
    struct value documents, each, id;
    struct buffer command = {0}, ids = {0}, answer = {0};
    if (!argument(arguments, "0", &documents) || documents.type != (many ? BSON_ARRAY : BSON_DOCUMENT))
        return reader_fail(reader, many ? "MongoInvalidArgumentError: Argument \"docs\" must be an array of documents" : "MongoInvalidArgumentError: insertOne takes a document like {a: 1}");
    begin(&command, "insert", collection);
    size_t opened = bson_open_child(&command, BSON_ARRAY, "documents"), ids_opened = bson_open(&ids);
    bool good = true;
    if (many) {
        struct bson_iterator all = bson_iterate(documents.bytes);
        while (bson_next(&all, &each)) {
            good = good && each.type == BSON_DOCUMENT;
            if (good) put_with_id(&command, each.name, each.bytes, &ids);
        }
    } else {
        put_with_id(&command, "0", documents.bytes, &ids);
    }
    bson_close(&command, opened);
    bson_close(&ids, ids_opened);
    if (!good) reader_fail(reader, "MongoInvalidArgumentError: Argument \"docs\" must be an array of documents");
    if (good && (good = command_reply(shell, reader, shell->database, &command) != NULL)) {
        opened = bson_open(&answer);
        bson_put_bool(&answer, "acknowledged", true);
        if (many) bson_put_document(&answer, "insertedIds", ids.bytes);
        else if (bson_find(ids.bytes, "0", &id)) bson_put(&answer, "insertedId", &id);
        bson_close(&answer, opened);
        document_result(&answer, result);
    }
    buffer_free(&command);
    buffer_free(&ids);
    return good;
}

static bool update(struct shell *shell, struct reader *reader, const char *collection, const char *name, const struct buffer *arguments, struct result *result) {
    const uint8_t *filter, *options;
    struct value change, upsert, first, list, id = {.type = BSON_NULL, .name = ""};
    struct buffer command = {0}, answer = {0};
    if (!document_argument(reader, arguments, "0", true, &filter) || !document_argument(reader, arguments, "2", false, &options)) return false;
    if (!argument(arguments, "1", &change) || !bson_is_container(&change)) return reader_fail(reader, "MongoInvalidArgumentError: %s takes a filter and an update", name);
    struct bson_iterator inside = bson_iterate(change.bytes);
    bool operators = bson_next(&inside, &first) && first.name[0] == '$', replacing = !strcmp(name, "replaceOne");
    if (operators == replacing && change.type == BSON_DOCUMENT)
        return reader_fail(reader, replacing ? "MongoInvalidArgumentError: Replacement document must not contain atomic operators" : "MongoInvalidArgumentError: Update document requires atomic operators");
    begin(&command, "update", collection);
    size_t updates = bson_open_child(&command, BSON_ARRAY, "updates"), statement = bson_open_child(&command, BSON_DOCUMENT, "0");
    bson_put_document(&command, "q", filter);
    bson_put(&command, "u", &change);
    bson_put_bool(&command, "multi", !strcmp(name, "updateMany"));
    bson_put_bool(&command, "upsert", bson_find(options, "upsert", &upsert) && bson_truth(&upsert));
    bson_close(&command, statement);
    bson_close(&command, updates);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    if (reply) {
        int64_t upserted = 0;
        if (bson_find(reply, "upserted", &list) && list.type == BSON_ARRAY && bson_find(list.bytes, "0", &first) && first.type == BSON_DOCUMENT) upserted = bson_find(first.bytes, "_id", &id);
        size_t opened = bson_open(&answer);
        bson_put_bool(&answer, "acknowledged", true);
        bson_put(&answer, "insertedId", &id);
        bson_put_int(&answer, "matchedCount", bson_lookup_int(reply, "n", 0) - upserted);
        bson_put_int(&answer, "modifiedCount", bson_lookup_int(reply, "nModified", 0));
        bson_put_int(&answer, "upsertedCount", upserted);
        bson_close(&answer, opened);
        document_result(&answer, result);
    }
    buffer_free(&command);
    return reply != NULL;
}

static bool delete(struct shell *shell, struct reader *reader, const char *collection, bool many, const struct buffer *arguments, struct result *result) {
    const uint8_t *filter;
    struct buffer command = {0}, answer = {0};
    if (!document_argument(reader, arguments, "0", true, &filter)) return false;
    begin(&command, "delete", collection);
    size_t deletes = bson_open_child(&command, BSON_ARRAY, "deletes"), statement = bson_open_child(&command, BSON_DOCUMENT, "0");
    bson_put_document(&command, "q", filter);
    bson_put_int32(&command, "limit", !many);
    bson_close(&command, statement);
    bson_close(&command, deletes);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    if (reply) {
        size_t opened = bson_open(&answer);
        bson_put_bool(&answer, "acknowledged", true);
        bson_put_int(&answer, "deletedCount", bson_lookup_int(reply, "n", 0));
        bson_close(&answer, opened);
        document_result(&answer, result);
    }
    buffer_free(&command);
    return reply != NULL;
}

static bool count(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    const uint8_t *filter;
    struct buffer command = {0};
    if (!document_argument(reader, arguments, "0", false, &filter)) return false;
    begin(&command, "count", collection);
    bson_put_document(&command, "query", filter);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    if (reply) field_result(reply, "n", result);
    buffer_free(&command);
    return reply != NULL;
}

static bool find_one(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    const uint8_t *filter, *projection;
    struct buffer command = {0};
    struct value first;
    if (!document_argument(reader, arguments, "0", false, &filter) || !document_argument(reader, arguments, "1", false, &projection)) return false;
    begin(&command, "find", collection);
    bson_put_document(&command, "filter", filter);
    if (bson_size(projection) > 5) bson_put_document(&command, "projection", projection);
    bson_put_int32(&command, "limit", 1);
    bool done = read_cursor(shell, reader, shell->database, &command, result);
    if (done) {
        if (!bson_find(result->value.bytes, "0", &first)) first = (struct value){.type = BSON_NULL, .name = ""};
        result_set(result, &first);
    }
    buffer_free(&command);
    return done;
}

static bool find_and_modify(struct shell *shell, struct reader *reader, const char *collection, const char *name, const struct buffer *arguments, struct result *result) {
    bool remove = !strcmp(name, "findOneAndDelete");
    const uint8_t *filter, *options;
    const char *when = "before";
    struct value change, each;
    struct buffer command = {0};
    if (!document_argument(reader, arguments, "0", true, &filter) || !document_argument(reader, arguments, remove ? "1" : "2", false, &options)) return false;
    if (!remove && (!argument(arguments, "1", &change) || change.type != BSON_DOCUMENT)) return reader_fail(reader, "MongoInvalidArgumentError: %s takes a filter and an update", name);
    begin(&command, "findAndModify", collection);
    bson_put_document(&command, "query", filter);
    if (remove) bson_put_bool(&command, "remove", true);
    else bson_put(&command, "update", &change);
    bson_lookup_text(options, "returnDocument", &when);
    if (!strcmp(when, "after") || (bson_find(options, "returnNewDocument", &each) && bson_truth(&each))) bson_put_bool(&command, "new", true);
    if (bson_find(options, "upsert", &each)) bson_put(&command, "upsert", &each);
    if (bson_find(options, "sort", &each)) bson_put(&command, "sort", &each);
    if (bson_find(options, "projection", &each)) bson_put(&command, "fields", &each);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    if (reply) field_result(reply, "value", result);
    buffer_free(&command);
    return reply != NULL;
}

static bool create_index(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    const uint8_t *key;
    struct buffer command = {0}, name = {0};
    struct value each;
    if (!document_argument(reader, arguments, "0", true, &key)) return false;
    struct bson_iterator all = bson_iterate(key);
    while (bson_next(&all, &each)) {
        buffer_format(&name, "%s%s_", name.length ? "_" : "", each.name);
        json_write(&name, &each, JSON_LINE, 0);
    }
    begin(&command, "createIndexes", collection);
    size_t list = bson_open_child(&command, BSON_ARRAY, "indexes"), index = bson_open_child(&command, BSON_DOCUMENT, "0");
    bson_put_document(&command, "key", key);
    bson_put_text(&command, "name", buffer_string(&name));
    bson_close(&command, index);
    bson_close(&command, list);
    bool done = command_reply(shell, reader, shell->database, &command) != NULL;
    if (done) result_text(result, "%s", buffer_string(&name));
    buffer_free(&command);
    buffer_free(&name);
    return done;
}

static bool simple(struct shell *shell, struct reader *reader, const char *collection, const char *command_name, const char *field, struct result *result) {
    struct buffer command = {0};
    begin(&command, command_name, collection);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    struct value whole = {.type = BSON_DOCUMENT, .name = "", .bytes = reply};
    if (reply && field) {
        field_result(reply, field, result);
    } else if (reply) {
        whole.size = bson_size(reply);
        result_set(result, &whole);
    }
    buffer_free(&command);
    return reply != NULL;
}

static bool distinct(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    const char *key;
    const uint8_t *filter;
    struct buffer command = {0};
    if (!text_argument(reader, arguments, "0", &key) || !document_argument(reader, arguments, "1", false, &filter)) return false;
    begin(&command, "distinct", collection);
    bson_put_text(&command, "key", key);
    bson_put_document(&command, "query", filter);
    const uint8_t *reply = command_reply(shell, reader, shell->database, &command);
    if (reply) field_result(reply, "values", result);
    buffer_free(&command);
    return reply != NULL;
}

static bool drop(struct shell *shell, struct reader *reader, const char *collection, struct result *result) {
    struct buffer command = {0};
    begin(&command, "drop", collection);
    bool done = command_reply(shell, reader, shell->database, &command) != NULL;
    buffer_free(&command);
    static const uint8_t yes = 1;
    if (done) result_set(result, &(struct value){.type = BSON_BOOL, .name = "", .bytes = &yes, .size = 1});
    return done;
}

static bool get_indexes(struct shell *shell, struct reader *reader, const char *collection, struct result *result) {
    struct buffer command = {0};
    begin(&command, "listIndexes", collection);
    bool done = read_cursor(shell, reader, shell->database, &command, result);
    if (done) result->kind = VALUE;
    buffer_free(&command);
    return done;
}

bool collection_method(struct shell *shell, struct reader *reader, const char *collection, const char *name, const struct buffer *arguments, struct result *result) {
    if (!strcmp(name, "find")) return find_method(shell, reader, collection, arguments, result);
    if (!strcmp(name, "aggregate")) return aggregate_method(shell, reader, collection, arguments, result);
    if (!strcmp(name, "findOne")) return find_one(shell, reader, collection, arguments, result);
    if (!strcmp(name, "insertOne") || !strcmp(name, "insertMany")) return insert(shell, reader, collection, name[6] == 'M', arguments, result);
    if (!strcmp(name, "updateOne") || !strcmp(name, "updateMany") || !strcmp(name, "replaceOne")) return update(shell, reader, collection, name, arguments, result);
    if (!strcmp(name, "deleteOne") || !strcmp(name, "deleteMany")) return delete(shell, reader, collection, name[6] == 'M', arguments, result);
    if (!strcmp(name, "countDocuments") || !strcmp(name, "count") || !strcmp(name, "estimatedDocumentCount")) return count(shell, reader, collection, arguments, result);
    if (!strncmp(name, "findOneAnd", 10) && (!strcmp(name + 10, "Update") || !strcmp(name + 10, "Replace") || !strcmp(name + 10, "Delete"))) return find_and_modify(shell, reader, collection, name, arguments, result);
    if (!strcmp(name, "distinct")) return distinct(shell, reader, collection, arguments, result);
    if (!strcmp(name, "createIndex")) return create_index(shell, reader, collection, arguments, result);
    if (!strcmp(name, "getIndexes")) return get_indexes(shell, reader, collection, result);
    if (!strcmp(name, "stats")) return simple(shell, reader, collection, "collStats", NULL, result);
    if (!strcmp(name, "drop")) return drop(shell, reader, collection, result);
    fprintf(stderr, "TypeError: db.%s.%s is not a function of this stand-in for mongosh; a collection has %s\n", collection, name, known);
    reader->error[0] = 0;
    return false;
}
