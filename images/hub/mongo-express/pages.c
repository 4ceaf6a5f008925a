/* The pages: databases, collections, documents, one document. */
#include "express.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_PAGE = 10, SHOWN_BYTES = 4000 };

const char *form_token(void) {
    static char token[40];
    if (!*token) {
        uint8_t bytes[16];
        random_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++) snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    }
    return token;
}

static void form_begin(struct buffer *out, const char *class, const char *action) {
    buffer_format(out, "<form method=\"post\" class=\"%s\"><input type=\"hidden\" name=\"token\" value=\"%s\"><input type=\"hidden\" name=\"action\" value=\"%s\">", class, form_token(), action);
}

static void put_problem(struct buffer *out, const char *problem) {
    if (!problem || !*problem) return;
    buffer_text(out, "<p class=\"problem\">");
    html_format(out, "%s", problem);
    buffer_text(out, "</p>");
}

static void put_link(struct buffer *out, const struct place *place, const char *database, const char *collection) {
    buffer_format(out, "<a href=\"%sdb/", place->root);
    url_part(out, database, strlen(database));
    buffer_byte(out, '/');
    if (collection) url_part(out, collection, strlen(collection));
    buffer_text(out, "\">");
    html_format(out, "%s", collection ? collection : database);
    buffer_text(out, "</a>");
}

void show_problem(const struct place *place, int status, const char *problem, struct http_reply *reply) {
    reply->status = status;
    page_begin(&reply->body, "Error", place->root);
    put_problem(&reply->body, problem);
    page_end(&reply->body);
}

void show_databases(const struct place *place, const char *problem, struct http_reply *reply) {
    struct buffer names = {0}, *out = &reply->body;
    struct value each;
    if (!server_databases(&names)) {
        buffer_free(&names);
        return show_problem(place, 502, server_error(), reply);
    }
    page_begin(out, "Home", place->root);
    buffer_text(out, "<h1>Databases</h1>");
    put_problem(out, problem);
    buffer_text(out, "<table><tr><th>Name</th></tr>");
    struct bson_iterator all = bson_iterate(names.bytes);
    while (bson_next(&all, &each)) {
        buffer_text(out, "<tr><td>");
        put_link(out, place, bson_to_text(&each), NULL);
        buffer_text(out, "</td></tr>");
    }
    buffer_text(out, "</table>");
    if (!settings.read_only) {
        form_begin(out, "row", "create-database");
        buffer_text(out, "<input name=\"database\" placeholder=\"Database\" required maxlength=\"63\"><input name=\"collection\" placeholder=\"First collection\" required maxlength=\"190\"><button>Create database</button></form>");
    }
    page_end(out);
    buffer_free(&names);
}

void show_collections(const struct place *place, const char *problem, struct http_reply *reply) {
    struct buffer names = {0}, *out = &reply->body;
    struct value each;
    if (!server_collections(place->database, &names)) {
        buffer_free(&names);
        return show_problem(place, 502, server_error(), reply);
    }
    page_begin(out, place->database, place->root);
    buffer_text(out, "<h1>Database ");
    html_format(out, "%s", place->database);
    buffer_text(out, "</h1>");
    put_problem(out, problem);
    buffer_text(out, "<table><tr><th>Collection</th><th>Documents</th></tr>");
    struct bson_iterator all = bson_iterate(names.bytes);
    while (bson_next(&all, &each)) {
        buffer_text(out, "<tr><td>");
        put_link(out, place, place->database, bson_to_text(&each));
        buffer_format(out, "</td><td>%lld</td></tr>", (long long)server_count(place->database, bson_to_text(&each), bson_empty));
    }
    buffer_text(out, "</table>");
    if (!settings.read_only) {
        form_begin(out, "row", "create-collection");
        buffer_text(out, "<input name=\"collection\" placeholder=\"Collection\" required maxlength=\"190\"><button>Create collection</button></form>");
        form_begin(out, "row", "drop-database");
        buffer_text(out, "<button class=\"danger\">Delete this database</button></form>");
    }
    page_end(out);
    buffer_free(&names);
}

