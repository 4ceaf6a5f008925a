/* mongo-express: settings, waiting for the MongoDB server, the listening socket, and the end by a signal. */
#include "express.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A database that is started together with this page needs a moment. */
enum { TRIES = 10 };

static volatile int stopping;

static void on_signal(int number) {
    (void)number;
    stopping = 1;
}

static bool wait_for_server(void) {
    char error[300] = "", date[40];
    printf("Waiting for %s:%d...\n", settings.server.host, settings.server.port);
    for (int try = 1; try <= TRIES && !stopping; try++) {
        if (try > 1) {
            time_t now = time(NULL);
            strftime(date, sizeof date, "%a %b %e %H:%M:%S UTC %Y", gmtime(&now));
            printf("%s retrying to connect to %s:%d (%d/%d)\n", date, settings.server.host, settings.server.port, try, TRIES);
            sleep(1);
        }
        if (server_connect(error, sizeof error)) return true;
        /* A password that is wrong stays wrong. */
        if (strstr(error, "uthenti")) break;
    }
    if (!stopping) fprintf(stderr, "Could not connect to database using connectionString: mongodb://%s%s:%d/\n%s\n", *settings.server.user ? "****:****@" : "", settings.server.host, settings.server.port, error);
    return false;
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 4096);
    read_settings(&settings);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    signal(SIGPIPE, SIG_IGN);
    puts("Welcome to mongo-express: Drydock's own small stand-in for it");
    if (!wait_for_server()) return stopping ? 0 : 1;
    int listener = http_listen(settings.port);
    if (listener < 0) {
        fprintf(stderr, "listen on port %d: %s\n", settings.port, strerror(errno));
        return 1;
    }
    printf("Mongo Express server listening at http://0.0.0.0:%d\n", settings.port);
    if (!settings.basic_auth) puts("Basic authentication is off (ME_CONFIG_BASICAUTH): whoever reaches this page may change everything");
    else if (!strcmp(settings.user, "admin") && !strcmp(settings.password, "pass")) puts("basicAuth credentials are \"admin:pass\": change them with ME_CONFIG_BASICAUTH_USERNAME and ME_CONFIG_BASICAUTH_PASSWORD");
    return http_serve(listener, answer_request, &stopping) ? 1 : 0;
}
