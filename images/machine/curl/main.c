/* The command line: options as curl spells them, then each address in turn. */
#include "curl.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

char problem[1024];

int fail(int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(problem, sizeof problem, format, args);
    va_end(args);
    return code;
}

enum kind { FLAG, VALUE };

/* Every option: its letter (0: none), its long name and whether a value follows. `key` names it in set(). */
static const struct option {
    char letter;
    const char *name;
    enum kind kind;
    char key;
} table[] = {
    {'s', "silent", FLAG, 's'},           {'S', "show-error", FLAG, 'S'},      {'i', "include", FLAG, 'i'},          {'I', "head", FLAG, 'I'},
    {'v', "verbose", FLAG, 'v'},          {'f', "fail", FLAG, 'f'},            {0, "fail-with-body", FLAG, 'B'},     {'L', "location", FLAG, 'L'},
    {'O', "remote-name", FLAG, 'O'},      {'G', "get", FLAG, 'G'},             {'N', "no-buffer", FLAG, 'N'},        {'4', "ipv4", FLAG, '4'},
    {'6', "ipv6", FLAG, '6'},             {'k', "insecure", FLAG, ' '},        {'g', "globoff", FLAG, ' '},          {'#', "progress-bar", FLAG, ' '},
    {0, "compressed", FLAG, ' '},         {0, "http1.1", FLAG, ' '},           {'0', "http1.0", FLAG, ' '},          {0, "no-progress-meter", FLAG, 's'},
    {'q', "disable", FLAG, ' '},          {0, "retry-connrefused", FLAG, 'C'}, {0, "retry-all-errors", FLAG, 'C'},   {'V', "version", FLAG, 'V'},
    {'h', "help", FLAG, 'h'},             {'o', "output", VALUE, 'o'},         {'X', "request", VALUE, 'X'},         {'d', "data", VALUE, 'd'},
    {0, "data-ascii", VALUE, 'd'},        {0, "data-binary", VALUE, 'D'},      {0, "data-raw", VALUE, 'R'},          {0, "data-urlencode", VALUE, 'U'},
    {0, "json", VALUE, 'J'},              {'H', "header", VALUE, 'H'},         {0, "unix-socket", VALUE, 'x'},       {'m', "max-time", VALUE, 'm'},
    {0, "connect-timeout", VALUE, 'c'},   {'A', "user-agent", VALUE, 'A'},     {'u', "user", VALUE, 'u'},            {'e', "referer", VALUE, 'e'},
    {'b', "cookie", VALUE, 'b'},          {'w', "write-out", VALUE, 'w'},      {'D', "dump-header", VALUE, 'E'},     {0, "max-redirs", VALUE, 'M'},
    {0, "url", VALUE, '@'},               {0, "retry", VALUE, 'y'},            {0, "retry-delay", VALUE, 'Y'},       {0, "retry-max-time", VALUE, ' '},
    {0, "cacert", VALUE, ' '},            {0, "noproxy", VALUE, ' '},          {'T', "upload-file", VALUE, 'T'},
};

static struct options options = {.user_agent = "curl/7.88.1", .max_redirects = 50, .family = AF_UNSPEC};
static const char *urls[MAX_URLS];
static int url_count;

static int usage(const char *format, const char *word) {
    fputs("curl: ", stderr);
    fprintf(stderr, format, word);
    fputs("\ncurl: try 'curl --help' or 'curl --manual' for more information\n", stderr);
    return E_USAGE;
}

static void append_body(const char *bytes, size_t length, bool joined) {
    size_t gap = joined && options.body ? 1 : 0;
    options.body = realloc(options.body, options.body_length + gap + length + 1);
    if (gap) options.body[options.body_length] = '&';
    memcpy(options.body + options.body_length + gap, bytes, length);
    options.body_length += gap + length;
    options.body[options.body_length] = 0;
}

/* -d's value: text, or @file (- is standard input); line ends are dropped from a file unless it is binary. */
static int add_data(const char *value, bool binary, bool raw) {
    if (*value != '@' || raw) {
        append_body(value, strlen(value), true);
        return E_OK;
    }
    FILE *file = strcmp(value + 1, "-") ? fopen(value + 1, "r") : stdin;
    if (!file) return fail(E_READ, "Failed to open %s", value + 1);
    append_body("", 0, true);
    for (int c; (c = getc(file)) != EOF;) {
        char byte = c;
        if (binary || !strchr("\r\n", byte)) append_body(&byte, 1, false);
    }
    if (file != stdin) fclose(file);
    return E_OK;
}

static void add_encoded(const char *value) {
    const char *equals = strchr(value, '=');
    append_body(value, equals ? equals + 1 - value : 0, true);
    for (const char *c = equals ? equals + 1 : value; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~", *c);
        char code[4];
        snprintf(code, sizeof code, plain ? "%c" : "%%%02X", (unsigned char)*c);
        append_body(code, strlen(code), false);
    }
}

