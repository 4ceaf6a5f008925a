/* Statements: show, use, print, db.… */
#include "shell.h"
#include <stdio.h>
#include <string.h>

static const char help[] =
    "  This is Drydock's own small stand-in for mongosh. It is no JavaScript, but knows:\n\n"
    "    show dbs | show collections | show users | use NAME | db | it | exit\n"
    "    db.NAME.insertOne({…})  insertMany([…])  find({…}, {…})  findOne  countDocuments  distinct\n"
    "    db.NAME.updateOne({…}, {$set: {…}})  updateMany  replaceOne  deleteOne  deleteMany  drop\n"
    "    db.NAME.find().sort({…}).skip(n).limit(n).toArray()  .count()  .forEach(printjson)\n"
    "    db.NAME.aggregate([…])  findOneAndUpdate  findOneAndReplace  findOneAndDelete  getIndexes\n"
    "    db.getName()  createCollection(\"…\")  getCollectionNames()  getCollection(\"…\")  getSiblingDB(\"…\")\n"
    "    db.runCommand({…})  adminCommand({…})  createUser({…})  auth(\"…\", \"…\")  stats()  dropDatabase()\n"
    "    print(…)  printjson(…)";

static bool is_word(const char *text, size_t size, const char *word) {
    return strlen(word) == size && !memcmp(text, word, size);
}

/* The rest of the line, without space around it. */
static size_t rest_of_line(struct reader *reader, const char **text) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t')) reader->at++;
    *text = reader->at;
    while (reader->at < reader->end && *reader->at != '\n' && *reader->at != ';') reader->at++;
    size_t size = (size_t)(reader->at - *text);
    while (size && ((*text)[size - 1] == ' ' || (*text)[size - 1] == '\r')) size--;
    return size;
}

static bool show_databases(struct shell *shell, struct reader *reader) {
    struct buffer command = {0};
    struct value list, each;
    const char *name;
    bson_open(&command);
    bson_put_int32(&command, "listDatabases", 1);
    const uint8_t *reply = command_reply(shell, reader, "admin", &command);
    buffer_free(&command);
    if (!reply || !bson_find(reply, "databases", &list) || list.type != BSON_ARRAY) return false;
    struct bson_iterator all = bson_iterate(list.bytes);
    size_t widest = 0;
    while (bson_next(&all, &each))
        if (each.type == BSON_DOCUMENT && bson_lookup_text(each.bytes, "name", &name) && strlen(name) > widest) widest = strlen(name);
    all = bson_iterate(list.bytes);
    while (bson_next(&all, &each)) {
        if (each.type != BSON_DOCUMENT || !bson_lookup_text(each.bytes, "name", &name)) continue;
        double kib = (double)bson_lookup_int(each.bytes, "sizeOnDisk", 0) / 1024;
        if (kib < 1024) printf("%-*s  %.2f KiB\n", (int)widest, name, kib);
        else printf("%-*s  %.2f MiB\n", (int)widest, name, kib / 1024);
    }
    return true;
}

static bool show(struct shell *shell, struct reader *reader, struct result *result) {
    const char *what;
    size_t size = rest_of_line(reader, &what);
    bool known = true;
    struct value each;
    if (is_word(what, size, "dbs") || is_word(what, size, "databases")) return show_databases(shell, reader);
    if (is_word(what, size, "collections") || is_word(what, size, "tables")) {
        if (!database_method(shell, reader, "getCollectionNames", NULL, result, &known)) return false;
        struct bson_iterator all = bson_iterate(result->value.bytes);
        while (bson_next(&all, &each))
            if (bson_to_text(&each)) puts(bson_to_text(&each));
        result_free(result);
        return true;
    }
    if (is_word(what, size, "users")) return database_method(shell, reader, "getUsers", NULL, result, &known);
    return reader_fail(reader, "MongoshInvalidInputError: '%.*s' is not a valid argument for \"show\": here are dbs, collections, users", (int)(size < 40 ? size : 40), what);
}

