/* The options that are acted on, those that say nothing here, and those that would be a promise this server cannot keep. */
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Taken, with or without a value, and without effect: they ask for what is so anyway, or for a detail that is not here. */
static const char *const harmless[] = {"journal", "directoryperdb", "ipv6", "noscripting", "logappend", "noauth", "nounixsocket", NULL};
static const char *const harmless_with_value[] = {"storageEngine", "slowms", "journalCommitInterval", "timeZoneInfo", "wiredTigerJournalCompressor", "wiredTigerCollectionBlockCompressor", "setParameter", "profile", "networkMessageCompressors", NULL};
static const char *const refused[] = {"config", "f", "replSet", "keyFile", "fork", "logpath", "configsvr", "shardsvr", "tlsMode", "tlsCertificateKeyFile", "nojournal", "repair", "syslog", NULL};

static bool listed(const char *const *list, const char *name) {
    for (; *list; list++)
        if (!strcmp(*list, name)) return true;
    return false;
}

static void stop(const char *format, const char *name) {
    fprintf(stderr, format, name);
    fputs("\ntry 'mongod --help' for more information\n", stderr);
    exit(2);
}

static void usage(void) {
    puts("Drydock's own small stand-in for MongoDB's server. Options:\n"
         "  --port arg                    port to listen on (27017)\n"
         "  --bind_ip arg                 addresses to listen on, with commas between (localhost)\n"
         "  --bind_ip_all                 listen on all addresses\n"
         "  --dbpath arg                  directory of the data (/data/db)\n"
         "  --auth                        only who has authenticated may do something\n"
         "  --maxConns arg                most connections (256)\n"
         "  --wiredTigerCacheSizeGB arg   most memory for documents (0.0625)\n"
         "  --quiet                       log only warnings and errors\n"
         "  --version                     say what this is\n"
         "MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD make a user in an empty data directory.");
    exit(0);
}

static long number(const char *name, const char *text, long least, long most) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || !*text || value < least || value > most) {
        fprintf(stderr, "Error parsing command line: the argument ('%s') for option '--%s' is invalid\n", text, name);
        exit(2);
    }
    return value;
}

static void add_addresses(struct options *options, char *list) {
    options->address_count = 0;
    for (char *each = strtok(list, ","); each; each = strtok(NULL, ",")) {
        if (options->address_count == ADDRESSES) stop("Error parsing command line: too many addresses for '--%s'", "bind_ip");
        if (!strcmp(each, "localhost")) each = "127.0.0.1";
        if (!strcmp(each, "*") || !strcmp(each, "0.0.0.0")) each = NULL;
        options->addresses[options->address_count++] = each;
    }
}

static void take(struct options *options, const char *name, char *value) {
    if (!strcmp(name, "port")) options->port = (int)number(name, value, 0, 65535);
    else if (!strcmp(name, "dbpath")) options->data_path = value;
    else if (!strcmp(name, "bind_ip")) add_addresses(options, value);
    else if (!strcmp(name, "maxConns")) options->most_connections = (int)number(name, value, 1, 1000000);
    else if (!strcmp(name, "wiredTigerCacheSizeGB")) {
        char *end;
        options->cache_gb = strtod(value, &end);
        if (*end || !(options->cache_gb > 0 && options->cache_gb <= 1)) stop("Error parsing command line: '--%s' takes a number above 0 and up to 1 here", name);
    }
}

void read_options(int argc, char **argv, struct options *options) {
    static const char *const with_value[] = {"port", "dbpath", "bind_ip", "maxConns", "wiredTigerCacheSizeGB", NULL};
    *options = (struct options){.port = 27017, .most_connections = 256, .data_path = "/data/db", .addresses = {"127.0.0.1"}, .address_count = 1, .cache_gb = 0.0625};
    for (int i = 1; i < argc; i++) {
        char *name = argv[i], *value = NULL;
        if (*name != '-') stop("Error parsing command line: too many positional options have been specified on the command line ('%s')", name);
        name += name[1] == '-' ? 2 : 1;
        if ((value = strchr(name, '='))) *value++ = 0;
        if (listed(refused, name)) stop("this is Drydock's stand-in for MongoDB: it does not know the option '--%s'", name);
        if (listed(with_value, name) || listed(harmless_with_value, name)) {
            if (!value && !(value = argv[++i])) stop("Error parsing command line: the required argument for option '--%s' is missing", name);
            take(options, name, value);
        } else if (!strcmp(name, "bind_ip_all")) {
            options->addresses[0] = NULL;
            options->address_count = 1;
        } else if (!strcmp(name, "auth")) {
            options->auth = true;
        } else if (!strcmp(name, "quiet")) {
            options->quiet = true;
        } else if (!strcmp(name, "version")) {
            puts("db version v7.0.0\nBuild Info: Drydock's own small stand-in for MongoDB, not MongoDB");
            exit(0);
        } else if (!strcmp(name, "help") || !strcmp(name, "h")) {
            usage();
        } else if (!listed(harmless, name) && *name != 'v') {
            stop("Error parsing command line: unrecognised option '--%s'", name);
        }
    }
}
