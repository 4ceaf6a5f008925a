/* Heads of requests, and what stands in queries and forms. */
#include "http_parse.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_token(const char *text) {
    if (!*text) return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 127 || strchr("()<>@,;:\\\"/[]?={}", *text)) return false;
    return true;
}

static bool is_printable(const char *text) {
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 127) return false;
    return true;
}

/* Cuts the text at the next line end; NULL when there is none. */
static char *next_line(char **at) {
    char *line = *at, *end = strchr(line, '\n');
    if (!end) return NULL;
    *at = end + 1;
    if (end > line && end[-1] == '\r') end--;
    *end = 0;
    return line;
}

static int parse_request_line(char *line, struct http_request *request) {
    char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || strchr(version + 1, ' ')) return 400;
    *target++ = 0;
    *version++ = 0;
    if (!is_token(line) || !is_printable(target) || *target == 0) return 400;
    if (strncmp(version, "HTTP/1.", 7) || !isdigit((unsigned char)version[7]) || version[8]) return 505;
    if (*target != '/' && !(strcmp(line, "OPTIONS") == 0 && strcmp(target, "*") == 0)) return 400;
    request->method = line;
    request->target = target;
    request->version = version;
    return 0;
}

int http_parse_head(char *head, struct http_request *request) {
    char *at = head, *line = next_line(&at);
    int status = line ? parse_request_line(line, request) : 400;
    if (status) return status;
    request->header_count = 0;
    while ((line = next_line(&at)) && *line) {
        char *colon = strchr(line, ':');
        if (!colon || request->header_count == HTTP_HEADERS) return colon ? 431 : 400;
        *colon = 0;
        char *value = colon + 1;
        while (*value == ' ' || *value == '\t') value++;
        char *end = value + strlen(value);
        while (end > value && (end[-1] == ' ' || end[-1] == '\t')) *--end = 0;
        if (!is_token(line) || !is_printable(value)) return 400;
        request->headers[request->header_count++] = (struct http_header){line, value};
    }
    return 0;
}

int http_body_length(const struct http_request *request, size_t *length) {
    *length = 0;
    bool seen = false;
    for (int i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name, *value = request->headers[i].value;
        /* Bodies in pieces are not read: nothing that the programs here are for sends them. */
        if (!strcasecmp(name, "Transfer-Encoding")) return 501;
        if (strcasecmp(name, "Content-Length")) continue;
        size_t number = 0;
        if (!*value || seen) return 400;
        for (const char *digit = value; *digit; digit++) {
            if (!isdigit((unsigned char)*digit)) return 400;
            number = number * 10 + (size_t)(*digit - '0');
            if (number > HTTP_BODY_BYTES) return 413;
        }
        *length = number;
        seen = true;
    }
    return 0;
}

const char *http_header(const struct http_request *request, const char *name) {
    for (int i = 0; i < request->header_count; i++)
        if (!strcasecmp(request->headers[i].name, name)) return request->headers[i].value;
    return NULL;
}

static int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 32;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool http_decode(const char *text, size_t length, bool plus, struct buffer *out) {
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte == '%') {
            if (length - i < 3) return false;
            int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return false;
            byte = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (plus && byte == '+') {
            byte = ' ';
        }
        if (!byte) return false;
        buffer_byte(out, byte);
    }
    return true;
}

bool http_parameter_buffer(const char *query, size_t length, const char *name, struct buffer *out) {
    size_t wanted = strlen(name);
    for (size_t at = 0; at < length;) {
        const char *end = memchr(query + at, '&', length - at);
        size_t size = end ? (size_t)(end - query) - at : length - at;
        if (size >= wanted && !memcmp(query + at, name, wanted) && (size == wanted || query[at + wanted] == '=')) {
            size_t skip = size == wanted ? wanted : wanted + 1;
            return http_decode(query + at + skip, size - skip, true, out);
        }
        at += size + 1;
    }
    return false;
}

bool http_parameter(const char *query, size_t length, const char *name, char *out, size_t size) {
    struct buffer found = {0};
    bool there = http_parameter_buffer(query, length, name, &found) && found.length < size;
    if (there) strcpy(out, buffer_string(&found));
    buffer_free(&found);
    return there;
}

const char *http_reason(int status) {
    switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
    }
}
