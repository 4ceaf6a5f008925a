/* Matching, for filters that filter_check has passed. */
#include "filter.h"
#include "path.h"
#include <string.h>

/* What a value is compared with; found is what the last visit saw. */
struct test {
    const struct value *operand;
    const char *name;
};

static const struct value null_value = {.type = BSON_NULL, .name = ""};

static bool equals(const struct value *operand, const struct value *value) {
    return bson_compare(operand, value ? value : &null_value) == 0;
}

static bool test_equal(void *context, const struct value *value) {
    return equals(context, value);
}

/* Order counts only within one kind: {$gt: 1} says nothing about texts. */
static bool test_order(void *context, const struct value *value) {
    const struct test *test = context;
    if (!value) value = &null_value;
    bool keys = test->operand->type == BSON_MIN_KEY || test->operand->type == BSON_MAX_KEY;
    if (!keys && bson_kind(value->type) != bson_kind(test->operand->type)) return false;
    /* Nothing is above or below what is not a number. */
    if (bson_is_number(value) && bson_is_number(test->operand)) {
        double a = bson_to_double(value), b = bson_to_double(test->operand);
        if ((a != a) != (b != b)) return false;
    }
    int order = bson_compare(value, test->operand);
    bool below = test->name[1] == 'l';
    return order == 0 ? test->name[3] == 'e' : below ? order < 0 : order > 0;
}

static bool test_in(void *context, const struct value *value) {
    struct bson_iterator all = bson_iterate(((const struct value *)context)->bytes);
    struct value each;
    while (bson_next(&all, &each))
        if (equals(&each, value)) return true;
    return false;
}

static bool test_exists(void *context, const struct value *value) {
    (void)context;
    return value != NULL;
}

static bool is_of_type(const struct value *operand, const struct value *value) {
    const char *text = bson_to_text(operand);
    int64_t number = 0;
    if (text) return !strcmp(text, bson_type_name(value->type)) || (!strcmp(text, "number") && bson_is_number(value));
    bson_to_int64(operand, &number);
    return value->type == (uint8_t)number;
}

static bool test_type(void *context, const struct value *value) {
    return value && is_of_type(context, value);
}

static bool test_size(void *context, const struct value *value) {
    int64_t wanted = -1;
    bson_to_int64(context, &wanted);
    return value && value->type == BSON_ARRAY && bson_count(value->bytes) == wanted;
}

static bool test_mod(void *context, const struct value *value) {
    struct value part;
    int64_t divisor = 1, rest = 0, number;
    const uint8_t *list = ((const struct value *)context)->bytes;
    if (bson_find(list, "0", &part)) bson_to_int64(&part, &divisor);
    if (bson_find(list, "1", &part)) bson_to_int64(&part, &rest);
    if (!value || !bson_is_number(value)) return false;
    double real = bson_to_double(value);
    if (!bson_to_int64(value, &number)) {
        if (!(real > -9e18 && real < 9e18)) return false;
        number = (int64_t)real;
    }
    return divisor == -1 ? rest == 0 : number % divisor == rest;
}

static bool test_element(void *context, const struct value *value) {
    const struct value *condition = context;
    if (!value || value->type != BSON_ARRAY) return false;
    struct bson_iterator all = bson_iterate(value->bytes);
    struct value each, first;
    struct bson_iterator inside = bson_iterate(condition->bytes);
    bool whole = !bson_next(&inside, &first) || first.name[0] != '$' || !strcmp(first.name, "$and") || !strcmp(first.name, "$or") || !strcmp(first.name, "$nor");
    while (bson_next(&all, &each)) {
        if (whole ? bson_is_container(&each) && filter_matches(condition->bytes, each.bytes) : condition_matches(condition, &each)) return true;
    }
    return false;
}

static bool matches_condition(const uint8_t *document, const char *path, const struct value *condition);

static bool matches_operator(const uint8_t *document, const char *path, const struct value *operator) {
    const char *name = operator->name;
    struct value operand = *operator;
    if (!strcmp(name, "$eq")) return visit_path(document, path, true, test_equal, &operand);
    if (!strcmp(name, "$ne")) return !visit_path(document, path, true, test_equal, &operand);
    if (!strcmp(name, "$in")) return visit_path(document, path, true, test_in, &operand);
    if (!strcmp(name, "$nin")) return !visit_path(document, path, true, test_in, &operand);
    if (!strcmp(name, "$exists")) return visit_path(document, path, false, test_exists, NULL) == bson_truth(operator);
    if (!strcmp(name, "$type")) return visit_path(document, path, true, test_type, &operand);
    if (!strcmp(name, "$size")) return visit_path(document, path, false, test_size, &operand);
    if (!strcmp(name, "$mod")) return visit_path(document, path, true, test_mod, &operand);
    if (!strcmp(name, "$elemMatch")) return visit_path(document, path, false, test_element, &operand);
    if (!strcmp(name, "$not")) return !matches_condition(document, path, operator);
    if (!strcmp(name, "$all")) {
        struct bson_iterator all = bson_iterate(operator->bytes);
        struct value each;
        bool any = false;
        while (bson_next(&all, &each)) {
            if (!visit_path(document, path, true, test_equal, &each)) return false;
            any = true;
        }
        return any;
    }
    struct test test = {operator, name};
    return visit_path(document, path, true, test_order, &test);
}

static bool matches_condition(const uint8_t *document, const char *path, const struct value *condition) {
    if (!is_operators(condition)) {
        struct value operand = *condition;
        return visit_path(document, path, true, test_equal, &operand);
    }
    struct bson_iterator all = bson_iterate(condition->bytes);
    struct value each;
    while (bson_next(&all, &each))
        if (!matches_operator(document, path, &each)) return false;
    return true;
}

bool condition_matches(const struct value *condition, const struct value *value) {
    struct buffer holder = {0};
    size_t opened = bson_open(&holder);
    bson_put(&holder, "v", value);
    bson_close(&holder, opened);
    bool matches = matches_condition(holder.bytes, "v", condition);
    buffer_free(&holder);
    return matches;
}

bool filter_matches(const uint8_t *filter, const uint8_t *document) {
    struct bson_iterator all = bson_iterate(filter), inside;
    struct value each, branch;
    while (bson_next(&all, &each)) {
        if (each.name[0] != '$') {
            if (!matches_condition(document, each.name, &each)) return false;
            continue;
        }
        if (!strcmp(each.name, "$comment")) continue;
        bool any = false, every = true;
        inside = bson_iterate(each.bytes);
        while (bson_next(&inside, &branch)) {
            bool matches = filter_matches(branch.bytes, document);
            any = any || matches;
            every = every && matches;
        }
        if (!strcmp(each.name, "$and") ? !every : !strcmp(each.name, "$or") ? !any : any) return false;
    }
    return true;
}

bool filter_id(const uint8_t *filter, struct value *id) {
    struct value found;
    if (!bson_find(filter, "_id", &found) || found.type == BSON_REGEX) return false;
    if (is_operators(&found) && (bson_count(found.bytes) != 1 || !bson_find(found.bytes, "$eq", &found))) return false;
    *id = found;
    return true;
}
