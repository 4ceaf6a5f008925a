/* One request and its answer: head, then a body that is chunked, of a known length, or as long as the connection. */
#include "curl.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection being read, with what has arrived and was not yet used. */
struct reader {
    int fd;
    double deadline, start;
    char buffer[16384];
    size_t from, to;
    size_t total;
};

static bool has_header(const struct options *options, const char *name) {
    size_t length = strlen(name);
    for (int i = 0; i < options->header_count; i++)
        if (!strncasecmp(options->user_header[i], name, length) && strchr(":;", options->user_header[i][length])) return true;
    return false;
}

static const char *method_of(const struct options *options) {
    if (options->method) return options->method;
    if (options->head) return "HEAD";
    return options->upload ? "PUT" : options->body ? "POST" : "GET";
}

/* Head of the request, in memory of its own. */
static char *write_head(const struct url *url, const struct options *options, const char *method) {
    char *head;
    size_t size;
    FILE *out = open_memstream(&head, &size);
    fprintf(out, "%s %s HTTP/1.1\r\n", method, url->path);
    bool v6 = strchr(url->host, ':') != NULL;
    if (!has_header(options, "Host")) {
        fprintf(out, v6 ? "Host: [%s]" : "Host: %s", url->host);
        fprintf(out, strcmp(url->port, "80") ? ":%s\r\n" : "\r\n", url->port);
    }
    const char *user = options->user ? options->user : *url->user ? url->user : NULL;
    if (user) {
        char encoded[600];
        encode_base64(user, encoded, sizeof encoded);
        fprintf(out, "Authorization: Basic %s\r\n", encoded);
    }
    if (!has_header(options, "User-Agent")) fprintf(out, "User-Agent: %s\r\n", options->user_agent);
    if (!has_header(options, "Accept")) fprintf(out, "Accept: %s\r\n", options->body_is_json ? "application/json" : "*/*");
    if (options->referer) fprintf(out, "Referer: %s\r\n", options->referer);
    if (options->cookie) fprintf(out, "Cookie: %s\r\n", options->cookie);
    for (int i = 0; i < options->header_count; i++) {
        const char *header = options->user_header[i], *colon = strchr(header, ':');
        /* `Name:` leaves a header out, `Name;` sends it empty. */
        if (!colon && strchr(header, ';')) fprintf(out, "%.*s:\r\n", (int)strcspn(header, ";"), header);
        else if (colon && colon[1 + strspn(colon + 1, " ")]) fprintf(out, "%s\r\n", header);
    }
    if (options->body) {
        if (!has_header(options, "Content-Length")) fprintf(out, "Content-Length: %zu\r\n", options->body_length);
        if (!options->upload && !has_header(options, "Content-Type")) fprintf(out, "Content-Type: %s\r\n", options->body_is_json ? "application/json" : "application/x-www-form-urlencoded");
    }
    fprintf(out, "\r\n");
    fclose(out);
    return head;
}

static int send_all(struct reader *reader, const char *bytes, size_t length) {
    while (length) {
        ssize_t sent = send(reader->fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!wait_ready(reader->fd, true, reader->deadline)) return fail(E_TIMEOUT, "Operation timed out after %d milliseconds with 0 bytes received", (int)((now() - reader->start) * 1000));
            continue;
        }
        if (sent < 0) return fail(E_SEND, "Send failure: %s", strerror(errno));
        bytes += sent;
        length -= sent;
    }
    return E_OK;
}

/* Reads more into the buffer. Returns bytes read, 0 at the end, or minus an exit code. */
static int fill(struct reader *reader) {
    if (reader->from) {
        memmove(reader->buffer, reader->buffer + reader->from, reader->to - reader->from);
        reader->to -= reader->from;
        reader->from = 0;
    }
    if (reader->to == sizeof reader->buffer) return -fail(E_REPLY, "Too large response headers");
    for (;;) {
        ssize_t got = recv(reader->fd, reader->buffer + reader->to, sizeof reader->buffer - reader->to, 0);
        if (got >= 0) {
            reader->to += got;
            return got;
        }
        if (errno != EAGAIN && errno != EINTR) return -fail(E_RECEIVE, "Recv failure: %s", strerror(errno));
        if (!wait_ready(reader->fd, false, reader->deadline))
            return -fail(E_TIMEOUT, "Operation timed out after %d milliseconds with %zu bytes received", (int)((now() - reader->start) * 1000), reader->total);
    }
}