static void put_document_row(struct buffer *out, const struct place *place, const uint8_t *document) {
    struct buffer text = {0}, id_text = {0};
    struct value id;
    json_write_document(&text, document, JSON_EDIT, 0);
    buffer_text(out, "<tr><td><pre>");
    html_text(out, (const char *)text.bytes, text.length < SHOWN_BYTES ? text.length : SHOWN_BYTES);
    if (text.length > SHOWN_BYTES) buffer_text(out, "…");
    buffer_text(out, "</pre></td><td>");
    if (bson_find(document, "_id", &id)) {
        json_write(&id_text, &id, JSON_EDIT, 0);
        buffer_format(out, "<a href=\"%sdb/", place->root);
        url_part(out, place->database, strlen(place->database));
        buffer_byte(out, '/');
        url_part(out, place->collection, strlen(place->collection));
        buffer_byte(out, '/');
        url_part(out, (const char *)id_text.bytes, id_text.length);
        buffer_text(out, settings.read_only ? "\">View</a>" : "\">Edit</a>");
    }
    buffer_text(out, "</td></tr>");
    buffer_free(&text);
    buffer_free(&id_text);
}

static void put_pages(struct buffer *out, int64_t count, int64_t skip, const char *query) {
    const char *const names[] = {"Previous", "Next"};
    for (int i = 0; i < 2; i++) {
        int64_t to = i ? skip + PER_PAGE : skip - PER_PAGE;
        if (i ? to >= count : skip <= 0) continue;
        buffer_format(out, " <a href=\"?skip=%lld", (long long)(to < 0 ? 0 : to));
        if (*query) {
            buffer_text(out, "&amp;query=");
            url_part(out, query, strlen(query));
        }
        buffer_format(out, "\">%s</a>", names[i]);
    }
}

/* The documents of one page; false when the server refused. */
static bool put_documents(struct buffer *out, const struct place *place, const uint8_t *filter, int64_t skip) {
    struct buffer command = {0};
    struct value cursor, batch, each;
    bson_open(&command);
    bson_put_text(&command, "find", place->collection);
    bson_put_document(&command, "filter", filter);
    bson_put_int64(&command, "skip", skip);
    bson_put_int32(&command, "limit", PER_PAGE);
    bson_put_bool(&command, "singleBatch", true);
    const uint8_t *reply = server_run(place->database, &command);
    if (reply && bson_find(reply, "cursor", &cursor) && cursor.type == BSON_DOCUMENT && bson_find(cursor.bytes, "firstBatch", &batch) && batch.type == BSON_ARRAY) {
        struct bson_iterator all = bson_iterate(batch.bytes);
        buffer_text(out, "<table>");
        while (bson_next(&all, &each))
            if (each.type == BSON_DOCUMENT) put_document_row(out, place, each.bytes);
        buffer_text(out, "</table>");
    }
    buffer_free(&command);
    return reply != NULL;
}

void show_documents(const struct place *place, const struct http_request *request, const char *problem, const char *text, struct http_reply *reply) {
    struct buffer query = {0}, filter = {0}, *out = &reply->body;
    char skip_text[16] = "0", said[256] = "";
    http_parameter(request->query, strlen(request->query), "skip", skip_text, sizeof skip_text);
    http_parameter_buffer(request->query, strlen(request->query), "query", &query);
    int64_t skip = strtoll(skip_text, NULL, 10);
    if (skip < 0) skip = 0;
    struct reader reader = {.at = buffer_string(&query), .end = (const char *)query.bytes + query.length};
    reader_skip_space(&reader);
    bool asked = reader.at < reader.end;
    if (asked && (!json_read_document(&reader, &filter) || (reader_skip_space(&reader), reader.at < reader.end))) {
        snprintf(said, sizeof said, "Query: %s", *reader.error ? reader.error : "there is something behind the document");
        buffer_free(&filter);
        asked = false;
    }
    const uint8_t *wanted = asked && filter.length ? filter.bytes : bson_empty;
    int64_t count = server_count(place->database, place->collection, wanted);
    if (count < 0) {
        snprintf(said, sizeof said, "%.255s", server_error());
        wanted = bson_empty;
        if ((count = server_count(place->database, place->collection, wanted)) < 0) {
            show_problem(place, 502, server_error(), reply);
            buffer_free(&query);
            buffer_free(&filter);
            return;
        }
    }
    page_begin(out, place->collection, place->root);
    buffer_text(out, "<h1>");
    put_link(out, place, place->database, NULL);
    buffer_text(out, " / ");
    html_format(out, "%s", place->collection);
    buffer_text(out, "</h1>");
    put_problem(out, problem);
    put_problem(out, said);
    buffer_text(out, "<form class=\"row\"><input name=\"query\" size=\"50\" placeholder=\"{ name: &quot;…&quot; }\" value=\"");
    html_text(out, buffer_string(&query), query.length);
    buffer_format(out, "\"><button>Find</button></form><p>%lld document%s", (long long)count, count == 1 ? "" : "s");
    put_pages(out, count, skip, buffer_string(&query));
    buffer_text(out, "</p>");
    if (!put_documents(out, place, wanted, skip)) put_problem(out, server_error());
    if (!settings.read_only) {
        form_begin(out, "", "add");
        buffer_text(out, "<textarea name=\"document\" rows=\"6\" aria-label=\"New document\">");
        html_format(out, "%s", text ? text : "{\n  \n}");
        buffer_text(out, "</textarea><p><button>Add document</button></p></form>");
        form_begin(out, "", "drop-collection");
        buffer_text(out, "<button class=\"danger\">Delete this collection</button></form>");
    }
    page_end(out);
    buffer_free(&query);
    buffer_free(&filter);
}

