/* What each path answers: / in lines, /api as JSON, /health, /bench, /data. */
#include "whoami.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct options options;

extern char **environ;

/* What /health answers; a POST sets it. */
static int health = 200;

/* Largest that /data sends, so that one request cannot take all memory. */
static const size_t largest_data = 16 * 1024 * 1024;

static void write_ip_line(void *context, const char *ip) {
    buffer_format(context, "IP: %s\n", ip);
}

/* A header's name with capitals where words begin: `X-Forwarded-For`. */
static void canonical_name(const char *name, struct buffer *out) {
    for (bool start = true; *name; name++) {
        buffer_byte(out, (uint8_t)(start ? toupper((unsigned char)*name) : tolower((unsigned char)*name)));
        start = *name == '-';
    }
}

/* Headers in the order of their names; those of one name stay in theirs. */
static int sorted_headers(const struct http_request *request, struct http_header *out) {
    int count = 0;
    for (int i = 0; i < request->header_count; i++) {
        struct http_header added = request->headers[i];
        int at = count++;
        for (; at > 0 && strcasecmp(out[at - 1].name, added.name) > 0; at--) out[at] = out[at - 1];
        out[at] = added;
    }
    return count;
}

static void write_request(const struct http_request *request, struct buffer *out) {
    static const char *const first[] = {"Host", "User-Agent", "Content-Length"};
    buffer_format(out, "%s %s HTTP/1.1\r\n", request->method, request->target);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        const char *value = http_header(request, first[i]);
        if (value && *value) buffer_format(out, "%s: %s\r\n", first[i], value);
    }
    struct http_header headers[HTTP_HEADERS];
    int count = sorted_headers(request, headers);
    for (int i = 0; i < count; i++) {
        bool shown = false;
        for (size_t j = 0; j < sizeof first / sizeof *first; j++) shown = shown || !strcasecmp(headers[i].name, first[j]);
        if (shown) continue;
        canonical_name(headers[i].name, out);
        buffer_format(out, ": %s\r\n", headers[i].value);
    }
    buffer_text(out, "\r\n");
    buffer_append(out, request->body, request->body_length);
}

static void write_lines(const struct http_request *request, struct buffer *out) {
    char host[256] = "", wanted[8];
    gethostname(host, sizeof host - 1);
    if (*options.name) buffer_format(out, "Name: %s\n", options.name);
    buffer_format(out, "Hostname: %s\n", host);
    each_address(write_ip_line, out);
    buffer_format(out, "RemoteAddr: %s\n", request->remote);
    write_request(request, out);
    if (!http_parameter(request->query, strlen(request->query), "env", wanted, sizeof wanted) || strcmp(wanted, "true")) return;
    for (char **each = environ; *each; each++) buffer_format(out, "%s\n", *each);
}

static void json_text(const char *text, struct buffer *out) {
    buffer_byte(out, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') buffer_format(out, "\\%c", byte);
        else if (byte < ' ' || byte == 127 || byte == '<' || byte == '>' || byte == '&') buffer_format(out, "\\u%04x", byte);
        /* Header bytes beyond ASCII are Latin-1, as HTTP has it. */
        else if (byte > 127) buffer_format(out, "\\u%04x", byte);
        else buffer_byte(out, byte);
    }
    buffer_byte(out, '"');
}

static void write_ip_item(void *context, const char *ip) {
    struct buffer *out = context;
    if (out->bytes[out->length - 1] != '[') buffer_byte(out, ',');
    json_text(ip, out);
}

static void write_json(const struct http_request *request, struct buffer *out) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    buffer_text(out, "{\"hostname\":");
    json_text(host, out);
    buffer_text(out, ",\"ip\":[");
    each_address(write_ip_item, out);
    buffer_text(out, "],\"headers\":{");
    struct http_header headers[HTTP_HEADERS];
    int count = sorted_headers(request, headers);
    const char *before = NULL;
    bool any = false;
    for (int i = 0; i < count; i++) {
        if (!strcasecmp(headers[i].name, "Host")) continue;
        bool same = before && !strcasecmp(before, headers[i].name);
        if (!same) {
            struct buffer name = {0};
            canonical_name(headers[i].name, &name);
            buffer_text(out, any ? "]," : "");
            json_text(buffer_string(&name), out);
            buffer_text(out, ":[");
            buffer_free(&name);
        } else {
            buffer_byte(out, ',');
        }
        json_text(headers[i].value, out);
        before = headers[i].name;
        any = true;
    }
    buffer_text(out, any ? "]},\"url\":" : "},\"url\":");
    json_text(request->target, out);
    const char *asked = http_header(request, "Host");
    buffer_text(out, ",\"host\":");
    json_text(asked ? asked : "", out);
    buffer_text(out, ",\"method\":");
    json_text(request->method, out);
    if (*options.name) {
        buffer_text(out, ",\"name\":");
        json_text(options.name, out);
    }
    buffer_text(out, ",\"remoteAddr\":");
    json_text(request->remote, out);
    buffer_text(out, "}\n");
}

