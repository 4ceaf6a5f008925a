/* The MongoDB server: one connection, opened again when it was lost. */
#include "express.h"
#include <stdio.h>
#include <string.h>

/* A page waits for the server no longer than this. */
enum { TIMEOUT_MS = 5000 };

static struct database_client client = {.fd = -1};

const char *server_error(void) {
    return client.error;
}

bool server_connect(char *error, size_t size) {
    client_close(&client);
    bool done = client_open(&client, &settings.server, TIMEOUT_MS);
    if (!done && error) snprintf(error, size, "%s", client.error);
    return done;
}

const uint8_t *server_run(const char *database, struct buffer *command) {
    /* A server that was started anew has closed the old connection: that shows when the next command is sent. */
    size_t length = command->length;
    if (client.fd >= 0) {
        const uint8_t *reply = client_must(&client, database, command);
        if (reply || client.fd >= 0) return reply;
    }
    if (!server_connect(NULL, 0)) return NULL;
    command->length = length;
    return client_must(&client, database, command);
}

/* The texts under a name in an array of documents. */
static void add_names(const uint8_t *list, struct buffer *out, uint32_t *count) {
    struct bson_iterator all = bson_iterate(list);
    struct value each;
    const char *name;
    char index[12];
    while (bson_next(&all, &each))
        if (each.type == BSON_DOCUMENT && bson_lookup_text(each.bytes, "name", &name)) bson_put_text(out, bson_index((*count)++, index), name);
}

bool server_databases(struct buffer *out) {
    struct buffer command = {0};
    struct value list;
    uint32_t count = 0;
    bson_open(&command);
    bson_put_int32(&command, "listDatabases", 1);
    bson_put_bool(&command, "nameOnly", true);
    const uint8_t *reply = server_run("admin", &command);
    size_t opened = bson_open(out);
    if (reply && bson_find(reply, "databases", &list) && list.type == BSON_ARRAY) add_names(list.bytes, out, &count);
    bson_close(out, opened);
    buffer_free(&command);
    return reply != NULL;
}

bool server_collections(const char *database, struct buffer *out) {
    struct buffer command = {0};
    struct value cursor, batch;
    uint32_t count = 0;
    const char *first = "firstBatch";
    size_t opened = bson_open(out);
    bson_open(&command);
    bson_put_int32(&command, "listCollections", 1);
    bson_put_bool(&command, "nameOnly", true);
    const uint8_t *reply = server_run(database, &command);
    while (reply && bson_find(reply, "cursor", &cursor) && cursor.type == BSON_DOCUMENT) {
        if (bson_find(cursor.bytes, first, &batch) && batch.type == BSON_ARRAY) add_names(batch.bytes, out, &count);
        int64_t id = bson_lookup_int(cursor.bytes, "id", 0);
        if (!id || count > 5000) break;
        command.length = 0;
        bson_open(&command);
        bson_put_int64(&command, "getMore", id);
        bson_put_text(&command, "collection", "$cmd.listCollections");
        first = "nextBatch";
        reply = server_run(database, &command);
    }
    bson_close(out, opened);
    buffer_free(&command);
    return reply != NULL;
}

int64_t server_count(const char *database, const char *collection, const uint8_t *filter) {
    struct buffer command = {0};
    bson_open(&command);
    bson_put_text(&command, "count", collection);
    bson_put_document(&command, "query", filter);
    const uint8_t *reply = server_run(database, &command);
    int64_t count = reply ? bson_lookup_int(reply, "n", 0) : -1;
    buffer_free(&command);
    return count;
}
