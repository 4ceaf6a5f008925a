/* Checking and reading of BSON. */
#include "bson.h"
#include <math.h>
#include <string.h>

const uint8_t bson_empty[5] = {5, 0, 0, 0, 0};

/* A zero-ended text within the bytes; its length with the zero, or 0. */
static size_t text_size(const uint8_t *at, const uint8_t *end) {
    const uint8_t *zero = memchr(at, 0, (size_t)(end - at));
    return zero ? (size_t)(zero - at) + 1 : 0;
}

/* Size of a string value (length, text, zero), or 0 when it is broken. */
static size_t string_size(const uint8_t *at, const uint8_t *end) {
    if (end - at < 5) return 0;
    uint32_t length = load_u32(at);
    if (length < 1 || length > (size_t)(end - at) - 4 || at[4 + length - 1]) return 0;
    return 4 + (size_t)length;
}

static bool valid_within(const uint8_t *at, size_t size, int depth);

static size_t checked(size_t size, const uint8_t *at, const uint8_t *end) {
    return size <= (size_t)(end - at) ? size : 0;
}

/* Size of a value that lies before the end, checked all through. SIZE_MAX when it is broken. */
static size_t value_size(uint8_t type, const uint8_t *at, const uint8_t *end, int depth) {
    size_t left = (size_t)(end - at), size = 0, more;
    switch (type) {
    case BSON_UNDEFINED:
    case BSON_NULL:
    case BSON_MIN_KEY:
    case BSON_MAX_KEY: return 0;
    case BSON_BOOL: size = left >= 1 && at[0] <= 1 ? 1 : 0; break;
    case BSON_INT32: size = checked(4, at, end); break;
    case BSON_DOUBLE:
    case BSON_DATE:
    case BSON_TIMESTAMP:
    case BSON_INT64: size = checked(8, at, end); break;
    case BSON_OBJECT_ID: size = checked(12, at, end); break;
    case BSON_DECIMAL: size = checked(16, at, end); break;
    case BSON_STRING:
    case BSON_CODE:
    case BSON_SYMBOL: size = string_size(at, end); break;
    case BSON_POINTER:
        size = string_size(at, end);
        if (size) size = checked(size + 12, at, end);
        break;
    case BSON_REGEX:
        if ((more = text_size(at, end)) && (size = text_size(at + more, end))) size += more;
        break;
    case BSON_BINARY:
        if (left >= 5 && load_u32(at) <= left - 5) size = 5 + (size_t)load_u32(at);
        /* The old binary subtype has a second length inside. */
        if (size && at[4] == 2 && (load_u32(at) < 4 || load_u32(at + 5) != load_u32(at) - 4)) size = 0;
        break;
    case BSON_DOCUMENT:
    case BSON_ARRAY:
        if (left >= 5 && load_u32(at) <= left && depth < BSON_DEPTH && valid_within(at, load_u32(at), depth + 1)) size = load_u32(at);
        break;
    case BSON_CODE_SCOPE:
        if (left < 14 || load_u32(at) > left || load_u32(at) < 14 || depth >= BSON_DEPTH) break;
        more = string_size(at + 4, at + load_u32(at));
        if (more && valid_within(at + 4 + more, load_u32(at) - 4 - more, depth + 1)) size = load_u32(at);
        break;
    default: break;
    }
    return size ? size : SIZE_MAX;
}

static bool valid_within(const uint8_t *document, size_t size, int depth) {
    if (size < 5 || load_u32(document) != size || document[size - 1]) return false;
    const uint8_t *at = document + 4, *end = document + size - 1;
    while (at < end) {
        uint8_t type = *at++;
        size_t name = text_size(at, end), content;
        if (!name || (content = value_size(type, at + name, end, depth)) == SIZE_MAX) return false;
        at += name + content;
    }
    return at == end;
}

bool bson_valid(const uint8_t *bytes, size_t size) {
    return size <= BSON_DOCUMENT_BYTES + 16 * 1024 && valid_within(bytes, size, 1);
}

/* Size of a value in a checked document. */
static uint32_t known_size(uint8_t type, const uint8_t *at) {
    switch (type) {
    case BSON_BOOL: return 1;
    case BSON_INT32: return 4;
    case BSON_DOUBLE:
    case BSON_DATE:
    case BSON_TIMESTAMP:
    case BSON_INT64: return 8;
    case BSON_OBJECT_ID: return 12;
    case BSON_DECIMAL: return 16;
    case BSON_STRING:
    case BSON_CODE:
    case BSON_SYMBOL: return 4 + load_u32(at);
    case BSON_POINTER: return 4 + load_u32(at) + 12;
    case BSON_BINARY: return 5 + load_u32(at);
    case BSON_DOCUMENT:
    case BSON_ARRAY:
    case BSON_CODE_SCOPE: return load_u32(at);
    case BSON_REGEX: {
        uint32_t pattern = (uint32_t)strlen((const char *)at) + 1;
        return pattern + (uint32_t)strlen((const char *)at + pattern) + 1;
    }
    default: return 0;
    }
}

