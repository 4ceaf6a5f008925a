/* The poll loop: each connection reads one request, waits if its reply is held back, writes, and begins again. */
#include "http_parse.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long a client may take for a request, and for each piece of a reply. */
static const int64_t idle_ms = 60 * 1000;

struct connection {
    int fd;
    struct buffer in, out;
    size_t sent;
    /* When what it does now must have moved on; of a reply that is held back, when it may go. */
    int64_t deadline_ms, reply_at_ms;
    bool closing;
    /* The client was told to send the body it asked about. */
    bool told_to_go_on;
    /* A request answered may have another one behind it, already read. */
    bool more;
    char remote[72];
};

static struct connection connections[HTTP_CONNECTIONS];
static int connection_count;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int http_listen(int port) {
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, off = 0;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        if (!bind(fd, (struct sockaddr *)&six, sizeof six) && !listen(fd, 128)) return fd;
        int error = errno;
        close(fd);
        errno = error;
        if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return -1;
    }
    if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, (struct sockaddr *)&four, sizeof four) && !listen(fd, 128)) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void describe_remote(int fd, char *out, size_t size) {
    struct sockaddr_in6 address = {0};
    socklen_t length = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "?";
    snprintf(out, size, "?");
    if (getpeername(fd, (struct sockaddr *)&address, &length)) return;
    if (address.sin6_family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)&address;
        inet_ntop(AF_INET, &four->sin_addr, ip, sizeof ip);
        snprintf(out, size, "%s:%d", ip, ntohs(four->sin_port));
    } else if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
        inet_ntop(AF_INET, address.sin6_addr.s6_addr + 12, ip, sizeof ip);
        snprintf(out, size, "%s:%d", ip, ntohs(address.sin6_port));
    } else {
        inet_ntop(AF_INET6, &address.sin6_addr, ip, sizeof ip);
        snprintf(out, size, "[%s]:%d", ip, ntohs(address.sin6_port));
    }
}

static void accept_all(int listener) {
    while (connection_count < HTTP_CONNECTIONS) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) return;
        struct connection *made = &connections[connection_count++];
        *made = (struct connection){.fd = fd, .deadline_ms = now_ms() + idle_ms};
        describe_remote(fd, made->remote, sizeof made->remote);
    }
}

static void drop(int index) {
    struct connection *connection = &connections[index];
    close(connection->fd);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    *connection = connections[--connection_count];
}

static void write_reply(struct connection *to, struct http_reply *reply, bool head_only) {
    char date[40];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    buffer_format(&to->out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status, http_reason(reply->status), date);
    if (reply->body.length) buffer_format(&to->out, "Content-Type: %s\r\n", reply->content_type);
    buffer_append(&to->out, reply->headers.bytes, reply->headers.length);
    if (reply->status != 204) buffer_format(&to->out, "Content-Length: %zu\r\n", reply->body.length);
    buffer_text(&to->out, to->closing ? "Connection: close\r\n\r\n" : "\r\n");
    if (!head_only) buffer_append(&to->out, reply->body.bytes, reply->body.length);
    to->deadline_ms = now_ms() + idle_ms;
    if (reply->wait_ms > 0) {
        to->reply_at_ms = now_ms() + (reply->wait_ms < HTTP_WAIT_MS ? reply->wait_ms : HTTP_WAIT_MS);
        to->deadline_ms = to->reply_at_ms + idle_ms;
    }
    buffer_free(&reply->headers);
    buffer_free(&reply->body);
}

static void refuse(struct connection *connection, int status) {
    struct http_reply reply = {.status = status, .content_type = "text/plain; charset=utf-8"};
    connection->closing = true;
    buffer_format(&reply.body, "%d %s\n", status, http_reason(status));
    write_reply(connection, &reply, false);
}

/* Whether the connection is to stay open, as its request wants it. */
static bool keeps_alive(const struct http_request *request) {
    const char *wish = http_header(request, "Connection");
    if (wish && strcasestr(wish, "close")) return false;
    return strcmp(request->version, "HTTP/1.0") || (wish && strcasestr(wish, "keep-alive"));
}

