/* Documents as text, in the words of MongoDB's shell: {_id: ObjectId('…'), at: ISODate('…')}. */
#pragma once
#include "bson.h"

enum json_style {
    /* All on one line, in single quotes. */
    JSON_LINE,
    /* As the shell prints results: on one line what is short and not nested deep, in single quotes. */
    JSON_SHELL,
    /* One field a line, in double quotes, to be edited and read again without loss. */
    JSON_EDIT,
};

/* @param indent columns that the text is moved in by, from its second line on */
void json_write(struct buffer *out, const struct value *, enum json_style, int indent);
void json_write_document(struct buffer *out, const uint8_t *document, enum json_style, int indent);
/* A text in quotes of the style. */
void json_write_text(struct buffer *out, const char *text, size_t size, enum json_style);

/* A place in a text that is being read, and what is wrong there. */
struct reader {
    const char *at, *end;
    char error[160];
};

/* Reads one value and appends it to the document that is open in out. False, with an error, for anything else. */
bool json_read(struct reader *, struct buffer *out, const char *name);
/* Reads {…} as a document of its own. */
bool json_read_document(struct reader *, struct buffer *out);
void reader_skip_space(struct reader *);
/* Takes the character if it is the next one behind space. */
bool reader_take(struct reader *, char);
/* Takes a name (letters, digits, _ and $); its length, or 0. */
size_t reader_name(struct reader *, const char **name);
bool reader_fail(struct reader *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A quoted text, its escapes undone. */
bool reader_text(struct reader *, struct buffer *out);

/* decimal.c: 128-bit decimals as text. */
void decimal_write(struct buffer *out, const uint8_t bytes[16]);
bool decimal_read(const char *text, uint8_t out[16]);
/* Milliseconds of an ISO 8601 date: 2026-11-27, 2026-11-27T10:00:00.000Z, …+01:00. */
bool date_read(const char *text, int64_t *ms);
void date_write(struct buffer *out, int64_t ms);