bool bson_next(struct bson_iterator *iterator, struct value *out) {
    const uint8_t *at = iterator->at;
    if (!*at) return false;
    out->type = *at++;
    out->name = (const char *)at;
    at += strlen(out->name) + 1;
    out->bytes = at;
    out->size = known_size(out->type, at);
    iterator->at = at + out->size;
    return true;
}

bool bson_find(const uint8_t *document, const char *name, struct value *out) {
    struct bson_iterator all = bson_iterate(document);
    while (bson_next(&all, out))
        if (!strcmp(out->name, name)) return true;
    return false;
}

uint32_t bson_count(const uint8_t *document) {
    struct bson_iterator all = bson_iterate(document);
    struct value each;
    uint32_t count = 0;
    while (bson_next(&all, &each)) count++;
    return count;
}

bool bson_is_number(const struct value *value) {
    return value->type == BSON_DOUBLE || value->type == BSON_INT32 || value->type == BSON_INT64 || value->type == BSON_DECIMAL;
}

bool bson_is_container(const struct value *value) {
    return value->type == BSON_DOCUMENT || value->type == BSON_ARRAY;
}

/* A decimal as the nearest double: it is kept as it came, only compared and added up this way. */
static double decimal_to_double(const uint8_t *bytes) {
    uint64_t low = load_u64(bytes), high = load_u64(bytes + 8);
    double sign = high >> 63 ? -1 : 1;
    if ((high >> 58 & 31) == 31) return NAN;
    if ((high >> 58 & 31) == 30) return sign * INFINITY;
    /* Coefficients that need the other form are beyond 34 digits, which counts as zero. */
    if ((high >> 61 & 3) == 3) return sign * 0;
    int exponent = (int)(high >> 49 & 0x3fff) - 6176;
    double coefficient = (double)(high & 0x1ffffffffffffULL) * 18446744073709551616.0 + (double)low;
    return sign * coefficient * pow(10, exponent);
}

double bson_to_double(const struct value *value) {
    uint64_t bits;
    double number;
    switch (value->type) {
    case BSON_DOUBLE:
        bits = load_u64(value->bytes);
        memcpy(&number, &bits, sizeof number);
        return number;
    case BSON_INT32: return (int32_t)load_u32(value->bytes);
    case BSON_INT64:
    case BSON_DATE: return (double)(int64_t)load_u64(value->bytes);
    case BSON_DECIMAL: return decimal_to_double(value->bytes);
    case BSON_BOOL: return value->bytes[0];
    default: return 0;
    }
}

bool bson_to_int64(const struct value *value, int64_t *out) {
    if (value->type == BSON_INT32) *out = (int32_t)load_u32(value->bytes);
    else if (value->type == BSON_INT64) *out = (int64_t)load_u64(value->bytes);
    else if (bson_is_number(value)) {
        double number = bson_to_double(value);
        if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0) || number != floor(number)) return false;
        *out = (int64_t)number;
    } else return false;
    return true;
}

bool bson_truth(const struct value *value) {
    if (value->type == BSON_NULL || value->type == BSON_UNDEFINED) return false;
    if (value->type == BSON_BOOL || bson_is_number(value)) return bson_to_double(value) != 0;
    return true;
}

const char *bson_to_text(const struct value *value) {
    if (value->type != BSON_STRING && value->type != BSON_SYMBOL) return NULL;
    return strlen((const char *)value->bytes + 4) + 1 == load_u32(value->bytes) ? (const char *)value->bytes + 4 : NULL;
}

const uint8_t *bson_to_document(const struct value *value) {
    return bson_is_container(value) ? value->bytes : NULL;
}

bool bson_lookup_text(const uint8_t *document, const char *name, const char **out) {
    struct value found;
    const char *text = bson_find(document, name, &found) ? bson_to_text(&found) : NULL;
    if (text) *out = text;
    return text != NULL;
}

int64_t bson_lookup_int(const uint8_t *document, const char *name, int64_t fallback) {
    struct value found;
    int64_t number;
    return bson_find(document, name, &found) && bson_to_int64(&found, &number) ? number : fallback;
}

const char *bson_type_name(uint8_t type) {
    switch (type) {
    case BSON_DOUBLE: return "double";
    case BSON_STRING: return "string";
    case BSON_DOCUMENT: return "object";
    case BSON_ARRAY: return "array";
    case BSON_BINARY: return "binData";
    case BSON_UNDEFINED: return "undefined";
    case BSON_OBJECT_ID: return "objectId";
    case BSON_BOOL: return "bool";
    case BSON_DATE: return "date";
    case BSON_NULL: return "null";
    case BSON_REGEX: return "regex";
    case BSON_POINTER: return "dbPointer";
    case BSON_CODE: return "javascript";
    case BSON_SYMBOL: return "symbol";
    case BSON_CODE_SCOPE: return "javascriptWithScope";
    case BSON_INT32: return "int";
    case BSON_TIMESTAMP: return "timestamp";
    case BSON_INT64: return "long";
    case BSON_DECIMAL: return "decimal";
    case BSON_MIN_KEY: return "minKey";
    case BSON_MAX_KEY: return "maxKey";
    default: return "missing";
    }
}