/* Answers the first request in the buffer, if all of it is there. */
static void answer(struct connection *connection, http_handler *handler) {
    struct buffer *in = &connection->in;
    size_t searched = in->length < HTTP_HEAD_BYTES ? in->length : HTTP_HEAD_BYTES;
    if (!searched || connection->closing) return;
    uint8_t *blank = memmem(in->bytes, searched, "\r\n\r\n", 4), *bare = memmem(in->bytes, searched, "\n\n", 2);
    size_t head = 0;
    if (bare && (!blank || bare < blank)) head = (size_t)(bare - in->bytes) + 2;
    else if (blank) head = (size_t)(blank - in->bytes) + 4;
    if (!head) {
        if (in->length >= HTTP_HEAD_BYTES) refuse(connection, 431);
        return;
    }
    if (memchr(in->bytes, 0, head)) return refuse(connection, 400);

    static struct http_request request;
    char *text = allocate(head + 1), *path = NULL;
    memcpy(text, in->bytes, head);
    text[head] = 0;
    size_t body = 0;
    int status = http_parse_head(text, &request);
    if (!status) status = http_body_length(&request, &body);
    if (!status && !strcmp(request.version, "HTTP/1.1") && !http_header(&request, "Host")) status = 400;
    if (status) {
        free(text);
        return refuse(connection, status);
    }
    if (in->length - head < body) {
        free(text);
        if (!connection->told_to_go_on && memmem(in->bytes, head, "100-continue", 12)) buffer_text(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
        connection->told_to_go_on = true;
        return;
    }
    path = strdup(request.target);
    if (!path) exit(14);
    char *mark = strchr(path, '?');
    if (mark) *mark = 0;
    request.path = path;
    request.query = mark ? mark + 1 : path + strlen(path);
    request.body = in->bytes + head;
    request.body_length = body;
    snprintf(request.remote, sizeof request.remote, "%s", connection->remote);
    struct http_reply reply = {.status = 200, .content_type = "text/plain; charset=utf-8"};
    connection->closing = !keeps_alive(&request);
    handler(&request, &reply);
    write_reply(connection, &reply, !strcmp(request.method, "HEAD"));
    buffer_consume(in, head + body);
    connection->told_to_go_on = false;
    connection->more = in->length > 0;
    free(path);
    free(text);
}

/* False when the connection is to be dropped. */
static bool read_some(struct connection *connection) {
    ssize_t got = read(connection->fd, buffer_reserve(&connection->in, 16 * 1024), 16 * 1024);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    connection->in.length += (size_t)got;
    return got > 0;
}

static bool write_some(struct connection *connection) {
    struct buffer *out = &connection->out;
    ssize_t done = send(connection->fd, out->bytes + connection->sent, out->length - connection->sent, MSG_NOSIGNAL);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    connection->sent += (size_t)done;
    connection->deadline_ms = now_ms() + idle_ms;
    if (connection->sent < out->length) return true;
    buffer_free(out);
    connection->sent = 0;
    if (!connection->in.length) buffer_free(&connection->in);
    return !connection->closing;
}

static bool serve_connection(struct connection *connection, short events, int64_t now, http_handler *handler) {
    bool held = connection->reply_at_ms > now;
    if (now > connection->deadline_ms || (events & (POLLERR | POLLNVAL))) return false;
    if ((events & POLLHUP) && (held || !connection->out.length) && !(events & POLLIN)) return false;
    if (!held) connection->reply_at_ms = 0;
    if ((events & POLLIN) && !connection->out.length && !read_some(connection)) return false;
    if (!connection->out.length) {
        connection->more = false;
        answer(connection, handler);
    }
    return connection->out.length == 0 || connection->reply_at_ms || write_some(connection);
}

int http_serve(int listener, http_handler *handler, volatile int *stop) {
    while (!*stop) {
        struct pollfd waiting[HTTP_CONNECTIONS + 1] = {{.fd = connection_count < HTTP_CONNECTIONS ? listener : -1, .events = POLLIN}};
        int64_t now = now_ms(), wake = now + 3600 * 1000;
        int count = connection_count;
        for (int i = 0; i < count; i++) {
            struct connection *each = &connections[i];
            bool held = each->reply_at_ms != 0;
            short events = each->out.length ? POLLOUT : POLLIN;
            waiting[i + 1] = (struct pollfd){.fd = each->fd, .events = held ? 0 : events};
            int64_t at = held ? each->reply_at_ms : each->deadline_ms + 1;
            if (each->more && !each->out.length) at = now;
            if (at < wake) wake = at;
        }
        int ready = poll(waiting, (nfds_t)count + 1, wake > now ? (int)(wake - now) : 0);
        if (ready < 0 && errno != EINTR) return -1;
        now = now_ms();
        if (ready < 0) continue;
        /* From the end, as dropping one moves the last into its place. */
        for (int i = count - 1; i >= 0; i--)
            if (!serve_connection(&connections[i], waiting[i + 1].revents, now, handler)) drop(i);
        if (waiting[0].revents) accept_all(listener);
    }
    return 0;
}
