/* Settings, under the names that the official image has for them. */
#include "express.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct settings settings;

/* A variable, or the file that NAME_FILE names, or the fallback. */
static const char *setting(const char *name, const char *fallback, char *room, size_t size) {
    char file_name[96];
    const char *value = getenv(name);
    if (value && *value) return value;
    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    const char *path = getenv(file_name);
    FILE *from = path && *path ? fopen(path, "r") : NULL;
    if (path && *path && !from) fprintf(stderr, "%s: %s cannot be read\n", file_name, path), exit(1);
    if (!from) return fallback;
    size_t got = fread(room, 1, size - 1, from);
    fclose(from);
    room[got] = 0;
    room[strcspn(room, "\r\n")] = 0;
    return room;
}

static bool flag(const char *name, bool fallback) {
    const char *value = getenv(name);
    if (!value || !*value) return fallback;
    return !strcasecmp(value, "true") || !strcmp(value, "1") || !strcasecmp(value, "yes");
}

static int port_setting(const char *name, int fallback) {
    const char *value = getenv(name);
    char *end;
    if (!value || !*value) return fallback;
    long port = strtol(value, &end, 10);
    if (*end || port < 1 || port > 65535) fprintf(stderr, "%s: \"%s\" is no port number\n", name, value), exit(1);
    return (int)port;
}

void read_settings(struct settings *out) {
    char room[512], error[256];
    const char *url = getenv("ME_CONFIG_MONGODB_URL");
    out->server.port = port_setting("ME_CONFIG_MONGODB_PORT", 27017);
    snprintf(out->server.host, sizeof out->server.host, "%s", setting("ME_CONFIG_MONGODB_SERVER", "mongo", room, sizeof room));
    if (url && *url && !address_parse(url, &out->server, error, sizeof error)) fprintf(stderr, "ME_CONFIG_MONGODB_URL: %s\n", error), exit(1);
    if (!*out->server.user) {
        snprintf(out->server.user, sizeof out->server.user, "%s", setting("ME_CONFIG_MONGODB_ADMINUSERNAME", "", room, sizeof room));
        snprintf(out->server.password, sizeof out->server.password, "%s", setting("ME_CONFIG_MONGODB_ADMINPASSWORD", "", room, sizeof room));
    }
    out->port = port_setting("PORT", port_setting("VCAP_APP_PORT", 8081));
    out->basic_auth = flag("ME_CONFIG_BASICAUTH", true) && flag("ME_CONFIG_BASICAUTH_ENABLED", true);
    snprintf(out->user, sizeof out->user, "%s", setting("ME_CONFIG_BASICAUTH_USERNAME", "admin", room, sizeof room));
    snprintf(out->password, sizeof out->password, "%s", setting("ME_CONFIG_BASICAUTH_PASSWORD", "pass", room, sizeof room));
    out->read_only = flag("ME_CONFIG_OPTIONS_READONLY", false);
}