/* Next line without its end, in place; NULL with *code set (E_OK: the connection ended). */
static char *read_line(struct reader *reader, int *code) {
    for (;;) {
        char *start = reader->buffer + reader->from, *end = memchr(start, '\n', reader->to - reader->from);
        if (end) {
            reader->from = end + 1 - reader->buffer;
            if (end > start && end[-1] == '\r') end--;
            *end = 0;
            return start;
        }
        int got = fill(reader);
        if (got <= 0) {
            *code = -got;
            return NULL;
        }
    }
}

static int write_body(FILE *out, const char *bytes, size_t length, const struct options *options) {
    if (!out) return E_OK;
    if (fwrite(bytes, 1, length, out) != length) return fail(E_WRITE, "Failure writing output to destination");
    /* What arrives is shown at once: a stream of events is not held back. */
    if (options->no_buffer || out == stdout) fflush(out);
    return E_OK;
}

/* Passes on `left` bytes of body, or all until the end when left is -1. */
static int copy_body(struct reader *reader, long long left, FILE *out, const struct options *options, struct transfer *transfer) {
    while (left) {
        if (reader->from == reader->to) {
            reader->from = reader->to = 0;
            int got = fill(reader);
            if (got < 0) return -got;
            if (!got) return left < 0 ? E_OK : fail(E_PARTIAL, "transfer closed with %lld bytes remaining to read", left);
        }
        size_t part = reader->to - reader->from;
        if (left > 0 && part > (unsigned long long)left) part = left;
        int code = write_body(out, reader->buffer + reader->from, part, options);
        if (code) return code;
        reader->from += part;
        reader->total += part;
        transfer->received += part;
        if (left > 0) left -= part;
    }
    return E_OK;
}

static int copy_chunks(struct reader *reader, FILE *out, const struct options *options, struct transfer *transfer) {
    for (;;) {
        int code = E_OK;
        char *line = read_line(reader, &code), *end;
        if (!line) return code ? code : fail(E_PARTIAL, "transfer closed with outstanding read data remaining");
        unsigned long long length = strtoull(line, &end, 16);
        if (end == line) return fail(E_RECEIVE, "Illegal or missing hexadecimal sequence in chunked-encoding");
        if (!length) {
            while ((line = read_line(reader, &code)) && *line);
            return code;
        }
        if ((code = copy_body(reader, length, out, options, transfer))) return code;
        if (!read_line(reader, &code)) return code ? code : fail(E_PARTIAL, "transfer closed with outstanding read data remaining");
    }
}

static FILE *open_output(const struct url *url, const struct options *options, int *code) {
    const char *name = options->output;
    char last[256];
    if (options->remote_name) {
        const char *slash = strrchr(url->path, '/');
        snprintf(last, sizeof last, "%.*s", (int)strcspn(slash + 1, "?"), slash + 1);
        if (!*last) {
            *code = fail(E_WRITE, "Remote file name has no length");
            return NULL;
        }
        name = last;
    }
    if (!name || !strcmp(name, "-")) return stdout;
    FILE *out = fopen(name, "w");
    if (!out) *code = fail(E_WRITE, "Failed to open the file %s: %s", name, strerror(errno));
    return out;
}

/* Status line and headers. `location` and `length` are set from them; length -1: until the end, -2: chunked. */
static int read_head(struct reader *reader, const struct options *options, FILE *shown, FILE *dump, struct transfer *transfer, char *location, size_t size, long long *length) {
    int code = E_OK;
    char *line;
    do {
        line = read_line(reader, &code);
        if (!line) return code ? code : fail(E_EMPTY, "Empty reply from server");
        if (strncmp(line, "HTTP/", 5) || !strchr(line, ' ')) return fail(E_PROTOCOL, "Received HTTP/0.9 when not allowed");
        transfer->status = atoi(strchr(line, ' '));
        *length = -1;
        *location = *transfer->content_type = 0;
        for (;;) {
            if (options->verbose) fprintf(stderr, "< %s\n", line);
            if (shown) fprintf(shown, "%s\r\n", line);
            if (dump) fprintf(dump, "%s\r\n", line);
            if (!*line) break;
            char *value = strchr(line, ':');
            if (value) {
                size_t name = value - line;
                value += 1 + strspn(value + 1, " \t");
                if (name == 14 && !strncasecmp(line, "Content-Length", name) && *length != -2) *length = atoll(value);
                if (name == 17 && !strncasecmp(line, "Transfer-Encoding", name) && strcasestr(value, "chunked")) *length = -2;
                if (name == 8 && !strncasecmp(line, "Location", name)) snprintf(location, size, "%s", value);
                if (name == 12 && !strncasecmp(line, "Content-Type", name)) snprintf(transfer->content_type, sizeof transfer->content_type, "%s", value);
            }
            if (!(line = read_line(reader, &code))) return code ? code : fail(E_RECEIVE, "Recv failure: connection ended within the headers");
        }
    } while (transfer->status >= 100 && transfer->status < 200 && transfer->status != 101);
    return E_OK;
}

