/*
 * BSON: documents as bytes. What comes from outside passes bson_valid once; everything else here takes documents as checked.
 * Source: bsonspec.org, version 1.1.
 */
#pragma once
#include "buffer.h"
#include <stdbool.h>

enum bson_type {
    BSON_END = 0,
    BSON_DOUBLE = 1,
    BSON_STRING = 2,
    BSON_DOCUMENT = 3,
    BSON_ARRAY = 4,
    BSON_BINARY = 5,
    BSON_UNDEFINED = 6,
    BSON_OBJECT_ID = 7,
    BSON_BOOL = 8,
    BSON_DATE = 9,
    BSON_NULL = 10,
    BSON_REGEX = 11,
    BSON_POINTER = 12,
    BSON_CODE = 13,
    BSON_SYMBOL = 14,
    BSON_CODE_SCOPE = 15,
    BSON_INT32 = 16,
    BSON_TIMESTAMP = 17,
    BSON_INT64 = 18,
    BSON_DECIMAL = 19,
    BSON_MAX_KEY = 127,
    BSON_MIN_KEY = 255,
};

enum {
    /* Levels of documents and arrays in each other. */
    BSON_DEPTH = 100,
    BSON_DOCUMENT_BYTES = 16 * 1024 * 1024,
};

/* A value inside of a document; it points into it. */
struct value {
    uint8_t type;
    const char *name;
    const uint8_t *bytes;
    uint32_t size;
};

struct bson_iterator {
    const uint8_t *at;
};

/* Whether these bytes are one whole document with nothing behind it, in bounds and not nested too deep. */
bool bson_valid(const uint8_t *bytes, size_t size);
extern const uint8_t bson_empty[5];

static inline uint32_t bson_size(const uint8_t *document) {
    return load_u32(document);
}
static inline struct bson_iterator bson_iterate(const uint8_t *document) {
    return (struct bson_iterator){document + 4};
}
/* The next value; false at the end. */
bool bson_next(struct bson_iterator *, struct value *);
/* The value of a name, not of a path. */
bool bson_find(const uint8_t *document, const char *name, struct value *);
uint32_t bson_count(const uint8_t *document);

/* What a value is, as C has it. A type that does not fit gives the fallback. */
bool bson_is_number(const struct value *);
bool bson_is_container(const struct value *);
double bson_to_double(const struct value *);
/* A whole number within int64, or false. */
bool bson_to_int64(const struct value *, int64_t *);
/* As JavaScript would take it: 0, false, null and what is missing are false. */
bool bson_truth(const struct value *);
/* NULL when it is no string or has a zero inside. */
const char *bson_to_text(const struct value *);
/* Document or array; NULL for anything else. */
const uint8_t *bson_to_document(const struct value *);
bool bson_lookup_text(const uint8_t *document, const char *name, const char **out);
int64_t bson_lookup_int(const uint8_t *document, const char *name, int64_t fallback);
const char *bson_type_name(uint8_t type);

/* Writing. bson_open gives what bson_close wants; what is written between the two lies inside. */
size_t bson_open(struct buffer *);
size_t bson_open_child(struct buffer *, uint8_t type, const char *name);
void bson_close(struct buffer *, size_t opened);
void bson_put(struct buffer *, const char *name, const struct value *);
void bson_put_double(struct buffer *, const char *name, double);
void bson_put_text(struct buffer *, const char *name, const char *);
void bson_put_text_sized(struct buffer *, const char *name, const char *, size_t size);
void bson_put_document(struct buffer *, const char *name, const uint8_t *);
void bson_put_binary(struct buffer *, const char *name, const void *, size_t size);
void bson_put_object_id(struct buffer *, const char *name, const uint8_t id[12]);
void bson_put_bool(struct buffer *, const char *name, bool);
void bson_put_date(struct buffer *, const char *name, int64_t ms);
void bson_put_null(struct buffer *, const char *name);
void bson_put_int32(struct buffer *, const char *name, int32_t);
void bson_put_int64(struct buffer *, const char *name, int64_t);
/* int32 where it fits, else int64. */
void bson_put_int(struct buffer *, const char *name, int64_t);
/* Name of an array's element. */
const char *bson_index(uint32_t index, char out[12]);

/*
 * Order of two values as the server sorts them: by kind (numbers of any type are one kind), then by what they hold.
 * Names count only inside of documents.
 */
int bson_compare(const struct value *, const struct value *);
int bson_compare_documents(const uint8_t *, const uint8_t *);
/* Equal values give equal hashes, whatever their number type. */
uint32_t bson_hash(const struct value *);
/* Place of a type among the kinds; null and undefined share one, as do all numbers. */
int bson_kind(uint8_t type);

/* object_id.c: time, five random bytes of this process, counter. */
void make_object_id(uint8_t out[12]);
void random_bytes(void *out, size_t size);
int64_t wall_clock_ms(void);