static bool use(struct shell *shell, struct reader *reader, struct result *result) {
    const char *name;
    size_t size = rest_of_line(reader, &name);
    if (!size || size >= sizeof shell->database || memchr(name, ' ', size)) return reader_fail(reader, "MongoshInvalidInputError: Invalid database name");
    bool same = is_word(name, size, shell->database);
    memcpy(shell->database, name, size);
    shell->database[size] = 0;
    result_text(result, "%s to db %s", same ? "already on" : "switched", shell->database);
    if (same) result_text(result, "already on db %s", shell->database);
    return true;
}

static void show_more(struct shell *shell) {
    struct buffer out = {0}, page = {0};
    struct value each;
    uint32_t place = 0, count = 0;
    char index[12];
    size_t opened = bson_open(&page);
    struct bson_iterator all = bson_iterate(shell->shown.bytes);
    bool more = false;
    while (bson_next(&all, &each)) {
        if (place++ < shell->shown_to) continue;
        if (count == 20) {
            more = true;
            break;
        }
        bson_put(&page, bson_index(count++, index), &each);
    }
    shell->shown_to += count;
    bson_close(&page, opened);
    json_write(&out, &(struct value){.type = BSON_ARRAY, .name = "", .bytes = page.bytes, .size = (uint32_t)page.length}, JSON_SHELL, 0);
    if (count) puts(buffer_string(&out));
    if (more) puts("Type \"it\" for more");
    if (!more) buffer_free(&shell->shown);
    buffer_free(&out);
    buffer_free(&page);
}

/* A property of an object in brackets or behind a dot; 0 when there is none. */
static size_t property(struct reader *reader, char *out, size_t size) {
    const char *name;
    if (reader_take(reader, '.')) {
        size_t length = reader_name(reader, &name);
        if (!length || length >= size) return 0;
        memcpy(out, name, length);
        out[length] = 0;
        return length;
    }
    struct reader ahead = *reader;
    struct buffer text = {0};
    size_t length = 0;
    if (reader_take(&ahead, '[') && reader_text(&ahead, &text) && reader_take(&ahead, ']') && text.length && text.length < size) {
        *reader = ahead;
        length = text.length;
        snprintf(out, size, "%s", buffer_string(&text));
    }
    buffer_free(&text);
    return length;
}

static bool at_call(struct reader *reader) {
    reader_skip_space(reader);
    return reader->at < reader->end && *reader->at == '(';
}

/* What follows `db`: properties up to a call; the last one is the method, the others name a collection. */
static bool run_database(struct shell *shell, struct reader *reader, struct result *result) {
    char collection[256] = "", name[128];
    struct buffer arguments = {0};
    bool known = false, done = true;
    reader_skip_space(reader);
    if (reader->at >= reader->end || (*reader->at != '.' && *reader->at != '[')) {
        result_text(result, "%s", shell->database);
        return true;
    }
    while (done) {
        if (!property(reader, name, sizeof name)) {
            if (*collection && (reader->at >= reader->end || *reader->at == ';' || *reader->at == '\n')) {
                result_text(result, "%s.%s", shell->database, collection);
                break;
            }
            done = reader_fail(reader, "SyntaxError: a name is missing");
            break;
        }
        if (!at_call(reader)) {
            if (strlen(collection) + strlen(name) + 2 > sizeof collection) return reader_fail(reader, "SyntaxError: that name is too long");
            if (*collection) strcat(collection, ".");
            strcat(collection, name);
            continue;
        }
        const char *text;
        if (!(done = read_call(reader, &arguments))) break;
        if (!*collection && !strcmp(name, "getCollection")) {
            done = text_argument(reader, &arguments, "0", &text);
            if (done) snprintf(collection, sizeof collection, "%.250s", text);
            continue;
        }
        if (!*collection && !strcmp(name, "getSiblingDB")) {
            char before[64];
            if (!(done = text_argument(reader, &arguments, "0", &text))) break;
            snprintf(before, sizeof before, "%s", shell->database);
            snprintf(shell->database, sizeof shell->database, "%.63s", text);
            done = run_database(shell, reader, result);
            snprintf(shell->database, sizeof shell->database, "%s", before);
            break;
        }
        if (!*collection) {
            done = database_method(shell, reader, name, &arguments, result, &known);
            if (done && !known) done = reader_fail(reader, "TypeError: db.%.60s is not a function of this stand-in for mongosh; help shows what there is", name);
        } else {
            done = collection_method(shell, reader, collection, name, &arguments, result);
        }
        break;
    }
    buffer_free(&arguments);
    return done;
}

