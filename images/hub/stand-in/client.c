/* Connecting, SCRAM, and commands as OP_MSG. */
#include "client.h"
#include "scram.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool trouble(struct database_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool trouble(struct database_client *client, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(client->error, sizeof client->error, format, list);
    va_end(list);
    return false;
}

/* Undoes %XX. */
static bool copy_decoded(const char *text, size_t size, char *out, size_t room) {
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned byte = (unsigned char)text[i];
        if (byte == '%') {
            char digits[3] = {0};
            if (size - i < 3) return false;
            memcpy(digits, text + i + 1, 2);
            char *end;
            byte = (unsigned)strtoul(digits, &end, 16);
            if (*end || !byte) return false;
            i += 2;
        }
        if (length + 1 >= room) return false;
        out[length++] = (char)byte;
    }
    out[length] = 0;
    return true;
}

bool address_parse(const char *text, struct database_address *out, char *error, size_t size) {
    const char *at = text, *scheme = strstr(text, "://"), *slash, *sign, *question;
    if (scheme) {
        if (strncmp(text, "mongodb://", 10)) {
            snprintf(error, size, "Invalid scheme, expected connection string to start with \"mongodb://\"; this stand-in knows no other");
            return false;
        }
        at = scheme + 3;
    }
    size_t authority = strcspn(at, "/?");
    slash = at + authority;
    for (sign = slash; sign > at && sign[-1] != '@'; sign--) {}
    bool good = true;
    if (sign > at) {
        const char *colon = memchr(at, ':', (size_t)(sign - at));
        const char *user_end = colon ? colon : sign - 1;
        good = copy_decoded(at, (size_t)(user_end - at), out->user, sizeof out->user) && (!colon || copy_decoded(colon + 1, (size_t)(sign - colon) - 2, out->password, sizeof out->password));
    }
    size_t host = (size_t)(slash - sign);
    if (memchr(sign, ',', host)) {
        snprintf(error, size, "this stand-in connects to one server, not to a list of them");
        return false;
    }
    const char *colon = memchr(sign, ':', host);
    size_t name = colon ? (size_t)(colon - sign) : host;
    /* Without a scheme, a word is the name of a database. */
    if (!scheme && !colon && !*slash && !memchr(sign, '.', host)) return copy_decoded(sign, host, out->database, sizeof out->database);
    if (name) good = good && copy_decoded(sign, name, out->host, sizeof out->host);
    if (colon) out->port = atoi(colon + 1);
    question = strchr(slash, '?');
    size_t database = *slash == '/' ? (question ? (size_t)(question - slash) : strlen(slash)) - 1 : 0;
    if (database) good = good && copy_decoded(slash + 1, database, out->database, sizeof out->database);
    if (database && !*out->auth_source) snprintf(out->auth_source, sizeof out->auth_source, "%s", out->database);
    for (const char *option = question; option && *option; option = strchr(option + 1, '&')) {
        if (!strncmp(option + 1, "authSource=", 11)) good = good && copy_decoded(option + 12, strcspn(option + 12, "&"), out->auth_source, sizeof out->auth_source);
    }
    if (!good || out->port < 1 || out->port > 65535) {
        snprintf(error, size, "'%.200s' is no address of a server", text);
        return false;
    }
    return true;
}

static bool wait_for(struct database_client *client, short events, int64_t deadline) {
    for (;;) {
        struct pollfd waiting = {.fd = client->fd, .events = events};
        int64_t left = deadline - now_ms();
        if (left <= 0) return trouble(client, "the server did not answer in time");
        int ready = poll(&waiting, 1, (int)left);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return trouble(client, "%s", strerror(errno));
    }
}

static bool connect_to(struct database_client *client, const struct database_address *address, int64_t deadline) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char port[8];
    snprintf(port, sizeof port, "%d", address->port);
    int problem = getaddrinfo(address->host, port, &hints, &found);
    if (problem) return trouble(client, "getaddrinfo %s %s", problem == EAI_AGAIN ? "EAI_AGAIN" : "ENOTFOUND", address->host);
    bool done = false;
    for (struct addrinfo *each = found; each && !done; each = each->ai_next) {
        client->fd = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (client->fd < 0) continue;
        int error = 0, on = 1;
        socklen_t length = sizeof error;
        if (connect(client->fd, each->ai_addr, each->ai_addrlen)) error = errno;
        if (error == EINPROGRESS) {
            if (!wait_for(client, POLLOUT, deadline)) error = ETIMEDOUT;
            else getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        }
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        done = !error;
        if (done) break;
        trouble(client, "connect %s %s:%d", error == ECONNREFUSED ? "ECONNREFUSED" : error == ETIMEDOUT ? "ETIMEDOUT" : strerror(error), address->host, address->port);
        close(client->fd);
        client->fd = -1;
    }
    freeaddrinfo(found);
    return done;
}

static bool send_all(struct database_client *client, const struct buffer *message, int64_t deadline) {
    for (size_t sent = 0; sent < message->length;) {
        ssize_t done = send(client->fd, message->bytes + sent, message->length - sent, MSG_NOSIGNAL);
        if (done > 0) sent += (size_t)done;
        else if (errno != EAGAIN && errno != EINTR) return trouble(client, "the connection was closed: %s", strerror(errno));
        else if (!wait_for(client, POLLOUT, deadline)) return false;
    }
    return true;
}