/* GET tells the present status; POST with a number in the body sets it. */
static void answer_health(const struct http_request *request, struct http_reply *reply) {
    if (strcmp(request->method, "POST")) {
        reply->status = health;
        return;
    }
    int status = 0;
    for (size_t i = 0; i < request->body_length && i < 4; i++)
        status = isdigit(request->body[i]) ? status * 10 + request->body[i] - '0' : request->body[i] == '\n' ? status : -1000;
    if (status >= 200 && status <= 599) {
        health = status;
    } else {
        reply->status = 400;
        buffer_text(&reply->body, "the body is the status that /health answers from now on, 200 to 599\n");
    }
}

/* ?size=N&unit=KB: so many bytes of a pattern. */
static void answer_data(const struct http_request *request, struct http_reply *reply) {
    static const char pattern[] = "|ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    char size_text[24] = "1", unit[8] = "";
    http_parameter(request->query, strlen(request->query), "size", size_text, sizeof size_text);
    http_parameter(request->query, strlen(request->query), "unit", unit, sizeof unit);
    int shift = !strcasecmp(unit, "KB") ? 10 : !strcasecmp(unit, "MB") ? 20 : !strcasecmp(unit, "GB") ? 30 : !strcasecmp(unit, "TB") ? 40 : 0;
    char *end;
    unsigned long long count = strtoull(size_text, &end, 10);
    if (*end || !isdigit((unsigned char)*size_text) || count > largest_data || (count << shift) > largest_data) {
        reply->status = 400;
        buffer_format(&reply->body, "size and unit say at most %zu bytes here\n", largest_data);
        return;
    }
    size_t size = (size_t)(count << shift);
    uint8_t *to = buffer_reserve(&reply->body, size);
    for (size_t i = 0; i < size; i++) to[i] = (uint8_t)pattern[i % (sizeof pattern - 1)];
    if (size) to[0] = to[size - 1] = '|';
    reply->body.length = size;
}

/* A duration as Go writes it, in milliseconds: 500ms, 2s, 1.5s, 1m. -1 when it is none. */
static int parse_wait(const char *text) {
    char *unit;
    if (!isdigit((unsigned char)*text)) return -1;
    double number = strtod(text, &unit);
    double factor = !strcmp(unit, "ms") ? 1 : !strcmp(unit, "s") ? 1000 : !strcmp(unit, "m") ? 60000 : !strcmp(unit, "us") ? 0.001 : -1;
    if (factor < 0) return -1;
    return number * factor > HTTP_WAIT_MS ? HTTP_WAIT_MS : (int)(number * factor);
}

void answer_request(const struct http_request *request, struct http_reply *reply) {
    char wait[32];
    if (options.verbose) {
        fprintf(stderr, "%s - \"%s %s\"\n", request->remote, request->method, request->target);
    }
    if (!strcmp(request->path, "/health")) return answer_health(request, reply);
    if (!strcmp(request->path, "/data")) return answer_data(request, reply);
    if (!strcmp(request->path, "/bench")) {
        buffer_text(&reply->body, "1");
        return;
    }
    if (!strcmp(request->path, "/echo")) {
        reply->status = 501;
        buffer_text(&reply->body, "this stand-in has no WebSocket\n");
        return;
    }
    if (!strcmp(request->path, "/api")) {
        reply->content_type = "application/json";
        return write_json(request, &reply->body);
    }
    write_lines(request, &reply->body);
    if (http_parameter(request->query, strlen(request->query), "wait", wait, sizeof wait)) reply->wait_ms = parse_wait(wait);
}
