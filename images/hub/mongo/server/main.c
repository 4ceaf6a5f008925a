/* mongod: options, the data, the first user, the listening sockets, and the end by a signal. */
#include "command.h"
#include "log.h"
#include "options.h"
#include "serve.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int server_port;
static volatile int stopping;

static void on_signal(int number) {
    stopping = number;
}

/* A user with all rights, when there is no data yet: what the entrypoint of the official image does. */
static bool first_user(struct failure *failure) {
    const char *user = getenv("MONGO_INITDB_ROOT_USERNAME"), *password = getenv("MONGO_INITDB_ROOT_PASSWORD");
    if (!user || !*user || !password || !*password || store_at(0)) return true;
    struct buffer roles = {0};
    size_t opened = bson_open(&roles), role = bson_open_child(&roles, BSON_DOCUMENT, "0");
    bson_put_text(&roles, "role", "root");
    bson_put_text(&roles, "db", "admin");
    bson_close(&roles, role);
    bson_close(&roles, opened);
    bool done = create_user("admin", user, password, roles.bytes, failure) && store_commit(failure) && journal_sync(failure);
    buffer_free(&roles);
    if (done) log_line('I', "ACCESS", 20436, "initandlisten", "The user of MONGO_INITDB_ROOT_USERNAME was made", NULL);
    return done;
}

static void say_start(const struct options *options) {
    char text[160], host[64] = "";
    gethostname(host, sizeof host - 1);
    for (char *at = host; *at; at++)
        if (*at == '"' || *at == '\\' || *at < ' ') *at = '?';
    snprintf(text, sizeof text, "\"pid\":%d,\"port\":%d,\"architecture\":\"%d-bit\",\"host\":\"%s\"", (int)getpid(), options->port, (int)sizeof(void *) * 8, host);
    log_line('I', "CONTROL", 4615611, "initandlisten", "MongoDB starting: Drydock's own small stand-in for MongoDB, not MongoDB", text);
    if (!options->auth)
        log_line('W', "CONTROL", 22120, "initandlisten", "Access control is not enabled for the database. Read and write access to data and configuration is unrestricted", NULL);
}

int main(int argc, char **argv) {
    struct options options;
    struct failure failure = {0};
    int listeners[ADDRESSES];
    read_options(argc, argv, &options);
    auth_required = options.auth;
    server_port = options.port;
    log_quiet = options.quiet;
    store_limit_bytes = (uint64_t)(options.cache_gb * (1 << 30));
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    /* A file that may not grow further is an error of a write, and not the end. */
    signal(SIGXFSZ, SIG_IGN);
    say_start(&options);
    if (!journal_open(options.data_path, &failure) || !first_user(&failure)) {
        log_error("CONTROL", 20557, "initandlisten", "DBException in initAndListen, terminating", failure.text);
        /* Codes of the real one: another server has the directory, or it is not there. */
        return failure.code == 98 || failure.code == 100 ? 100 : 14;
    }
    for (int i = 0; i < options.address_count; i++) {
        const char *address = options.addresses[i];
        char text[120];
        listeners[i] = listen_on(address, options.port);
        if (listeners[i] < 0) {
            snprintf(text, sizeof text, "%.60s:%d: %s", address ? address : "0.0.0.0", options.port, strerror(errno));
            log_error("NETWORK", 23024, "initandlisten", "Failed to set up listener", text);
            return 48;
        }
        snprintf(text, sizeof text, "\"address\":\"%.60s\"", address ? address : "0.0.0.0");
        log_line('I', "NETWORK", 23015, "listener", "Listening on", text);
    }
    char text[48];
    snprintf(text, sizeof text, "\"port\":%d,\"ssl\":\"off\"", options.port);
    log_line('I', "NETWORK", 23016, "listener", "Waiting for connections", text);
    serve(listeners, options.address_count, options.most_connections, &stopping);
    snprintf(text, sizeof text, "\"signal\":%d", stopping);
    log_line('I', "CONTROL", 23377, "SignalHandler", "Received signal", text);
    if (!journal_sync(&failure)) log_error("STORAGE", 22430, "SignalHandler", "Syncing the journal failed", failure.text);
    log_line('I', "CONTROL", 23138, "SignalHandler", "Shutting down", "\"exitCode\":0");
    return 0;
}
