/* Which filters are understood; whatever else is refused before any document is looked at. */
#include "filter.h"
#include "path.h"
#include <string.h>

static const char *const known = "$eq $ne $gt $gte $lt $lte $in $nin $exists $type $size $all $elemMatch $mod $not, and $and $or $nor around them";

static bool one_of(const char *name, const char *const *list) {
    for (; *list; list++)
        if (!strcmp(name, *list)) return true;
    return false;
}

bool is_operators(const struct value *condition) {
    if (condition->type != BSON_DOCUMENT) return false;
    struct value first;
    struct bson_iterator all = bson_iterate(condition->bytes);
    return bson_next(&all, &first) && first.name[0] == '$' && strcmp(first.name, "$ref") && strcmp(first.name, "$id") && strcmp(first.name, "$db");
}

static bool check_list(const struct value *list, const char *name, struct failure *failure) {
    struct bson_iterator all = bson_iterate(list->bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        if (each.type == BSON_REGEX) return fail_stand_in(failure, "filters have no regular expressions");
        if (is_operators(&each) && strcmp(name, "$all") == 0) return fail_stand_in(failure, "$all takes plain values only");
        if (is_operators(&each)) return fail(failure, BAD_VALUE, "cannot nest $ under %s", name);
    }
    return true;
}

static bool check_type(const struct value *operand, struct failure *failure) {
    int64_t number;
    const char *text = bson_to_text(operand);
    if (text) {
        for (int type = 1; type < 256; type++)
            if (!strcmp(bson_type_name((uint8_t)type), text) && strcmp(text, "missing")) return true;
        if (!strcmp(text, "number")) return true;
        return fail(failure, BAD_VALUE, "Unknown type name alias: %s", text);
    }
    if (!bson_to_int64(operand, &number) || !((number > 0 && number < 20) || number == 127 || number == -1))
        return fail(failure, BAD_VALUE, "Invalid numerical type code");
    return true;
}

static bool check_operator(const struct value *operator, struct failure *failure) {
    static const char *const plain[] = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$exists", NULL};
    static const char *const lists[] = {"$in", "$nin", "$all", NULL};
    const char *name = operator->name;
    int64_t number;
    if (one_of(name, plain)) {
        if (operator->type == BSON_REGEX) return fail_stand_in(failure, "filters have no regular expressions");
        return true;
    }
    if (one_of(name, lists)) {
        if (operator->type != BSON_ARRAY) return fail(failure, BAD_VALUE, "%s needs an array", name);
        return check_list(operator, name, failure);
    }
    if (!strcmp(name, "$type")) return check_type(operator, failure);
    if (!strcmp(name, "$size")) {
        if (!bson_to_int64(operator, &number)) return fail(failure, BAD_VALUE, "$size needs a number");
        return number >= 0 || fail(failure, BAD_VALUE, "$size may not be negative");
    }
    if (!strcmp(name, "$mod")) {
        struct value divisor;
        if (operator->type != BSON_ARRAY || bson_count(operator->bytes) != 2) return fail(failure, BAD_VALUE, "malformed mod, needs to be an array of two numbers");
        if (!bson_find(operator->bytes, "0", &divisor) || !bson_to_int64(&divisor, &number) || number == 0) return fail(failure, BAD_VALUE, "divisor cannot be 0");
        return true;
    }
    if (!strcmp(name, "$elemMatch")) {
        if (operator->type != BSON_DOCUMENT) return fail(failure, BAD_VALUE, "$elemMatch needs an Object");
        if (is_operators(operator)) {
            struct value first;
            struct bson_iterator all = bson_iterate(operator->bytes);
            bson_next(&all, &first);
            if (strcmp(first.name, "$and") && strcmp(first.name, "$or") && strcmp(first.name, "$nor")) return condition_check(operator, failure);
        }
        return filter_check(operator->bytes, failure);
    }
    if (!strcmp(name, "$not")) {
        if (operator->type == BSON_REGEX) return fail_stand_in(failure, "filters have no regular expressions");
        if (!is_operators(operator)) return fail(failure, BAD_VALUE, "$not needs a regex or a document");
        return condition_check(operator, failure);
    }
    static const char *const real[] = {"$regex", "$options", "$geoWithin", "$geoIntersects", "$near", "$nearSphere", "$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear", NULL};
    if (one_of(name, real)) return fail_stand_in(failure, "filters have no %s; they know %s", name, known);
    return fail(failure, BAD_VALUE, "unknown operator: %s", name);
}

bool condition_check(const struct value *condition, struct failure *failure) {
    if (condition->type == BSON_REGEX) return fail_stand_in(failure, "filters have no regular expressions");
    if (!is_operators(condition)) return true;
    struct bson_iterator all = bson_iterate(condition->bytes);
    struct value each;
    while (bson_next(&all, &each))
        if (!check_operator(&each, failure)) return false;
    return true;
}

static bool check_branches(const struct value *list, struct failure *failure) {
    if (list->type != BSON_ARRAY) return fail(failure, BAD_VALUE, "%s must be an array", list->name);
    struct bson_iterator all = bson_iterate(list->bytes);
    struct value each;
    bool any = false;
    while (bson_next(&all, &each)) {
        if (each.type != BSON_DOCUMENT) return fail(failure, BAD_VALUE, "$or/$and/$nor entries need to be full objects");
        if (!filter_check(each.bytes, failure)) return false;
        any = true;
    }
    return any || fail(failure, BAD_VALUE, "%s must be a nonempty array", list->name);
}

bool filter_check(const uint8_t *filter, struct failure *failure) {
    static const char *const branches[] = {"$and", "$or", "$nor", NULL};
    static const char *const real[] = {"$expr", "$where", "$text", "$jsonSchema", NULL};
    struct bson_iterator all = bson_iterate(filter);
    struct value each;
    while (bson_next(&all, &each)) {
        if (one_of(each.name, branches)) {
            if (!check_branches(&each, failure)) return false;
        } else if (one_of(each.name, real)) {
            return fail_stand_in(failure, "filters have no %s; they know %s", each.name, known);
        } else if (!strcmp(each.name, "$comment")) {
            continue;
        } else if (each.name[0] == '$') {
            return fail(failure, BAD_VALUE, "unknown top level operator: %s. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.", each.name);
        } else if (strlen(each.name) >= PATH_BYTES) {
            return fail(failure, BAD_VALUE, "a path in a filter has at most %d bytes", PATH_BYTES - 1);
        } else if (!condition_check(&each, failure)) {
            return false;
        }
    }
    return true;
}