/* print(…), printjson(…), JSON.stringify(…): of a statement or a value. */
static bool print_call(struct shell *shell, struct reader *reader, bool json) {
    struct result inner = {0};
    if (!reader_take(reader, '(')) return reader_fail(reader, "SyntaxError: '(' is missing");
    bool done = run_statement(shell, reader, &inner) && (reader_take(reader, ')') || reader_fail(reader, "SyntaxError: ')' is missing"));
    if (done && json && inner.kind == TEXT) printf("\"%s\"\n", (const char *)inner.holder.bytes);
    else if (done) print_result(shell, &inner);
    result_free(&inner);
    return done;
}

static bool read_literal(struct reader *reader, struct result *result) {
    struct buffer holder = {0};
    struct value value;
    size_t opened = bson_open(&holder);
    bool done = json_read(reader, &holder, "v");
    bson_close(&holder, opened);
    if (done) {
        bson_find(holder.bytes, "v", &value);
        result_set(result, &value);
    } else {
        char why[130];
        snprintf(why, sizeof why, "%.129s", reader->error);
        reader_fail(reader, "SyntaxError: %s", why);
    }
    buffer_free(&holder);
    return done;
}

bool run_statement(struct shell *shell, struct reader *reader, struct result *result) {
    const char *word;
    reader_skip_space(reader);
    struct reader back = *reader;
    size_t size = reader_name(reader, &word);
    if (is_word(word, size, "db")) return run_database(shell, reader, result);
    if (is_word(word, size, "show")) return show(shell, reader, result);
    if (is_word(word, size, "use")) return use(shell, reader, result);
    if (is_word(word, size, "print") || is_word(word, size, "printjson")) return print_call(shell, reader, size > 5);
    if (is_word(word, size, "exit") || is_word(word, size, "quit")) {
        shell->ended = true;
        reader->at = reader->end;
        return true;
    }
    if (is_word(word, size, "help")) {
        puts(help);
        if (reader_take(reader, '(')) reader_take(reader, ')');
        return true;
    }
    if (is_word(word, size, "it")) {
        if (shell->shown.length) show_more(shell);
        else puts("no cursor");
        return true;
    }
    static const char *const script[] = {"var", "let", "const", "for", "while", "if", "function", "async", "await", "load", "sleep", "rs", "sh", "try", "console"};
    for (size_t i = 0; i < sizeof script / sizeof *script; i++)
        if (is_word(word, size, script[i])) return reader_fail(reader, "SyntaxError: '%s': this stand-in for mongosh is no JavaScript; help shows what it knows", script[i]);
    *reader = back;
    return read_literal(reader, result);
}

void print_result(struct shell *shell, const struct result *result) {
    struct buffer out = {0};
    if (result->kind == NOTHING) return;
    if (result->kind == TEXT) {
        puts((const char *)result->holder.bytes);
        return;
    }
    if (result->kind == CURSOR) {
        buffer_free(&shell->shown);
        buffer_append(&shell->shown, result->value.bytes, result->value.size);
        shell->shown_to = 0;
        return show_more(shell);
    }
    const char *text = bson_to_text(&result->value);
    if (text) {
        puts(text);
        return;
    }
    json_write(&out, &result->value, JSON_SHELL, 0);
    puts(buffer_string(&out));
    buffer_free(&out);
}