static void show_request(const char *head) {
    for (const char *line = head; *line;) {
        int length = strcspn(line, "\r");
        fprintf(stderr, "> %.*s\n", length, line);
        line += length + 2;
    }
}

int exchange(const char *address, const struct options *given, struct transfer *transfer) {
    struct options options = *given;
    static struct reader reader;
    struct url url;
    char next[4608], location[4096];
    double start = now(), deadline = options.max_seconds ? start + options.max_seconds : start + 1e9;
    memset(transfer, 0, sizeof *transfer);
    snprintf(next, sizeof next, "%s", address);
    for (;; transfer->redirects++) {
        int code = parse_url(next, &url);
        if (code) return code;
        snprintf(transfer->effective, sizeof transfer->effective, "%s://%s%s%s%s", url.scheme, url.host, strcmp(url.port, "80") ? ":" : "", strcmp(url.port, "80") ? url.port : "", url.path);
        if (options.get && options.body) {
            size_t used = strlen(url.path);
            snprintf(url.path + used, sizeof url.path - used, "%c%s", strchr(url.path, '?') ? '&' : '?', options.body);
            options.body = NULL;
        }
        reader = (struct reader){.deadline = deadline, .start = start};
        reader.fd = open_connection(&url, &options, transfer, deadline, &code);
        if (reader.fd < 0) return code;

        const char *method = transfer->method = method_of(&options);
        char *head = write_head(&url, &options, method);
        if (options.verbose) show_request(head);
        code = send_all(&reader, head, strlen(head));
        free(head);
        if (!code && options.body) code = send_all(&reader, options.body, options.body_length);
        /* A server may answer and close before it has read everything: its answer counts. */
        if (code == E_TIMEOUT) return code;

        FILE *out = open_output(&url, &options, &code), *dump = NULL;
        if (!out) return code;
        if (options.dump_header && !(dump = strcmp(options.dump_header, "-") ? fopen(options.dump_header, "w") : stdout)) return fail(E_WRITE, "Failed to open %s", options.dump_header);
        long long length = -1;
        code = read_head(&reader, &options, options.include || options.head ? out : NULL, dump, transfer, location, sizeof location, &length);
        if (dump && dump != stdout) fclose(dump);
        if (code) return code;

        bool redirected = options.follow && *location && transfer->status >= 300 && transfer->status < 400;
        bool refused = transfer->status >= 400 && (options.fail || options.fail_with_body);
        FILE *body = redirected || (refused && options.fail) ? NULL : out;
        bool none = !strcmp(method, "HEAD") || transfer->status == 204 || transfer->status == 304;
        if (!none && !(refused && options.fail)) {
            code = length == -2 ? copy_chunks(&reader, body, &options, transfer) : copy_body(&reader, length, body, &options, transfer);
        }
        if (out != stdout) fclose(out);
        else fflush(out);
        close(reader.fd);
        transfer->seconds = now() - start;
        if (options.verbose && !code) fprintf(stderr, "* Connection #0 to host %s left intact\n", url.host);
        if (code) return code;
        if (refused) return fail(E_HTTP, "The requested URL returned error: %d", transfer->status);
        if (!redirected) return E_OK;
        if (transfer->redirects >= options.max_redirects) return fail(E_REDIRECTS, "Maximum (%d) redirects followed", options.max_redirects);
        resolve_redirect(&url, location, next, sizeof next);
        if (options.verbose) fprintf(stderr, "* Issue another request to this URL: '%s'\n", next);
        transfer->received = 0;
        /* As browsers do: the request that follows 301, 302 and 303 is a GET without a body. */
        if (transfer->status <= 303 && options.body && !options.method) options.body = NULL;
    }
}
