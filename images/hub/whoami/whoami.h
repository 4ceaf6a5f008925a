/* A small HTTP server that tells who answers and what was asked, as traefik/whoami does. */
#pragma once
#include "../stand-in/http.h"

struct options {
    const char *name;
    int port;
    bool verbose;
};

/* options.c: from the environment and the command line; ends the program for what it does not know. */
void read_options(int argc, char **argv, struct options *);

/* addresses.c: calls with each address of this host, loopback first. */
void each_address(void (*visit)(void *context, const char *ip), void *context);

/* answers.c */
extern struct options options;
http_handler answer_request;
