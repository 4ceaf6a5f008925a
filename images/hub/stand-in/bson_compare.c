/* The order of values, and hashes that agree with it. */
#include "bson.h"
#include <math.h>
#include <string.h>

int bson_kind(uint8_t type) {
    switch (type) {
    case BSON_MIN_KEY: return 0;
    case BSON_UNDEFINED:
    case BSON_NULL: return 1;
    case BSON_DOUBLE:
    case BSON_INT32:
    case BSON_INT64:
    case BSON_DECIMAL: return 2;
    case BSON_STRING:
    case BSON_SYMBOL: return 3;
    case BSON_DOCUMENT: return 4;
    case BSON_ARRAY: return 5;
    case BSON_BINARY: return 6;
    case BSON_OBJECT_ID: return 7;
    case BSON_BOOL: return 8;
    case BSON_DATE: return 9;
    case BSON_TIMESTAMP: return 10;
    case BSON_REGEX: return 11;
    case BSON_POINTER: return 12;
    case BSON_CODE: return 13;
    case BSON_CODE_SCOPE: return 14;
    default: return 15;
    }
}

static int sign(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int compare_bytes(const void *a, size_t a_size, const void *b, size_t b_size) {
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order ? (order < 0 ? -1 : 1) : sign((int64_t)a_size, (int64_t)b_size);
}

/* A double with a whole number, exactly; nothing is rounded. */
static int compare_double_int(double a, int64_t b) {
    if (isnan(a) || a < -9223372036854775808.0) return -1;
    if (a >= 9223372036854775808.0) return 1;
    int64_t whole = (int64_t)a;
    if (whole != b) return sign(whole, b);
    double rest = a - (double)whole;
    return rest < 0 ? -1 : rest > 0;
}

static int compare_numbers(const struct value *a, const struct value *b) {
    int64_t left, right;
    bool a_whole = a->type == BSON_INT32 || a->type == BSON_INT64, b_whole = b->type == BSON_INT32 || b->type == BSON_INT64;
    if (a_whole && b_whole) {
        bson_to_int64(a, &left);
        bson_to_int64(b, &right);
        return sign(left, right);
    }
    if (a_whole) {
        bson_to_int64(a, &left);
        return -compare_double_int(bson_to_double(b), left);
    }
    if (b_whole) {
        bson_to_int64(b, &right);
        return compare_double_int(bson_to_double(a), right);
    }
    double x = bson_to_double(a), y = bson_to_double(b);
    /* Not-a-number is below all numbers and equal to itself. */
    if (isnan(x) || isnan(y)) return isnan(x) && isnan(y) ? 0 : isnan(x) ? -1 : 1;
    return x < y ? -1 : x > y;
}

int bson_compare_documents(const uint8_t *a, const uint8_t *b) {
    struct bson_iterator left = bson_iterate(a), right = bson_iterate(b);
    struct value x, y;
    for (;;) {
        bool more = bson_next(&left, &x), other = bson_next(&right, &y);
        if (!more || !other) return more - other;
        int order = sign(bson_kind(x.type), bson_kind(y.type));
        if (!order) order = strcmp(x.name, y.name);
        if (!order) order = bson_compare(&x, &y);
        if (order) return order < 0 ? -1 : 1;
    }
}

int bson_compare(const struct value *a, const struct value *b) {
    int kind = bson_kind(a->type), order = sign(kind, bson_kind(b->type));
    if (order) return order;
    switch (kind) {
    case 2: return compare_numbers(a, b);
    case 3: return compare_bytes(a->bytes + 4, load_u32(a->bytes) - 1, b->bytes + 4, load_u32(b->bytes) - 1);
    case 4:
    case 5: return bson_compare_documents(a->bytes, b->bytes);
    case 6:
        if ((order = sign(load_u32(a->bytes), load_u32(b->bytes)))) return order;
        return compare_bytes(a->bytes + 4, a->size - 4, b->bytes + 4, b->size - 4);
    case 9: return sign((int64_t)load_u64(a->bytes), (int64_t)load_u64(b->bytes));
    case 10: {
        uint64_t x = load_u64(a->bytes), y = load_u64(b->bytes);
        return x < y ? -1 : x > y;
    }
    case 0:
    case 1:
    case 15: return 0;
    default: return compare_bytes(a->bytes, a->size, b->bytes, b->size);
    }
}

static uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t size) {
    for (const uint8_t *at = bytes; size--; at++) hash = (hash ^ *at) * 16777619u;
    return hash;
}

uint32_t bson_hash(const struct value *value) {
    uint32_t hash = (2166136261u ^ (uint32_t)bson_kind(value->type)) * 16777619u;
    switch (bson_kind(value->type)) {
    case 2: {
        double number = bson_to_double(value);
        if (isnan(number)) return hash;
        if (number == 0) number = 0; /* no negative zero */
        return hash_bytes(hash, &number, sizeof number);
    }
    case 3: return hash_bytes(hash, value->bytes + 4, load_u32(value->bytes));
    case 4:
    case 5: {
        struct bson_iterator all = bson_iterate(value->bytes);
        struct value each;
        while (bson_next(&all, &each)) {
            hash = hash_bytes(hash, each.name, strlen(each.name));
            hash = (hash ^ bson_hash(&each)) * 16777619u;
        }
        return hash;
    }
    case 0:
    case 1:
    case 15: return hash;
    default: return hash_bytes(hash, value->bytes, value->size);
    }
}
