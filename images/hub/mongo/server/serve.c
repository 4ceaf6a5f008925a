/* One thread: reads a message, answers it, writes the reply, and only then reads that client's next one. */
#include "serve.h"
#include "log.h"
#include "message.h"
#include "results.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 256,
    LISTENERS = 8,
    /* Of messages that are not complete yet, all clients together. */
    WAITING_BYTES = 48 << 20,
    /* What was written to the journal is made safe so often, when no client asks for it at once. */
    SYNC_MS = 100,
    HOUSEKEEPING_MS = 60 * 1000,
};

struct connection {
    int fd;
    struct buffer in, out;
    size_t sent;
    struct client client;
};

static struct connection *connections[CONNECTIONS];
static int connection_count;
static size_t waiting_bytes;

int listen_on(const char *address, int port) {
    bool six = !address || strchr(address, ':');
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, only = address != NULL, error;
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (fd < 0 && !address) return listen_on("0.0.0.0", port);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (six) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (address && inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr) != 1) {
        errno = EADDRNOTAVAIL;
    } else if (!bind(fd, six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in, six ? sizeof in6 : sizeof in) && !listen(fd, 128)) {
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    if (!address && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)) return listen_on("0.0.0.0", port);
    return -1;
}

static void describe_remote(int fd, char *out, size_t size) {
    struct sockaddr_in6 address = {0};
    socklen_t length = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "?";
    int port = 0;
    if (!getpeername(fd, (struct sockaddr *)&address, &length)) {
        bool mapped = address.sin6_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address.sin6_addr), four = address.sin6_family == AF_INET;
        const void *bytes = four ? (void *)&((struct sockaddr_in *)&address)->sin_addr : mapped ? address.sin6_addr.s6_addr + 12 : (void *)&address.sin6_addr;
        inet_ntop(four || mapped ? AF_INET : AF_INET6, bytes, ip, sizeof ip);
        port = ntohs(address.sin6_port);
    }
    snprintf(out, size, strchr(ip, ':') ? "[%s]:%d" : "%s:%d", ip, port);
}

static void log_connection(const struct connection *connection, int id, const char *what) {
    char text[200];
    snprintf(text, sizeof text, "\"remote\":\"%s\",\"connectionId\":%d,\"connectionCount\":%d", connection->client.remote, connection->client.id, connection_count);
    log_line('I', "NETWORK", id, "listener", what, text);
}

static void accept_all(int listener, int most) {
    static int32_t last_id;
    while (connection_count < most) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *made = allocate(sizeof *made);
        *made = (struct connection){.fd = fd, .client = {.id = ++last_id}};
        describe_remote(fd, made->client.remote, sizeof made->client.remote);
        connections[connection_count++] = made;
        log_connection(made, 22943, "Connection accepted");
    }
}

static void drop(int index, const char *why) {
    struct connection *connection = connections[index];
    connections[index] = connections[--connection_count];
    waiting_bytes -= connection->in.length;
    if (why) log_error("NETWORK", 22989, "conn", "Closing the connection of a client that sent what this server does not take", why);
    log_connection(connection, 22944, "Connection ended");
    close(connection->fd);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    scram_server_free(&connection->client.scram);
    free(connection);
}

/* Each returns NULL, "" when the client is gone, or why it is to be dropped. */
static const char *read_some(struct connection *connection) {
    size_t room = 16 * 1024, length = connection->in.length >= 4 ? load_u32(connection->in.bytes) : 0;
    if (length > connection->in.length && length <= MESSAGE_BYTES) room = length - connection->in.length;
    if (room > 256 * 1024) room = 256 * 1024;
    ssize_t got = read(connection->fd, buffer_reserve(&connection->in, room), room);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? NULL : "";
    if (got == 0) return "";
    connection->in.length += (size_t)got;
    waiting_bytes += (size_t)got;
    return waiting_bytes > WAITING_BYTES ? "too many bytes of unfinished messages at once" : NULL;
}

static const char *answer(struct connection *connection) {
    struct buffer *in = &connection->in;
    while (!connection->out.length && in->length >= MESSAGE_HEAD) {
        uint32_t length = message_length(in->bytes);
        if (!length) return "a message of a size that is out of bounds";
        if (in->length < length) return NULL;
        const char *why = answer_message(&connection->client, in->bytes, length, &connection->out);
        if (why) return why;
        buffer_consume(in, length);
        waiting_bytes -= length;
        if (!in->length) buffer_free(in);
    }
    return NULL;
}

static const char *write_some(struct connection *connection) {
    while (connection->out.length) {
        ssize_t done = send(connection->fd, connection->out.bytes + connection->sent, connection->out.length - connection->sent, MSG_NOSIGNAL);
        if (done < 0) return errno == EAGAIN || errno == EINTR ? NULL : "";
        connection->sent += (size_t)done;
        if (connection->sent < connection->out.length) continue;
        buffer_free(&connection->out);
        connection->sent = 0;
        const char *why = answer(connection);
        if (why) return why;
    }
    return NULL;
}

static const char *serve_connection(struct connection *connection, short events) {
    const char *why = NULL;
    if (events & (POLLERR | POLLNVAL)) return "";
    if (connection->out.length) return (events & (POLLOUT | POLLHUP)) ? write_some(connection) : NULL;
    if (!(events & (POLLIN | POLLHUP))) return NULL;
    if ((why = read_some(connection)) || (why = answer(connection))) return why;
    return write_some(connection);
}

static void housekeeping(void) {
    static int64_t last_ms;
    struct failure failure;
    int64_t now = wall_clock_ms();
    if (!journal_sync(&failure)) log_error("STORAGE", 22430, "journal", "Syncing the journal failed", failure.text);
    if (now - last_ms < HOUSEKEEPING_MS && now >= last_ms) return;
    last_ms = now;
    expire_cursors(now);
}

void serve(const int *listeners, int listener_count, int most_connections, volatile int *stop) {
    int most = most_connections < CONNECTIONS ? most_connections : CONNECTIONS;
    int64_t dirty_since = 0;
    while (!*stop) {
        struct pollfd waiting[LISTENERS + CONNECTIONS];
        int count = connection_count;
        for (int i = 0; i < listener_count; i++) waiting[i] = (struct pollfd){.fd = count < most ? listeners[i] : -1, .events = POLLIN};
        for (int i = 0; i < count; i++) waiting[listener_count + i] = (struct pollfd){.fd = connections[i]->fd, .events = connections[i]->out.length ? POLLOUT : POLLIN};
        int ready = poll(waiting, (nfds_t)(listener_count + count), journal_dirty() ? SYNC_MS : HOUSEKEEPING_MS);
        if (*stop) break;
        if (ready > 0) {
            for (int i = count - 1; i >= 0; i--) {
                const char *why = serve_connection(connections[i], waiting[listener_count + i].revents);
                if (why) drop(i, *why ? why : NULL);
            }
            for (int i = 0; i < listener_count; i++)
                if (waiting[i].revents) accept_all(listeners[i], most);
        }
        if (!journal_dirty()) dirty_since = 0;
        else if (!dirty_since) dirty_since = wall_clock_ms();
        if (ready == 0 || (dirty_since && (wall_clock_ms() - dirty_since >= SYNC_MS || wall_clock_ms() < dirty_since))) housekeeping();
    }
    while (connection_count) drop(connection_count - 1, NULL);
}
