/* Addresses: taking one apart, finding where a redirect leads, and Base64 for -u. */
#include "curl.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int parse_url(const char *text, struct url *out) {
    memset(out, 0, sizeof *out);
    const char *rest = strstr(text, "://");
    if (rest && rest - text < (long)sizeof out->scheme) {
        for (const char *c = text; c < rest; c++) out->scheme[c - text] = tolower((unsigned char)*c);
        rest += 3;
    } else {
        strcpy(out->scheme, "http");
        rest = text;
    }
    if (strcmp(out->scheme, "http")) {
        if (!strcmp(out->scheme, "https"))
            return fail(E_PROTOCOL, "Protocol \"https\" not supported: this small curl speaks plain HTTP, and the sandbox has no way out");
        return fail(E_PROTOCOL, "Protocol \"%s\" not supported or disabled in libcurl", out->scheme);
    }

    size_t authority = strcspn(rest, "/?#");
    const char *end = rest + authority, *at = NULL;
    for (const char *c = rest; c < end; c++)
        if (*c == '@') at = c;
    if (at) {
        if (at - rest >= (long)sizeof out->user) return fail(E_URL, "URL using bad/illegal format or missing URL");
        memcpy(out->user, rest, at - rest);
        rest = at + 1;
    }
    const char *host_end = end, *colon = NULL;
    if (*rest == '[') {
        rest++;
        host_end = memchr(rest, ']', end - rest);
        if (!host_end) return fail(E_URL, "bad range in URL position 8:\n%s\n       ^", text);
        if (host_end + 1 < end && host_end[1] == ':') colon = host_end + 1;
    } else {
        for (const char *c = rest; c < end; c++)
            if (*c == ':') colon = c;
        if (colon) host_end = colon;
    }
    if (host_end == rest || host_end - rest >= (long)sizeof out->host) return fail(E_URL, "URL using bad/illegal format or missing URL");
    memcpy(out->host, rest, host_end - rest);
    strcpy(out->port, "80");
    if (colon && colon + 1 < end) {
        unsigned port = 0;
        for (const char *c = colon + 1; c < end; c++) {
            if (!isdigit((unsigned char)*c) || (port = port * 10 + (*c - '0')) > 65535) return fail(E_URL, "URL using bad/illegal format or missing URL");
        }
        snprintf(out->port, sizeof out->port, "%u", port);
    }

    size_t length = strcspn(end, "#");
    if (length + 2 > sizeof out->path) return fail(E_URL, "URL using bad/illegal format or missing URL");
    char *path = out->path;
    if (*end != '/') *path++ = '/';
    memcpy(path, end, length);
    return E_OK;
}

void resolve_redirect(const struct url *base, const char *location, char *out, size_t size) {
    const char *bracket = strchr(base->host, ':') ? "[" : "", *close = *bracket ? "]" : "";
    char origin[300];
    snprintf(origin, sizeof origin, "%s%s%s:%s", bracket, base->host, close, base->port);
    if (strstr(location, "://")) snprintf(out, size, "%s", location);
    else if (!strncmp(location, "//", 2)) snprintf(out, size, "%s:%s", base->scheme, location);
    else if (*location == '/') snprintf(out, size, "%s://%s%s", base->scheme, origin, location);
    else {
        int folder = strcspn(base->path, "?");
        while (folder > 0 && base->path[folder - 1] != '/') folder--;
        snprintf(out, size, "%s://%s%.*s%s", base->scheme, origin, folder, base->path, location);
    }
}

void encode_base64(const char *in, char *out, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(in), at = 0;
    for (size_t i = 0; i < length && at + 5 < size; i += 3) {
        unsigned a = (unsigned char)in[i], b = i + 1 < length ? (unsigned char)in[i + 1] : 0, c = i + 2 < length ? (unsigned char)in[i + 2] : 0;
        unsigned bits = a << 16 | b << 8 | c;
        out[at++] = digits[bits >> 18];
        out[at++] = digits[bits >> 12 & 63];
        out[at++] = i + 1 < length ? digits[bits >> 6 & 63] : '=';
        out[at++] = i + 2 < length ? digits[bits & 63] : '=';
    }
    out[at] = 0;
}
