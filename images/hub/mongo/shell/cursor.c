/* find and aggregate, and what may stand behind them: sort, limit, skip, toArray and so on. */
#include "shell.h"
#include <stdio.h>
#include <string.h>

/* Takes `.name` if that is next; the place stays when it is not. */
static bool next_method(struct reader *reader, char *out, size_t size) {
    struct reader ahead = *reader;
    const char *name;
    if (!reader_take(&ahead, '.')) return false;
    size_t length = reader_name(&ahead, &name);
    if (!length || length >= size) return false;
    memcpy(out, name, length);
    out[length] = 0;
    *reader = ahead;
    return true;
}

/* forEach(printjson) and its like are the only functions there are. */
static bool for_each(struct reader *reader, bool *compact) {
    const char *name;
    if (!reader_take(reader, '(')) return reader_fail(reader, "SyntaxError: '(' is missing");
    size_t length = reader_name(reader, &name);
    bool known = (length == 9 && !memcmp(name, "printjson", 9)) || (length == 5 && !memcmp(name, "print", 5));
    if (!known || !reader_take(reader, ')')) return reader_fail(reader, "SyntaxError: this stand-in for mongosh has no functions: forEach(printjson) is all that forEach takes");
    *compact = length == 5;
    return true;
}

static void print_each(const struct result *result, bool compact) {
    struct bson_iterator all = bson_iterate(result->value.bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        struct buffer out = {0};
        json_write(&out, &each, compact ? JSON_LINE : JSON_SHELL, 0);
        puts(buffer_string(&out));
        buffer_free(&out);
    }
}

/* Methods that end a cursor; false when the name is none. */
static bool finish(struct reader *reader, const char *name, struct result *result, bool *known) {
    struct buffer arguments = {0}, made = {0};
    struct value value;
    bool compact = false, done = true;
    *known = true;
    if (!strcmp(name, "forEach")) {
        if (!for_each(reader, &compact)) return false;
        print_each(result, compact);
        result_free(result);
        return true;
    }
    if (!strcmp(name, "length")) {
        /* A property of an array. */
    } else if (strcmp(name, "toArray") && strcmp(name, "count") && strcmp(name, "size") && strcmp(name, "itcount") && strcmp(name, "next") && strcmp(name, "hasNext")) {
        *known = false;
        return true;
    } else {
        done = read_call(reader, &arguments);
    }
    buffer_free(&arguments);
    if (!done) return false;
    if (!strcmp(name, "toArray")) {
        value = result->value;
        result->kind = VALUE;
        return true;
    }
    uint32_t count = bson_count(result->value.bytes);
    size_t opened = bson_open(&made);
    if (!strcmp(name, "next")) {
        if (bson_find(result->value.bytes, "0", &value)) bson_put(&made, "v", &value);
        else bson_put_null(&made, "v");
    } else if (!strcmp(name, "hasNext")) {
        bson_put_bool(&made, "v", count > 0);
    } else {
        bson_put_int(&made, "v", count);
    }
    bson_close(&made, opened);
    bson_find(made.bytes, "v", &value);
    result_set(result, &value);
    buffer_free(&made);
    return true;
}

/* What stands behind a result that is an array by now. */
static bool finish_all(struct reader *reader, struct result *result) {
    char name[24];
    bool known;
    while (next_method(reader, name, sizeof name)) {
        if (!strcmp(name, "pretty")) {
            struct buffer none = {0};
            bool done = read_call(reader, &none);
            buffer_free(&none);
            if (!done) return false;
            continue;
        }
        if (result->value.type != BSON_ARRAY || result->kind == NOTHING) return reader_fail(reader, "TypeError: .%s is not there", name);
        if (!finish(reader, name, result, &known)) return false;
        if (!known) return reader_fail(reader, "TypeError: .%s is not a function here; there are sort limit skip projection toArray count forEach(printjson) next hasNext pretty", name);
    }
    return true;
}

bool find_method(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    const uint8_t *filter, *projection;
    char name[24];
    struct buffer command = {0}, sort = {0}, shown = {0}, call = {0};
    int64_t limit = 0, skip = 0;
    if (!document_argument(reader, arguments, "0", false, &filter) || !document_argument(reader, arguments, "1", false, &projection)) return false;
    buffer_append(&shown, projection, bson_size(projection));
    struct reader back = *reader;
    bool done = true;
    while (done && next_method(reader, name, sizeof name)) {
        bool is_sort = !strcmp(name, "sort"), is_projection = !strcmp(name, "projection") || !strcmp(name, "project"), is_limit = !strcmp(name, "limit"), is_skip = !strcmp(name, "skip");
        if (!is_sort && !is_projection && !is_limit && !is_skip) {
            *reader = back;
            break;
        }
        struct value value;
        const uint8_t *document;
        done = read_call(reader, &call);
        if (done && (is_sort || is_projection)) {
            struct buffer *kept = is_sort ? &sort : &shown;
            done = document_argument(reader, &call, "0", true, &document);
            kept->length = 0;
            if (done) buffer_append(kept, document, bson_size(document));
        } else if (done) {
            done = (argument(&call, "0", &value) && bson_to_int64(&value, is_limit ? &limit : &skip)) || reader_fail(reader, "MongoshInvalidInputError: %s takes a whole number", name);
        }
        back = *reader;
    }
    if (done) {
        bson_open(&command);
        bson_put_text(&command, "find", collection);
        bson_put_document(&command, "filter", filter);
        if (sort.length) bson_put_document(&command, "sort", sort.bytes);
        if (shown.length > 5) bson_put_document(&command, "projection", shown.bytes);
        if (skip) bson_put_int(&command, "skip", skip);
        if (limit) bson_put_int(&command, "limit", limit < 0 ? -limit : limit);
        done = read_cursor(shell, reader, shell->database, &command, result) && finish_all(reader, result);
    }
    buffer_free(&command);
    buffer_free(&sort);
    buffer_free(&shown);
    buffer_free(&call);
    return done;
}

bool aggregate_method(struct shell *shell, struct reader *reader, const char *collection, const struct buffer *arguments, struct result *result) {
    struct value pipeline;
    struct buffer command = {0};
    if (!argument(arguments, "0", &pipeline) || pipeline.type != BSON_ARRAY) return reader_fail(reader, "MongoshInvalidInputError: aggregate takes a list of stages");
    bson_open(&command);
    bson_put_text(&command, "aggregate", collection);
    bson_put(&command, "pipeline", &pipeline);
    bson_put_document(&command, "cursor", bson_empty);
    bool done = read_cursor(shell, reader, shell->database, &command, result) && finish_all(reader, result);
    buffer_free(&command);
    return done;
}
