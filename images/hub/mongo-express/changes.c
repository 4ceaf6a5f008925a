/* What forms do: create, add, save, delete. Each ends with a redirect to what is to be seen then, or with the page and why not. */
#include "express.h"
#include <stdio.h>
#include <string.h>

static void go_to(const struct place *place, const char *database, const char *collection, struct http_reply *reply) {
    reply->status = 303;
    buffer_format(&reply->headers, "Location: %s", place->root);
    if (*database) {
        buffer_text(&reply->headers, "db/");
        url_part(&reply->headers, database, strlen(database));
        buffer_byte(&reply->headers, '/');
        if (collection) url_part(&reply->headers, collection, strlen(collection));
    }
    buffer_text(&reply->headers, "\r\n");
}

/* Runs `name: subject`. */
static bool run_about(const char *database, const char *name, const char *subject) {
    struct buffer command = {0};
    bson_open(&command);
    if (subject) bson_put_text(&command, name, subject);
    else bson_put_int32(&command, name, 1);
    bool done = server_run(database, &command) != NULL;
    buffer_free(&command);
    return done;
}

/* The text of the form's document, read. */
static bool read_document(const struct http_request *request, struct buffer *text, struct buffer *document, char *problem, size_t size) {
    http_parameter_buffer((const char *)request->body, request->body_length, "document", text);
    struct reader reader = {.at = buffer_string(text), .end = (const char *)text->bytes + text->length};
    bool good = json_read_document(&reader, document);
    reader_skip_space(&reader);
    if (good && reader.at < reader.end) good = reader_fail(&reader, "there is something behind the document");
    if (!good) snprintf(problem, size, "That document is not valid: %s", reader.error);
    return good;
}

/* Whether all writes of a reply succeeded. */
static bool written(const uint8_t *reply, char *problem, size_t size) {
    struct value errors, first;
    const char *text = "";
    if (!reply) {
        snprintf(problem, size, "%s", server_error());
        return false;
    }
    if (!bson_find(reply, "writeErrors", &errors) || errors.type != BSON_ARRAY || !bson_find(errors.bytes, "0", &first) || first.type != BSON_DOCUMENT) return true;
    bson_lookup_text(first.bytes, "errmsg", &text);
    snprintf(problem, size, "%s", text);
    return false;
}

static void add(const struct place *place, const struct http_request *request, struct http_reply *reply) {
    struct buffer text = {0}, document = {0}, command = {0};
    char problem[300] = "";
    bool done = read_document(request, &text, &document, problem, sizeof problem);
    if (done) {
        bson_open(&command);
        bson_put_text(&command, "insert", place->collection);
        size_t list = bson_open_child(&command, BSON_ARRAY, "documents");
        bson_put_document(&command, "0", document.bytes);
        bson_close(&command, list);
        done = written(server_run(place->database, &command), problem, sizeof problem);
    }
    if (done) go_to(place, place->database, place->collection, reply);
    else show_documents(place, request, problem, buffer_string(&text), reply);
    buffer_free(&text);
    buffer_free(&document);
    buffer_free(&command);
}

static void save(const struct place *place, const struct http_request *request, struct http_reply *reply) {
    struct buffer text = {0}, document = {0}, command = {0}, holder = {0};
    struct value id;
    char problem[300] = "";
    bool there = find_document(place, &holder, &id) != NULL, done = there && read_document(request, &text, &document, problem, sizeof problem);
    if (done) {
        bson_open(&command);
        bson_put_text(&command, "update", place->collection);
        size_t list = bson_open_child(&command, BSON_ARRAY, "updates"), statement = bson_open_child(&command, BSON_DOCUMENT, "0");
        size_t filter = bson_open_child(&command, BSON_DOCUMENT, "q"), equal = bson_open_child(&command, BSON_DOCUMENT, "_id");
        bson_put(&command, "$eq", &id);
        bson_close(&command, equal);
        bson_close(&command, filter);
        bson_put_document(&command, "u", document.bytes);
        bson_close(&command, statement);
        bson_close(&command, list);
        done = written(server_run(place->database, &command), problem, sizeof problem);
    }
    if (done) go_to(place, place->database, place->collection, reply);
    else show_document(place, problem, there ? buffer_string(&text) : NULL, reply);
    buffer_free(&text);
    buffer_free(&document);
    buffer_free(&command);
    buffer_free(&holder);
}

static void delete(const struct place *place, struct http_reply *reply) {
    struct buffer command = {0}, holder = {0};
    struct value id;
    char problem[300] = "";
    bool done = false;
    if (find_document(place, &holder, &id)) {
        bson_open(&command);
        bson_put_text(&command, "delete", place->collection);
        size_t list = bson_open_child(&command, BSON_ARRAY, "deletes"), statement = bson_open_child(&command, BSON_DOCUMENT, "0");
        size_t filter = bson_open_child(&command, BSON_DOCUMENT, "q"), equal = bson_open_child(&command, BSON_DOCUMENT, "_id");
        bson_put(&command, "$eq", &id);
        bson_close(&command, equal);
        bson_close(&command, filter);
        bson_put_int32(&command, "limit", 1);
        bson_close(&command, statement);
        bson_close(&command, list);
        done = written(server_run(place->database, &command), problem, sizeof problem);
    }
    if (done) go_to(place, place->database, place->collection, reply);
    else show_document(place, problem, NULL, reply);
    buffer_free(&command);
    buffer_free(&holder);
}

void change(const struct place *place, const struct http_request *request, struct http_reply *reply) {
    const char *body = (const char *)request->body;
    char action[24] = "", token[40] = "", database[64] = "", collection[256] = "";
    http_parameter(body, request->body_length, "token", token, sizeof token);
    http_parameter(body, request->body_length, "action", action, sizeof action);
    if (strcmp(token, form_token())) return show_problem(place, 403, "This form is from an earlier run of the server, or from another page. Go back, load the page again, and retry.", reply);
    if (settings.read_only) return show_problem(place, 403, "ME_CONFIG_OPTIONS_READONLY is set: nothing can be changed here.", reply);
    http_parameter(body, request->body_length, "database", database, sizeof database);
    http_parameter(body, request->body_length, "collection", collection, sizeof collection);
    if (!*place->database && !strcmp(action, "create-database")) {
        if (run_about(database, "create", collection)) go_to(place, database, NULL, reply);
        else show_databases(place, server_error(), reply);
    } else if (*place->database && !*place->collection && !strcmp(action, "create-collection")) {
        if (run_about(place->database, "create", collection)) go_to(place, place->database, NULL, reply);
        else show_collections(place, server_error(), reply);
    } else if (*place->database && !*place->collection && !strcmp(action, "drop-database")) {
        if (run_about(place->database, "dropDatabase", NULL)) go_to(place, "", NULL, reply);
        else show_collections(place, server_error(), reply);
    } else if (*place->collection && !place->id.length && !strcmp(action, "drop-collection")) {
        if (run_about(place->database, "drop", place->collection)) go_to(place, place->database, NULL, reply);
        else show_documents(place, request, server_error(), NULL, reply);
    } else if (*place->collection && !place->id.length && !strcmp(action, "add")) {
        add(place, request, reply);
    } else if (place->id.length && !strcmp(action, "save")) {
        save(place, request, reply);
    } else if (place->id.length && !strcmp(action, "delete")) {
        delete(place, reply);
    } else {
        show_problem(place, 400, "This page has no such form.", reply);
    }
}
