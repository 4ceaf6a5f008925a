/* Options: WHOAMI_PORT_NUMBER and WHOAMI_NAME, or flags, which win. */
#include "whoami.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *to) {
    fputs("Usage of whoami:\n"
          "  -cert string\n    \tnot in this stand-in: it speaks no TLS\n"
          "  -key string\n    \tnot in this stand-in: it speaks no TLS\n"
          "  -name string\n    \tgive me a name\n"
          "  -port string\n    \tgive me a port number (default \"80\")\n"
          "  -verbose\n    \tEnable verbose logging\n",
          to);
}

static int parse_port(const char *text) {
    int port = 0;
    for (const char *digit = text; *digit; digit++) {
        if (!isdigit((unsigned char)*digit) || (port = port * 10 + *digit - '0') > 65535) port = -1;
        if (port < 0) break;
    }
    if (!*text || port < 0) {
        fprintf(stderr, "whoami: not a port number: \"%s\"\n", text);
        exit(2);
    }
    return port;
}

void read_options(int argc, char **argv, struct options *out) {
    const char *port = getenv("WHOAMI_PORT_NUMBER"), *name = getenv("WHOAMI_NAME");
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i];
        if (*flag != '-') break;
        flag += flag[1] == '-' ? 2 : 1;
        const char *equals = strchr(flag, '=');
        size_t length = equals ? (size_t)(equals - flag) : strlen(flag);
        bool is_name = length == 4 && !memcmp(flag, "name", 4), is_port = length == 4 && !memcmp(flag, "port", 4);
        if (is_name || is_port) {
            const char *value = equals ? equals + 1 : argv[++i];
            if (!value) {
                fprintf(stderr, "flag needs an argument: -%s\n", flag);
                usage(stderr);
                exit(2);
            }
            *(is_name ? &name : &port) = value;
        } else if (!strcmp(flag, "verbose")) {
            out->verbose = true;
        } else if (!strcmp(flag, "h") || !strcmp(flag, "help")) {
            usage(stdout);
            exit(0);
        } else {
            fprintf(stderr, "flag provided but not defined: -%.*s\n", (int)length, flag);
            usage(stderr);
            exit(2);
        }
    }
    out->port = parse_port(port && *port ? port : "80");
    out->name = name ? name : "";
}
