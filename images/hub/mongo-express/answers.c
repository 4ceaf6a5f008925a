/* Who may ask, what a path names, and which page answers. */
#include "express.h"
#include "../stand-in/digest.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool known_user(const struct http_request *request) {
    const char *header = http_header(request, "Authorization");
    struct buffer given = {0}, wanted = {0};
    bool right = false;
    if (!settings.basic_auth) return true;
    if (header && !strncasecmp(header, "Basic ", 6) && base64_decode(header + 6, strlen(header + 6), &given)) {
        buffer_format(&wanted, "%s:%s", settings.user, settings.password);
        right = given.length == wanted.length && same_bytes(given.bytes, wanted.bytes, wanted.length);
    }
    buffer_free(&given);
    buffer_free(&wanted);
    return right;
}

/* The next part of the path, decoded, into a text of that size. */
static bool take_part(const char **at, char *out, size_t size) {
    struct buffer part = {0};
    size_t length = strcspn(*at, "/");
    bool good = http_decode(*at, length, false, &part) && part.length < size;
    if (good) strcpy(out, buffer_string(&part));
    *at += length + ((*at)[length] == '/');
    buffer_free(&part);
    return good;
}

/* /, /db/NAME, /db/NAME/, /db/NAME/COLLECTION, /db/NAME/COLLECTION/ID. */
static bool find_place(const char *path, struct place *out) {
    int depth = 0;
    for (const char *at = path; *at; at++) depth += *at == '/';
    if (depth > 5) return false;
    for (int i = 1; i < depth; i++) strcat(out->root, "../");
    if (!*out->root) strcpy(out->root, "./");
    if (!strcmp(path, "/")) return true;
    if (strncmp(path, "/db/", 4)) return false;
    path += 4;
    if (!take_part(&path, out->database, sizeof out->database) || !*out->database) return false;
    if (*path && (!take_part(&path, out->collection, sizeof out->collection) || !*out->collection)) return false;
    if (!*path) return true;
    bool good = http_decode(path, strlen(path), false, &out->id) && !strchr(path, '/');
    buffer_string(&out->id);
    return good && out->id.length;
}

static void answer_place(const struct http_request *request, struct place *place, struct http_reply *reply) {
    bool get = !strcmp(request->method, "GET") || !strcmp(request->method, "HEAD");
    reply->content_type = "text/html; charset=utf-8";
    buffer_text(&reply->headers, "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n");
    if (!find_place(request->path, place)) show_problem(place, 404, "There is no such page.", reply);
    else if (!get && strcmp(request->method, "POST")) show_problem(place, 405, "Pages are got, and forms are posted.", reply);
    else if (!get) change(place, request, reply);
    else if (place->id.length) show_document(place, NULL, NULL, reply);
    else if (*place->collection) show_documents(place, request, NULL, NULL, reply);
    else if (*place->database) show_collections(place, NULL, reply);
    else show_databases(place, NULL, reply);
}

void answer_request(const struct http_request *request, struct http_reply *reply) {
    if (!strcmp(request->path, "/status")) {
        reply->content_type = "application/json; charset=utf-8";
        buffer_text(&reply->body, "{\"status\":\"ok\"}");
        return;
    }
    if (!known_user(request)) {
        reply->status = 401;
        buffer_text(&reply->headers, "WWW-Authenticate: Basic realm=\"Authorization Required\"\r\n");
        buffer_text(&reply->body, "Unauthorized");
        return;
    }
    struct place place = {0};
    answer_place(request, &place, reply);
    buffer_free(&place.id);
}