static int set(char key, const char *value) {
    switch (key) {
    case 's': options.silent = true; break;
    case 'S': options.show_error = true; break;
    case 'i': options.include = true; break;
    case 'I': options.head = true; break;
    case 'v': options.verbose = true; break;
    case 'f': options.fail = true; break;
    case 'B': options.fail_with_body = true; break;
    case 'L': options.follow = true; break;
    case 'O': options.remote_name = true; break;
    case 'G': options.get = true; break;
    case 'N': options.no_buffer = true; break;
    case '4': options.family = AF_INET; break;
    case '6': options.family = AF_INET6; break;
    case 'C': options.retry_refused = true; break;
    case 'o': options.output = value; break;
    case 'X': options.method = value; break;
    case 'd': return add_data(value, false, false);
    case 'D': return add_data(value, true, false);
    case 'R': return add_data(value, true, true);
    case 'U': add_encoded(value); break;
    case 'J': options.body_is_json = true; return add_data(value, true, false);
    case 'H':
        if (options.header_count == MAX_HEADERS) return fail(E_USAGE, "too many headers");
        options.user_header[options.header_count++] = value;
        break;
    case 'x': options.unix_socket = value; break;
    case 'm': options.max_seconds = atof(value); break;
    case 'c': options.connect_seconds = atof(value); break;
    case 'A': options.user_agent = value; break;
    case 'u': options.user = value; break;
    case 'e': options.referer = value; break;
    case 'b': options.cookie = value; break;
    case 'w': options.write_out = value; break;
    case 'E': options.dump_header = value; break;
    case 'M': options.max_redirects = atoi(value); break;
    case 'y': options.retries = atoi(value); break;
    case 'Y': options.retry_delay = atoi(value); break;
    case 'T': options.upload = value; return add_data(*value == '-' ? "@-" : strcat(strcpy(malloc(strlen(value) + 2), "@"), value), true, false);
    case '@':
        if (url_count == MAX_URLS) return fail(E_USAGE, "too many addresses");
        urls[url_count++] = value;
        break;
    case 'V':
        puts("curl 7.88.1 (i686-pc-linux-gnu) Drydock's own small one, HTTP/1.1 only\nProtocols: http\nFeatures: IPv6 UnixSockets");
        exit(0);
    case 'h':
        puts("Usage: curl [options...] <url>");
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            if (table[i].key == ' ') continue;
            if (table[i].letter) printf(" -%c, --%s%s\n", table[i].letter, table[i].name, table[i].kind == VALUE ? " <value>" : "");
            else printf("     --%s%s\n", table[i].name, table[i].kind == VALUE ? " <value>" : "");
        }
        exit(0);
    }
    return E_OK;
}

static const struct option *find(char letter, const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (name ? !strcmp(table[i].name, name) : table[i].letter == letter) return &table[i];
    return NULL;
}

/* Returns 0, or the code to exit with after the message was printed. */
static int parse(int argc, char **argv) {
    bool only_urls = false;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        int code = E_OK;
        if (only_urls || *word != '-' || !word[1]) {
            code = set('@', word);
        } else if (!strcmp(word, "--")) {
            only_urls = true;
        } else if (word[1] == '-') {
            const struct option *option = find(0, word + 2);
            if (!option) return usage("option %s: is unknown", word);
            if (option->kind == VALUE && ++i >= argc) return usage("option %s: requires parameter", word);
            code = set(option->key, option->kind == VALUE ? argv[i] : NULL);
        } else {
            for (char *c = word + 1; *c && !code; c++) {
                const struct option *option = find(*c, NULL);
                char name[3] = {'-', *c, 0};
                if (!option) return usage("option %s: is unknown", name);
                if (option->kind == FLAG) {
                    code = set(option->key, NULL);
                    continue;
                }
                if (!c[1] && ++i >= argc) return usage("option %s: requires parameter", name);
                code = set(option->key, c[1] ? c + 1 : argv[i]);
                break;
            }
        }
        if (code) {
            fprintf(stderr, "curl: (%d) %s\n", code, problem);
            return code;
        }
    }
    return url_count ? E_OK : usage("%s", "no URL specified!");
}

static bool worth_retrying(int code, const struct transfer *transfer) {
    if (code == E_CONNECT) return options.retry_refused;
    if (code == E_TIMEOUT || code == E_RESOLVE) return true;
    return transfer->status == 408 || transfer->status == 429 || (transfer->status >= 500 && transfer->status <= 504);
}

int main(int argc, char **argv) {
    int code = parse(argc, argv);
    if (code) return code;
    for (int i = 0; i < url_count; i++) {
        struct transfer transfer;
        for (int left = options.retries, pause = 1;; left--, pause *= 2) {
            code = exchange(urls[i], &options, &transfer);
            if (left <= 0 || !worth_retrying(code, &transfer)) break;
            int seconds = options.retry_delay ? options.retry_delay : pause;
            if (!options.silent) fprintf(stderr, "Warning: Problem: %s. Will retry in %d seconds. %d retries left.\n", *problem ? problem : "HTTP error", seconds, left);
            sleep(seconds);
        }
        bool to_file = options.output || options.remote_name || !isatty(1);
        if (!code && to_file && !options.silent && !options.head && !options.verbose) print_meter(&transfer);
        if (options.write_out) print_write_out(options.write_out, &transfer);
        if (fflush(stdout)) code = E_WRITE;
        if (code && (!options.silent || options.show_error)) fprintf(stderr, "curl: (%d) %s\n", code, problem);
    }
    return code;
}
