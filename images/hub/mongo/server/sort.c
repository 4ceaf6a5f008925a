/* The order that a sort document asks for. */
#include "path.h"
#include "project.h"
#include <string.h>

enum { SORT_KEYS = 32 };

bool sort_check(const uint8_t *sort, struct failure *failure) {
    struct bson_iterator all = bson_iterate(sort);
    struct value each;
    int64_t direction;
    int count = 0;
    while (bson_next(&all, &each)) {
        if (each.type == BSON_DOCUMENT) return fail_stand_in(failure, "sorting has no $meta");
        if (!bson_to_int64(&each, &direction) || (direction != 1 && direction != -1)) return fail(failure, 15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
        if (!*each.name || strlen(each.name) >= PATH_BYTES) return fail(failure, BAD_VALUE, "FieldPath cannot be constructed with empty string");
        if (++count > SORT_KEYS) return fail(failure, BAD_VALUE, "too many sort keys: at most %d", SORT_KEYS);
    }
    return true;
}

struct extreme {
    struct value value;
    bool found, least;
};

/* Of several values under a path, the least one counts going up and the greatest going down. */
static bool take_extreme(void *context, const struct value *value) {
    static const struct value null_value = {.type = BSON_NULL, .name = ""};
    struct extreme *extreme = context;
    if (!value) value = &null_value;
    /* Elements of an array were visited before it, and count in its place. */
    if (value->type == BSON_ARRAY && extreme->found) return false;
    int order = extreme->found ? bson_compare(value, &extreme->value) : 0;
    if (!extreme->found || (extreme->least ? order < 0 : order > 0)) extreme->value = *value;
    extreme->found = true;
    return false;
}

int sort_compare(const uint8_t *sort, const uint8_t *a, const uint8_t *b) {
    struct bson_iterator all = bson_iterate(sort);
    struct value key;
    while (bson_next(&all, &key)) {
        bool up = bson_to_double(&key) > 0;
        struct extreme left = {.least = up}, right = {.least = up};
        left.value = right.value = (struct value){.type = BSON_NULL, .name = ""};
        visit_path(a, key.name, true, take_extreme, &left);
        visit_path(b, key.name, true, take_extreme, &right);
        int order = bson_compare(&left.value, &right.value);
        if (order) return up ? order : -order;
    }
    return 0;
}
