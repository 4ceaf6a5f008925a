/* Writing of BSON into a buffer. */
#include "bson.h"
#include <stdio.h>
#include <string.h>

size_t bson_open(struct buffer *out) {
    size_t opened = out->length;
    buffer_u32(out, 0);
    return opened;
}

static void put_head(struct buffer *out, uint8_t type, const char *name) {
    buffer_byte(out, type);
    buffer_append(out, name, strlen(name) + 1);
}

size_t bson_open_child(struct buffer *out, uint8_t type, const char *name) {
    put_head(out, type, name);
    return bson_open(out);
}

void bson_close(struct buffer *out, size_t opened) {
    buffer_byte(out, 0);
    store_u32(out->bytes + opened, (uint32_t)(out->length - opened));
}

void bson_put(struct buffer *out, const char *name, const struct value *value) {
    put_head(out, value->type, name);
    buffer_append(out, value->bytes, value->size);
}

void bson_put_double(struct buffer *out, const char *name, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_head(out, BSON_DOUBLE, name);
    buffer_u64(out, bits);
}

void bson_put_text_sized(struct buffer *out, const char *name, const char *text, size_t size) {
    put_head(out, BSON_STRING, name);
    buffer_u32(out, (uint32_t)size + 1);
    buffer_append(out, text, size);
    buffer_byte(out, 0);
}

void bson_put_text(struct buffer *out, const char *name, const char *text) {
    bson_put_text_sized(out, name, text, strlen(text));
}

void bson_put_document(struct buffer *out, const char *name, const uint8_t *document) {
    put_head(out, BSON_DOCUMENT, name);
    buffer_append(out, document, bson_size(document));
}

void bson_put_binary(struct buffer *out, const char *name, const void *bytes, size_t size) {
    put_head(out, BSON_BINARY, name);
    buffer_u32(out, (uint32_t)size);
    buffer_byte(out, 0);
    buffer_append(out, bytes, size);
}

void bson_put_object_id(struct buffer *out, const char *name, const uint8_t id[12]) {
    put_head(out, BSON_OBJECT_ID, name);
    buffer_append(out, id, 12);
}

void bson_put_bool(struct buffer *out, const char *name, bool value) {
    put_head(out, BSON_BOOL, name);
    buffer_byte(out, value);
}

void bson_put_date(struct buffer *out, const char *name, int64_t ms) {
    put_head(out, BSON_DATE, name);
    buffer_u64(out, (uint64_t)ms);
}

void bson_put_null(struct buffer *out, const char *name) {
    put_head(out, BSON_NULL, name);
}

void bson_put_int32(struct buffer *out, const char *name, int32_t number) {
    put_head(out, BSON_INT32, name);
    buffer_u32(out, (uint32_t)number);
}

void bson_put_int64(struct buffer *out, const char *name, int64_t number) {
    put_head(out, BSON_INT64, name);
    buffer_u64(out, (uint64_t)number);
}

void bson_put_int(struct buffer *out, const char *name, int64_t number) {
    if (number >= INT32_MIN && number <= INT32_MAX) bson_put_int32(out, name, (int32_t)number);
    else bson_put_int64(out, name, number);
}

const char *bson_index(uint32_t index, char out[12]) {
    snprintf(out, 12, "%u", (unsigned)index);
    return out;
}
