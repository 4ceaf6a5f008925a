/* Connections: each address of a name in turn, or a Unix socket; everything within a deadline. */
#include "curl.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

bool wait_ready(int fd, bool write, double deadline) {
    struct pollfd waiting = {.fd = fd, .events = write ? POLLOUT : POLLIN};
    for (;;) {
        double left = deadline - now();
        if (left <= 0) return false;
        int ready = poll(&waiting, 1, left > 1e6 ? -1 : (int)(left * 1000) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return true; /* the read will say why */
    }
}

/* Connects a new socket; returns it, or -1 with errno. */
static int connect_to(int family, const struct sockaddr *address, socklen_t length, double deadline) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, address, length) && errno == EINPROGRESS) {
        int error = ETIMEDOUT;
        socklen_t size = sizeof error;
        if (wait_ready(fd, true, deadline)) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        errno = error;
        if (!error) return fd;
    } else if (!errno) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int open_unix(const struct options *options, double deadline, int *code) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(options->unix_socket) >= sizeof address.sun_path) {
        *code = fail(E_CONNECT, "Unix socket path too long: '%s'", options->unix_socket);
        return -1;
    }
    strcpy(address.sun_path, options->unix_socket);
    if (options->verbose) fprintf(stderr, "*   Trying %s:0...\n", options->unix_socket);
    errno = 0;
    int fd = connect_to(AF_UNIX, (struct sockaddr *)&address, sizeof address, deadline);
    if (fd < 0 && options->verbose) fprintf(stderr, "* connect to %s failed: %s\n", options->unix_socket, strerror(errno));
    if (fd < 0) *code = fail(E_CONNECT, "Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server");
    else if (options->verbose) fprintf(stderr, "* Connected to localhost (%s) port 80 (#0)\n", options->unix_socket);
    return fd;
}

int open_connection(const struct url *url, const struct options *options, struct transfer *transfer, double deadline, int *code) {
    double start = now();
    if (options->connect_seconds && start + options->connect_seconds < deadline) deadline = start + options->connect_seconds;
    if (options->unix_socket) return open_unix(options, deadline, code);

    struct addrinfo hints = {.ai_family = options->family, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(url->host, url->port, &hints, &found)) {
        *code = fail(E_RESOLVE, "Could not resolve host: %s", url->host);
        return -1;
    }
    int fd = -1, error = 0;
    for (struct addrinfo *each = found; each && fd < 0; each = each->ai_next) {
        char ip[64];
        getnameinfo(each->ai_addr, each->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST);
        if (options->verbose) fprintf(stderr, each->ai_family == AF_INET6 ? "*   Trying [%s]:%s...\n" : "*   Trying %s:%s...\n", ip, url->port);
        errno = 0;
        fd = connect_to(each->ai_family, each->ai_addr, each->ai_addrlen, deadline);
        if (fd < 0) {
            error = errno;
            if (options->verbose) fprintf(stderr, "* connect to %s port %s failed: %s\n", ip, url->port, strerror(error));
        } else {
            snprintf(transfer->remote_ip, sizeof transfer->remote_ip, "%s", ip);
            snprintf(transfer->remote_port, sizeof transfer->remote_port, "%s", url->port);
            if (options->verbose) fprintf(stderr, "* Connected to %s (%s) port %s (#0)\n", url->host, ip, url->port);
        }
    }
    freeaddrinfo(found);
    int spent = (now() - start) * 1000;
    if (fd < 0 && error == ETIMEDOUT) *code = fail(E_TIMEOUT, "Connection timed out after %d milliseconds", spent);
    else if (fd < 0) *code = fail(E_CONNECT, "Failed to connect to %s port %s after %d ms: Couldn't connect to server", url->host, url->port, spent);
    transfer->connect_seconds = now() - start;
    return fd;
}
