/* Results, arguments, and replies. */
#include "shell.h"
#include <stdio.h>
#include <string.h>

void result_free(struct result *result) {
    buffer_free(&result->holder);
    result->kind = NOTHING;
}

void result_set(struct result *result, const struct value *value) {
    struct buffer made = {0};
    size_t opened = bson_open(&made);
    bson_put(&made, "v", value);
    bson_close(&made, opened);
    buffer_free(&result->holder);
    result->holder = made;
    result->kind = VALUE;
    bson_find(made.bytes, "v", &result->value);
}

void result_text(struct result *result, const char *format, ...) {
    va_list list;
    result_free(result);
    va_start(list, format);
    buffer_vformat(&result->holder, format, list);
    va_end(list);
    buffer_string(&result->holder);
    result->kind = TEXT;
}

bool read_call(struct reader *reader, struct buffer *arguments) {
    char index[12];
    uint32_t count = 0;
    arguments->length = 0;
    size_t opened = bson_open(arguments);
    if (!reader_take(reader, '(')) return reader_fail(reader, "SyntaxError: '(' is missing");
    if (!reader_take(reader, ')')) {
        do {
            if (!json_read(reader, arguments, bson_index(count++, index))) {
                char why[120];
                snprintf(why, sizeof why, "%.119s", reader->error);
                return reader_fail(reader, "SyntaxError: %s", why);
            }
        } while (reader_take(reader, ','));
        if (!reader_take(reader, ')')) return reader_fail(reader, reader->at >= reader->end ? "SyntaxError: the text ends too early" : "SyntaxError: ')' or ',' is missing");
    }
    bson_close(arguments, opened);
    return true;
}

bool argument(const struct buffer *arguments, const char *index, struct value *out) {
    return bson_find(arguments->bytes, index, out);
}

bool document_argument(struct reader *reader, const struct buffer *arguments, const char *index, bool required, const uint8_t **out) {
    struct value found;
    *out = bson_empty;
    if (!argument(arguments, index, &found) || (!required && found.type == BSON_NULL)) return !required || reader_fail(reader, "MongoshInvalidInputError: Missing required argument at position %s", index);
    if (found.type != BSON_DOCUMENT) return reader_fail(reader, "MongoshInvalidInputError: Argument at position %s must be a document like {a: 1}", index);
    *out = found.bytes;
    return true;
}

bool text_argument(struct reader *reader, const struct buffer *arguments, const char *index, const char **out) {
    struct value found;
    if (!argument(arguments, index, &found) || !(*out = bson_to_text(&found))) return reader_fail(reader, "MongoshInvalidInputError: Argument at position %s must be a string", index);
    return true;
}

const uint8_t *command_reply(struct shell *shell, struct reader *reader, const char *database, struct buffer *command) {
    const uint8_t *reply = client_run(&shell->client, database, command);
    const char *text = "", *name = NULL;
    struct value errors, first;
    if (!reply) {
        reader_fail(reader, "MongoNetworkError: %.120s", shell->client.error);
        return NULL;
    }
    if (!reply_ok(reply)) {
        bson_lookup_text(reply, "errmsg", &text);
        if (bson_lookup_text(reply, "codeName", &name)) reader_fail(reader, "MongoServerError[%.32s]: %.110s", name, text);
        else reader_fail(reader, "MongoServerError: %.130s", text);
        /* Longer texts than an error holds are printed as they are. */
        if (strlen(text) > 100) {
            fprintf(stderr, "MongoServerError[%s]: %s\n", name ? name : "?", text);
            reader->error[0] = 0;
        }
        return NULL;
    }
    if (bson_find(reply, "writeErrors", &errors) && errors.type == BSON_ARRAY && bson_find(errors.bytes, "0", &first) && first.type == BSON_DOCUMENT) {
        bson_lookup_text(first.bytes, "errmsg", &text);
        fprintf(stderr, "MongoServerError: %s\n", text);
        reader->error[0] = 0;
        return NULL;
    }
    return reply;
}

bool read_cursor(struct shell *shell, struct reader *reader, const char *database, struct buffer *command, struct result *result) {
    struct buffer all = {0};
    struct value cursor, batch, each;
    const char *name;
    char index[12];
    uint32_t count = 0;
    size_t opened = bson_open(&all);
    const uint8_t *reply = command_reply(shell, reader, database, command);
    while (reply) {
        int64_t id = 0;
        if (!bson_find(reply, "cursor", &cursor) || cursor.type != BSON_DOCUMENT) break;
        if ((!bson_find(cursor.bytes, "firstBatch", &batch) && !bson_find(cursor.bytes, "nextBatch", &batch)) || batch.type != BSON_ARRAY) break;
        struct bson_iterator documents = bson_iterate(batch.bytes);
        while (bson_next(&documents, &each)) bson_put(&all, bson_index(count++, index), &each);
        id = bson_lookup_int(cursor.bytes, "id", 0);
        if (!id) break;
        if (all.length > CLIENT_REPLY_BYTES || !bson_lookup_text(cursor.bytes, "ns", &name) || !strchr(name, '.')) {
            reader_fail(reader, "MongoshError: that is more than this small shell holds; use limit()");
            reply = NULL;
            break;
        }
        struct buffer more = {0};
        bson_open(&more);
        bson_put_int64(&more, "getMore", id);
        bson_put_text(&more, "collection", strchr(name, '.') + 1);
        reply = command_reply(shell, reader, database, &more);
        buffer_free(&more);
    }
    bson_close(&all, opened);
    if (reply) {
        buffer_free(&result->holder);
        result->kind = CURSOR;
        result->holder = all;
        result->value = (struct value){.type = BSON_ARRAY, .name = "", .bytes = all.bytes, .size = (uint32_t)all.length};
    } else {
        buffer_free(&all);
    }
    return reply != NULL;
}
