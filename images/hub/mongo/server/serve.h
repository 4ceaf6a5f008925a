/* Connections and the poll loop. */
#pragma once
#include <stdbool.h>

/* A listening socket, or -1 with errno. @param address NULL for every one */
int listen_on(const char *address, int port);
/* Serves until *stop is set by a signal. */
void serve(const int *listeners, int listener_count, int most_connections, volatile int *stop);
