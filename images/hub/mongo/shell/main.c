/* mongosh: options, the connection, and statements from --eval, files, or a person. */
#include "shell.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 16, SCRIPT_BYTES = 16 << 20 };

struct choices {
    const char *evals[FILES], *files[FILES], *host, *user, *password, *auth_source, *address, *database;
    int eval_count, file_count, port;
    bool quiet, ask_password;
};

static void usage(void) {
    puts("  $ mongosh [options] [db address] [file names]\n\n"
         "  Drydock's own small stand-in for mongosh. Options:\n"
         "    --eval STATEMENTS   --file FILE   --quiet   --host HOST   --port PORT\n"
         "    -u, --username USER   -p, --password PASSWORD   --authenticationDatabase NAME\n"
         "    --norc --version --help");
    exit(0);
}

static bool ends_with(const char *text, const char *end) {
    return strlen(text) > strlen(end) && !strcmp(text + strlen(text) - strlen(end), end);
}

static void take_option(struct choices *choices, const char *name, const char *value) {
    if (!strcmp(name, "eval") && choices->eval_count < FILES) choices->evals[choices->eval_count++] = value;
    else if ((!strcmp(name, "file") || !strcmp(name, "f")) && choices->file_count < FILES) choices->files[choices->file_count++] = value;
    else if (!strcmp(name, "host")) choices->host = value;
    else if (!strcmp(name, "port")) choices->port = atoi(value);
    else if (!strcmp(name, "username") || !strcmp(name, "u")) choices->user = value;
    else if (!strcmp(name, "password") || !strcmp(name, "p")) choices->password = value;
    else if (!strcmp(name, "authenticationDatabase")) choices->auth_source = value;
}

static void read_choices(int argc, char **argv, struct choices *choices) {
    static const char *const with_value[] = {"eval", "file", "f", "host", "port", "username", "u", "password", "p", "authenticationDatabase", "authenticationMechanism", NULL};
    static const char *const without[] = {"norc", "nodb", "shell", "verbose", "json", NULL};
    for (int i = 1; i < argc; i++) {
        char *name = argv[i], *value;
        if (*name != '-') {
            if (ends_with(name, ".js") && choices->file_count < FILES) choices->files[choices->file_count++] = name;
            else choices->address = name;
            continue;
        }
        name += name[1] == '-' ? 2 : 1;
        if ((value = strchr(name, '='))) *value++ = 0;
        const char *const *known = with_value;
        while (*known && strcmp(*known, name)) known++;
        if (*known) {
            bool password = !strcmp(name, "p") || !strcmp(name, "password");
            if (!value && password && (i + 1 == argc || argv[i + 1][0] == '-')) choices->ask_password = true;
            else if (!value && !(value = argv[++i])) fprintf(stderr, "Error parsing command line: --%s needs a value\n", name), exit(1);
            if (value) take_option(choices, name, value);
            continue;
        }
        for (known = without; *known && strcmp(*known, name); known++) {}
        if (!strcmp(name, "quiet")) choices->quiet = true;
        else if (!strcmp(name, "help") || !strcmp(name, "h")) usage();
        else if (!strcmp(name, "version")) puts("2.0.0 (Drydock's own small stand-in for mongosh)"), exit(0);
        else if (!*known) fprintf(stderr, "Error parsing command line: unrecognized option: --%s\n", name), exit(1);
    }
}

static void make_address(const struct choices *choices, struct database_address *out) {
    char error[256];
    *out = (struct database_address){.host = "127.0.0.1", .port = 27017};
    if (choices->host && strchr(choices->host, ':') ? !address_parse(choices->host, out, error, sizeof error) : choices->host && snprintf(out->host, sizeof out->host, "%s", choices->host) < 0) fprintf(stderr, "%s\n", error), exit(1);
    if (choices->address && !address_parse(choices->address, out, error, sizeof error)) fprintf(stderr, "MongoParseError: %s\n", error), exit(1);
    if (choices->port) out->port = choices->port;
    if (choices->user) snprintf(out->user, sizeof out->user, "%s", choices->user);
    if (choices->password) snprintf(out->password, sizeof out->password, "%s", choices->password);
    if (choices->auth_source) snprintf(out->auth_source, sizeof out->auth_source, "%s", choices->auth_source);
    if (choices->ask_password || (*out->user && !*out->password)) {
        fputs("Enter password: ", stderr);
        if (!fgets(out->password, sizeof out->password, stdin)) exit(1);
        out->password[strcspn(out->password, "\r\n")] = 0;
    }
}

