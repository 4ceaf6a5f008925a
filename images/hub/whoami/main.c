/* whoami: options, the listening socket, and the end by a signal. */
#include "whoami.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static volatile int stopping;

static void on_signal(int number) {
    (void)number;
    stopping = 1;
}

static void say(const char *text) {
    char time_text[32];
    time_t now = time(NULL);
    strftime(time_text, sizeof time_text, "%Y/%m/%d %H:%M:%S", gmtime(&now));
    fprintf(stderr, "%s %s\n", time_text, text);
}

int main(int argc, char **argv) {
    char line[256];
    read_options(argc, argv, &options);
    /* As the first process of a container it has no default handlers. */
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    signal(SIGPIPE, SIG_IGN);
    int listener = http_listen(options.port);
    if (listener < 0) {
        snprintf(line, sizeof line, "listen tcp :%d: bind: %s", options.port, strerror(errno));
        say(line);
        return 1;
    }
    snprintf(line, sizeof line, "Starting up on port %d (Drydock's own small server: a stand-in for traefik/whoami)", options.port);
    say(line);
    return http_serve(listener, answer_request, &stopping) ? 1 : 0;
}
