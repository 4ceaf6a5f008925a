/*
 * The guest's small curl: HTTP/1.1 over TCP or a Unix socket, with the options that Docker's tutorials use and curl's own
 * messages and exit codes. No TLS: nothing in the sandbox speaks it, and there is no way out.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define MAX_HEADERS 64
#define MAX_URLS 32

/* Exit codes of the real one. */
enum {
    E_OK = 0,
    E_PROTOCOL = 1,
    E_USAGE = 2,
    E_URL = 3,
    E_RESOLVE = 6,
    E_CONNECT = 7,
    E_REPLY = 8,
    E_PARTIAL = 18,
    E_HTTP = 22,
    E_WRITE = 23,
    E_READ = 26,
    E_TIMEOUT = 28,
    E_REDIRECTS = 47,
    E_EMPTY = 52,
    E_SEND = 55,
    E_RECEIVE = 56,
};

struct options {
    bool silent, show_error, include, head, verbose, fail, fail_with_body, follow, remote_name, get, no_buffer;
    const char *method, *output, *unix_socket, *user, *user_agent, *referer, *cookie, *write_out, *dump_header, *upload, *user_header[MAX_HEADERS];
    int header_count, max_redirects, family, retries, retry_delay;
    bool retry_refused;
    char *body; /* of -d; NULL without */
    size_t body_length;
    bool body_is_json;
    double max_seconds, connect_seconds;
};

struct url {
    char scheme[16], host[256], port[8], path[4096], user[256];
};

/* What -w can print. */
struct transfer {
    int status, redirects;
    size_t received;
    double seconds, connect_seconds;
    char content_type[128], effective[4608], remote_ip[64], remote_port[8], local_ip[64];
    const char *method;
};

/* Set by whatever fails; printed once, by main. */
extern char problem[1024];
int fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* url.c */
int parse_url(const char *text, struct url *out);
void resolve_redirect(const struct url *base, const char *location, char *out, size_t size);
void encode_base64(const char *in, char *out, size_t size);

/* connect.c: a connected socket, or -1 with *code set. */
int open_connection(const struct url *, const struct options *, struct transfer *, double deadline, int *code);
double now(void);
/* Waits until the socket can be read (or written); false when the deadline passed. */
bool wait_ready(int fd, bool write, double deadline);

/* exchange.c */
int exchange(const char *address, const struct options *, struct transfer *);

/* output.c */
void print_write_out(const char *format, const struct transfer *);
void print_meter(const struct transfer *);