/* Runs all statements of a text. With `show`, the last one's result is printed; with `show_all`, every one's. */
static bool run_text(struct shell *shell, const char *text, size_t size, bool show, bool show_all, bool *incomplete) {
    struct reader reader = {.at = text, .end = text + size};
    struct result result = {0};
    bool done = true;
    *incomplete = false;
    for (;;) {
        while (reader_take(&reader, ';')) {}
        reader_skip_space(&reader);
        if (reader.at >= reader.end || shell->ended) break;
        result_free(&result);
        if (!(done = run_statement(shell, &reader, &result))) break;
        while (reader.at < reader.end && (*reader.at == ' ' || *reader.at == '\t' || *reader.at == '\r')) reader.at++;
        if (reader.at < reader.end && *reader.at != ';' && *reader.at != '\n' && !(reader.at[0] == '/' && reader.at + 1 < reader.end && reader.at[1] == '/')) {
            done = reader_fail(&reader, "SyntaxError: unexpected '%.20s'; this stand-in for mongosh is no JavaScript", reader.at);
            break;
        }
        if (show_all) print_result(shell, &result);
    }
    if (!done && shell->interactive && strstr(reader.error, "ends too early")) *incomplete = true;
    else if (!done && *reader.error) fprintf(stderr, "%s\n", reader.error);
    if (done && show && !show_all) print_result(shell, &result);
    result_free(&result);
    return done;
}

static bool run_file(struct shell *shell, const char *name) {
    struct buffer text = {0};
    FILE *from = strcmp(name, "-") ? fopen(name, "r") : stdin;
    bool incomplete;
    size_t got;
    if (!from) {
        fprintf(stderr, "Error: ENOENT: no such file or directory, open '%s'\n", name);
        return false;
    }
    while (text.length < SCRIPT_BYTES && (got = fread(buffer_reserve(&text, 4096), 1, 4096, from)) > 0) text.length += got;
    if (from != stdin) fclose(from);
    bool done = run_text(shell, buffer_string(&text), text.length, false, from == stdin, &incomplete);
    buffer_free(&text);
    return done;
}

static void converse(struct shell *shell) {
    struct buffer text = {0};
    char *line = NULL;
    size_t room = 0;
    bool incomplete = false;
    while (!shell->ended) {
        printf(incomplete ? "... " : "%s> ", shell->database);
        fflush(stdout);
        ssize_t got = getline(&line, &room, stdin);
        if (got < 0) {
            puts("");
            break;
        }
        /* An empty line gives up on what was begun. */
        if (incomplete && got <= 1) text.length = 0;
        buffer_append(&text, line, (size_t)got);
        run_text(shell, buffer_string(&text), text.length, true, true, &incomplete);
        if (!incomplete || text.length > SCRIPT_BYTES) text.length = 0, incomplete = false;
    }
    free(line);
    buffer_free(&text);
}

int main(int argc, char **argv) {
    struct choices choices = {0};
    struct shell shell = {0};
    bool incomplete, done = true;
    setvbuf(stdout, NULL, _IOLBF, 8192);
    read_choices(argc, argv, &choices);
    make_address(&choices, &shell.address);
    snprintf(shell.database, sizeof shell.database, "%s", *shell.address.database ? shell.address.database : "test");
    if (!choices.quiet) printf("Connecting to:\t\tmongodb://%s:%d/%s\nUsing Mongosh:\t\t2.0.0: Drydock's own small stand-in; help shows what it knows\n\n", shell.address.host, shell.address.port, shell.database);
    if (!client_open(&shell.client, &shell.address, 10000)) {
        bool refused = strstr(shell.client.error, "uthenti") != NULL;
        fprintf(stderr, "%s: %s\n", refused ? "MongoServerError" : "MongoNetworkError", shell.client.error);
        return 1;
    }
    shell.client.timeout_ms = 60000;
    for (int i = 0; done && i < choices.eval_count; i++) done = run_text(&shell, choices.evals[i], strlen(choices.evals[i]), i + 1 == choices.eval_count, false, &incomplete);
    for (int i = 0; done && i < choices.file_count; i++) done = run_file(&shell, choices.files[i]);
    if (!choices.eval_count && !choices.file_count) {
        shell.interactive = isatty(0);
        if (shell.interactive) converse(&shell);
        else done = run_file(&shell, "-");
    }
    client_close(&shell.client);
    buffer_free(&shell.shown);
    return done ? 0 : 1;
}
