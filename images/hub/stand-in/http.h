/*
 * A small HTTP/1.1 server: one thread, one poll loop, everything bounded. A handler gets one whole request and fills in one
 * reply; keep-alive, pipelining, slow clients and time limits are the loop's.
 */
#pragma once
#include "buffer.h"
#include <stdbool.h>

enum {
    HTTP_HEADERS = 64,
    HTTP_HEAD_BYTES = 32 * 1024,
    HTTP_BODY_BYTES = 1024 * 1024,
    HTTP_CONNECTIONS = 256,
    /* Longest a reply may be held back. */
    HTTP_WAIT_MS = 60 * 1000,
};

struct http_header {
    char *name, *value;
};

/* All texts end with a zero and lie in the connection's own memory until the handler returns. */
struct http_request {
    char *method, *target, *path, *query, *version;
    struct http_header headers[HTTP_HEADERS];
    int header_count;
    const uint8_t *body;
    size_t body_length;
    /* Address and port of the other end, as `1.2.3.4:5` or `[::1]:5`. */
    char remote[72];
};

struct http_reply {
    int status;
    const char *content_type;
    /* Further header lines, each ended by CR LF. */
    struct buffer headers;
    struct buffer body;
    int wait_ms;
};

typedef void http_handler(const struct http_request *, struct http_reply *);

/* A listening socket on all addresses (IPv6 and IPv4), or -1 with errno. */
int http_listen(int port);
/* Serves until a signal sets *stop. Returns 0, or -1 with errno when poll fails. */
int http_serve(int listener, http_handler *, volatile int *stop);

/* Value of a header, compared without case; NULL when absent. */
const char *http_header(const struct http_request *, const char *name);
/* Decoded value of a parameter in a query or a form; false when absent. At most size - 1 bytes, ended with a zero. */
bool http_parameter(const char *query, size_t length, const char *name, char *out, size_t size);
/* As http_parameter, however long. */
bool http_parameter_buffer(const char *query, size_t length, const char *name, struct buffer *out);
/* Undoes %XX (and + when asked). False for a broken escape or a zero byte. */
bool http_decode(const char *text, size_t length, bool plus, struct buffer *out);
const char *http_reason(int status);
