/* Options of the command line, as mongod takes them. */
#pragma once
#include <stdbool.h>

enum { ADDRESSES = 8 };

struct options {
    int port, most_connections;
    const char *data_path;
    /* NULL for every address. */
    const char *addresses[ADDRESSES];
    int address_count;
    bool auth, quiet;
    double cache_gb;
};

/* Ends the program for what it does not know, and for --help and --version. */
void read_options(int argc, char **argv, struct options *);
