/*
 * A small mongosh: no JavaScript, but the statements that tutorials begin with, in the same words.
 * What it does not know it refuses, and says what there is.
 */
#pragma once
#include "../../stand-in/client.h"
#include "../../stand-in/json.h"

struct shell {
    struct database_client client;
    struct database_address address;
    char database[64];
    bool interactive, ended;
    /* Documents that were read and not shown yet, as an array's elements; shown_to is how far `it` came. */
    struct buffer shown;
    uint32_t shown_to;
};

/* What a statement gives. */
struct result {
    enum { NOTHING, VALUE, CURSOR, TEXT } kind;
    /* A document with the value as `v`; of a cursor, an array; of a text, the text itself. */
    struct buffer holder;
    struct value value;
};

void result_free(struct result *);
/* The result is this value. */
void result_set(struct result *, const struct value *);
void result_text(struct result *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A call's arguments: a document with the names 0, 1, … */
bool read_call(struct reader *, struct buffer *arguments);
/* NULL when there is no such argument. */
bool argument(const struct buffer *arguments, const char *index, struct value *out);
bool document_argument(struct reader *, const struct buffer *arguments, const char *index, bool required, const uint8_t **out);
bool text_argument(struct reader *, const struct buffer *arguments, const char *index, const char **out);

/* statement.c: runs the next statement. False, with reader->error as it is to be printed. */
bool run_statement(struct shell *, struct reader *, struct result *);
/* What a person sees of a result. */
void print_result(struct shell *, const struct result *);
/* Reads everything that a find or an aggregate gives. */
bool read_cursor(struct shell *, struct reader *, const char *database, struct buffer *command, struct result *);
/* Sends a command and turns a refusal into an error. */
const uint8_t *command_reply(struct shell *, struct reader *, const char *database, struct buffer *command);

/* database.c: methods of db. *known is false for a name that is none of them. */
bool database_method(struct shell *, struct reader *, const char *name, const struct buffer *arguments, struct result *, bool *known);
/* collection.c: methods of a collection; may read on, where a cursor's methods follow. */
bool collection_method(struct shell *, struct reader *, const char *collection, const char *name, const struct buffer *arguments, struct result *);
/* cursor.c: find and aggregate, with the methods behind them. */
bool find_method(struct shell *, struct reader *, const char *collection, const struct buffer *arguments, struct result *);
bool aggregate_method(struct shell *, struct reader *, const char *collection, const struct buffer *arguments, struct result *);