const uint8_t *find_document(const struct place *place, struct buffer *holder, struct value *id) {
    struct buffer copy = place->id, command = {0};
    struct value cursor, batch, first;
    struct reader reader = {.at = (const char *)copy.bytes, .end = (const char *)copy.bytes + copy.length};
    size_t opened = bson_open(holder);
    if (!json_read(&reader, holder, "_id") || reader.at < reader.end) return NULL;
    bson_close(holder, opened);
    bson_find(holder->bytes, "_id", id);
    bson_open(&command);
    bson_put_text(&command, "find", place->collection);
    size_t filter = bson_open_child(&command, BSON_DOCUMENT, "filter"), equal = bson_open_child(&command, BSON_DOCUMENT, "_id");
    bson_put(&command, "$eq", id);
    bson_close(&command, equal);
    bson_close(&command, filter);
    bson_put_int32(&command, "limit", 1);
    bson_put_bool(&command, "singleBatch", true);
    const uint8_t *reply = server_run(place->database, &command), *found = NULL;
    if (reply && bson_find(reply, "cursor", &cursor) && cursor.type == BSON_DOCUMENT && bson_find(cursor.bytes, "firstBatch", &batch) && batch.type == BSON_ARRAY &&
        bson_find(batch.bytes, "0", &first) && first.type == BSON_DOCUMENT)
        found = first.bytes;
    buffer_free(&command);
    return found;
}

void show_document(const struct place *place, const char *problem, const char *text, struct http_reply *reply) {
    struct buffer holder = {0}, shown = {0}, *out = &reply->body;
    struct value id;
    const uint8_t *document = find_document(place, &holder, &id);
    buffer_free(&holder);
    if (!document) return show_problem(place, 404, "There is no document with this _id.", reply);
    json_write_document(&shown, document, JSON_EDIT, 0);
    page_begin(out, "Document", place->root);
    buffer_text(out, "<h1>");
    put_link(out, place, place->database, NULL);
    buffer_text(out, " / ");
    put_link(out, place, place->database, place->collection);
    buffer_text(out, " / ");
    html_text(out, (const char *)place->id.bytes, place->id.length);
    buffer_text(out, "</h1>");
    put_problem(out, problem);
    if (settings.read_only) {
        buffer_text(out, "<pre>");
        html_text(out, (const char *)shown.bytes, shown.length);
        buffer_text(out, "</pre>");
    } else {
        form_begin(out, "", "save");
        buffer_text(out, "<textarea name=\"document\" rows=\"20\" aria-label=\"Document\">\n");
        if (text) html_format(out, "%s", text);
        else html_text(out, (const char *)shown.bytes, shown.length);
        buffer_text(out, "</textarea><p><button>Save</button></p></form>");
        form_begin(out, "", "delete");
        buffer_text(out, "<button class=\"danger\">Delete this document</button></form>");
    }
    page_end(out);
    buffer_free(&shown);
}