static bool receive(struct database_client *client, size_t size, int64_t deadline) {
    while (client->reply.length < size) {
        ssize_t got = read(client->fd, buffer_reserve(&client->reply, size - client->reply.length), size - client->reply.length);
        if (got > 0) client->reply.length += (size_t)got;
        else if (got == 0) return trouble(client, "the server closed the connection");
        else if (errno != EAGAIN && errno != EINTR) return trouble(client, "the connection was closed: %s", strerror(errno));
        else if (!wait_for(client, POLLIN, deadline)) return false;
    }
    return true;
}

/* The reply's body, checked: whoever answers at the address need not be such a server. */
static const uint8_t *reply_body(struct database_client *client) {
    const uint8_t *bytes = client->reply.bytes;
    size_t size = client->reply.length;
    if (load_u32(bytes + 12) == 2013 && load_u32(bytes + 8) == client->last_id && size > 21 && !bytes[20] && bson_valid(bytes + 21, size - 21)) return bytes + 21;
    trouble(client, "what answers there is no server of this protocol");
    return NULL;
}

const uint8_t *client_run(struct database_client *client, const char *database, struct buffer *command) {
    struct buffer message = {0};
    int64_t deadline = now_ms() + client->timeout_ms;
    if (client->fd < 0) {
        trouble(client, "not connected");
        return NULL;
    }
    bson_put_text(command, "$db", database);
    bson_close(command, 0);
    buffer_u32(&message, (uint32_t)command->length + 21);
    buffer_u32(&message, ++client->last_id);
    buffer_u32(&message, 0);
    buffer_u32(&message, 2013);
    buffer_u32(&message, 0);
    buffer_byte(&message, 0);
    buffer_append(&message, command->bytes, command->length);
    client->reply.length = 0;
    bool done = send_all(client, &message, deadline) && receive(client, 16, deadline);
    if (done && (load_u32(client->reply.bytes) < 26 || load_u32(client->reply.bytes) > CLIENT_REPLY_BYTES)) done = trouble(client, "what answers there is no server of this protocol");
    done = done && receive(client, load_u32(client->reply.bytes), deadline);
    buffer_free(&message);
    const uint8_t *body = done ? reply_body(client) : NULL;
    if (!body) {
        close(client->fd);
        client->fd = -1;
    }
    return body;
}

bool reply_ok(const uint8_t *reply) {
    struct value ok;
    return bson_find(reply, "ok", &ok) && bson_truth(&ok);
}

const uint8_t *client_must(struct database_client *client, const char *database, struct buffer *command) {
    const uint8_t *reply = client_run(client, database, command);
    const char *text = "the server refused without a reason";
    if (!reply || reply_ok(reply)) return reply;
    bson_lookup_text(reply, "errmsg", &text);
    trouble(client, "%.500s", text);
    return NULL;
}

static bool payload(const uint8_t *reply, const char **text, size_t *size) {
    struct value found;
    if (!bson_find(reply, "payload", &found) || found.type != BSON_BINARY) return false;
    *text = (const char *)found.bytes + 5;
    *size = load_u32(found.bytes);
    return true;
}

static bool authenticate(struct database_client *client, const struct database_address *address) {
    const char *source = *address->auth_source ? address->auth_source : "admin", *text;
    struct scram_client scram;
    struct buffer message = {0}, command = {0};
    size_t size;
    scram_client_begin(&scram, address->user, &message);
    bson_open(&command);
    bson_put_int32(&command, "saslStart", 1);
    bson_put_text(&command, "mechanism", "SCRAM-SHA-256");
    bson_put_binary(&command, "payload", message.bytes, message.length);
    size_t options = bson_open_child(&command, BSON_DOCUMENT, "options");
    bson_put_bool(&command, "skipEmptyExchange", true);
    bson_close(&command, options);
    const uint8_t *reply = client_must(client, source, &command);
    message.length = command.length = 0;
    bool done = reply && payload(reply, &text, &size);
    if (done && !scram_client_answer(&scram, address->password, text, size, &message)) done = trouble(client, "the server's challenge is malformed");
    if (done) {
        bson_open(&command);
        bson_put_int32(&command, "saslContinue", 1);
        bson_put_int(&command, "conversationId", bson_lookup_int(reply, "conversationId", 1));
        bson_put_binary(&command, "payload", message.bytes, message.length);
        reply = client_must(client, source, &command);
        done = reply != NULL;
        if (done && (!payload(reply, &text, &size) || !scram_client_finish(&scram, text, size))) done = trouble(client, "the server does not know the password itself");
    }
    scram_client_free(&scram);
    buffer_free(&message);
    buffer_free(&command);
    return done;
}

bool client_open(struct database_client *client, const struct database_address *address, int timeout_ms) {
    *client = (struct database_client){.fd = -1, .timeout_ms = timeout_ms};
    if (!connect_to(client, address, now_ms() + timeout_ms)) return false;
    if (!*address->user || authenticate(client, address)) return true;
    client_close(client);
    return false;
}

void client_close(struct database_client *client) {
    if (client->fd >= 0) close(client->fd);
    client->fd = -1;
    buffer_free(&client->reply);
}
