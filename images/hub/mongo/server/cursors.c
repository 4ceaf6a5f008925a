/* Cursors: results that are handed out batch by batch. */
#include "project.h"
#include "results.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CURSORS = 200,
    FIRST_BATCH = 101,
    /* A batch ends behind the document that passes this; replies of one batch alone may be larger. */
    BATCH_BYTES = 4 << 20,
    EXPIRY_MS = 10 * 60 * 1000,
};

struct cursor {
    int64_t id, used_ms;
    char name[NAMESPACE_BYTES + 1];
    struct results results;
    uint32_t next;
    uint8_t *projection;
};

static struct cursor cursors[CURSORS];
static int cursor_count;

static void end_cursor(int index) {
    results_free(&cursors[index].results);
    free(cursors[index].projection);
    cursors[index] = cursors[--cursor_count];
}

void expire_cursors(int64_t now_ms) {
    for (int i = cursor_count - 1; i >= 0; i--)
        if (now_ms - cursors[i].used_ms > EXPIRY_MS) end_cursor(i);
}

static void write_batch(const char *field, const struct results *results, uint32_t *next, const uint8_t *projection, int64_t batch, size_t most, struct buffer *reply) {
    size_t opened = bson_open_child(reply, BSON_ARRAY, field), begun = reply->length;
    char index[12];
    uint32_t count = 0;
    while (*next < results->count && (batch < 0 || count < batch) && reply->length - begun < most) {
        size_t before = reply->length;
        buffer_byte(reply, BSON_DOCUMENT);
        bson_index(count, index);
        buffer_append(reply, index, strlen(index) + 1);
        project(results->records[*next]->bson, projection, reply);
        /* One document always fits, as a reply has room for the largest. */
        if (count && reply->length - begun > BSON_DOCUMENT_BYTES) {
            reply->length = before;
            break;
        }
        count++;
        ++*next;
    }
    bson_close(reply, opened);
}

static int64_t make_cursor(const char *name, struct results *results, uint32_t next, const uint8_t *projection) {
    if (cursor_count == CURSORS) {
        int oldest = 0;
        for (int i = 1; i < cursor_count; i++)
            if (cursors[i].used_ms < cursors[oldest].used_ms) oldest = i;
        end_cursor(oldest);
    }
    struct cursor *made = &cursors[cursor_count++];
    *made = (struct cursor){.results = *results, .next = next, .used_ms = wall_clock_ms()};
    *results = (struct results){0};
    random_bytes(&made->id, sizeof made->id);
    made->id = (made->id & INT64_MAX) | 1;
    snprintf(made->name, sizeof made->name, "%s", name);
    if (projection) {
        made->projection = allocate(bson_size(projection));
        memcpy(made->projection, projection, bson_size(projection));
    }
    return made->id;
}

bool reply_with_cursor(const char *name, struct results *results, const uint8_t *projection, int64_t batch, bool single, struct buffer *reply, struct failure *failure) {
    (void)failure;
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "cursor");
    uint32_t next = 0;
    write_batch("firstBatch", results, &next, projection, batch >= 0 ? batch : single ? -1 : FIRST_BATCH, single ? BSON_DOCUMENT_BYTES : BATCH_BYTES, reply);
    bson_put_int64(reply, "id", next < results->count && !single ? make_cursor(name, results, next, projection) : 0);
    bson_put_text(reply, "ns", name);
    bson_close(reply, opened);
    results_free(results);
    return true;
}

static int find_cursor(int64_t id) {
    for (int i = 0; i < cursor_count; i++)
        if (cursors[i].id == id) return i;
    return -1;
}

bool command_get_more(const struct command *command, struct buffer *reply, struct failure *failure) {
    int64_t id = 0, batch = -1;
    const char *collection;
    char name[NAMESPACE_BYTES + 1];
    if (command->subject.type != BSON_INT64 || !bson_to_int64(&command->subject, &id)) return fail(failure, TYPE_MISMATCH, "BSON field 'getMore.getMore' is the wrong type '%s', expected type 'long'", bson_type_name(command->subject.type));
    if (!bson_lookup_text(command->body, "collection", &collection)) return fail(failure, 40414, "BSON field 'getMore.collection' is missing but a required field");
    if (!command_count(command, "batchSize", &batch, failure)) return false;
    int index = find_cursor(id);
    if (index < 0) return fail(failure, CURSOR_NOT_FOUND, "cursor id %lld not found", (long long)id);
    struct cursor *cursor = &cursors[index];
    snprintf(name, sizeof name, "%.63s.%.190s", command->database, collection);
    if (strcmp(name, cursor->name)) return fail(failure, UNAUTHORIZED, "Requested getMore on namespace '%.100s', but cursor belongs to a different namespace %.100s", name, cursor->name);
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "cursor");
    write_batch("nextBatch", &cursor->results, &cursor->next, cursor->projection, batch == 0 ? -1 : batch, BATCH_BYTES, reply);
    cursor->used_ms = wall_clock_ms();
    bool more = cursor->next < cursor->results.count;
    bson_put_int64(reply, "id", more ? id : 0);
    bson_put_text(reply, "ns", cursor->name);
    bson_close(reply, opened);
    if (!more) end_cursor(index);
    return true;
}

bool command_kill_cursors(const struct command *command, struct buffer *reply, struct failure *failure) {
    struct value list, each;
    if (!bson_find(command->body, "cursors", &list) || list.type != BSON_ARRAY) return fail(failure, 40414, "BSON field 'killCursors.cursors' is missing but a required field");
    char text[12];
    static const char *const fields[] = {"cursorsKilled", "cursorsNotFound"};
    struct buffer lists[2] = {{0}, {0}};
    size_t opened[2] = {bson_open(&lists[0]), bson_open(&lists[1])};
    uint32_t counts[2] = {0, 0};
    struct bson_iterator all = bson_iterate(list.bytes);
    while (bson_next(&all, &each)) {
        int64_t id = 0;
        bson_to_int64(&each, &id);
        int index = find_cursor(id), which = index < 0;
        if (index >= 0) end_cursor(index);
        bson_put_int64(&lists[which], bson_index(counts[which]++, text), id);
    }
    for (int i = 0; i < 2; i++) {
        bson_close(&lists[i], opened[i]);
        struct value array = {.type = BSON_ARRAY, .bytes = lists[i].bytes, .size = (uint32_t)lists[i].length};
        bson_put(reply, fields[i], &array);
        buffer_free(&lists[i]);
    }
    bson_close(reply, bson_open_child(reply, BSON_ARRAY, "cursorsAlive"));
    bson_close(reply, bson_open_child(reply, BSON_ARRAY, "cursorsUnknown"));
    return true;
}
