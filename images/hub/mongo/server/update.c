/* Update operators on dotted paths. */
#include "update.h"
#include "filter.h"
#include "path.h"
#include "tree.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An array is not padded with more than this when an element far behind its end is set. */
enum { PADDING = 64 * 1024, PATH_DEPTH = BSON_DEPTH - 2 };

static const char *const known[] = {"$set", "$unset", "$inc", "$mul", "$min", "$max", "$push", "$addToSet", "$pull", "$pop", "$rename", "$setOnInsert", "$currentDate", NULL};

bool update_is_replacement(const uint8_t *update) {
    struct bson_iterator all = bson_iterate(update);
    struct value first;
    return !bson_next(&all, &first) || first.name[0] != '$';
}

static bool check_path(const char *path, struct failure *failure) {
    size_t length = strlen(path);
    int parts = 1;
    if (!length) return fail(failure, 56, "An empty update path is not valid.");
    if (length >= PATH_BYTES) return fail(failure, BAD_VALUE, "a path in an update has at most %d bytes", PATH_BYTES - 1);
    for (const char *at = path; *at; at++) {
        if (*at == '.') parts++;
        if ((*at == '.' && (at == path || at[1] == '.' || !at[1])))
            return fail(failure, 56, "The update path '%.200s' contains an empty field name, which is not allowed.", path);
        if (*at == '$' && (at == path || at[-1] == '.'))
            return fail_stand_in(failure, "updates do not know '%.200s': positional operators are not here", path);
    }
    return parts <= PATH_DEPTH || fail(failure, BAD_VALUE, "a path in an update has at most %d parts", PATH_DEPTH);
}

static bool check_push(const struct value *operand, struct failure *failure) {
    if (!is_operators(operand)) return true;
    struct bson_iterator all = bson_iterate(operand->bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        if (strcmp(each.name, "$each")) return fail_stand_in(failure, "$push and $addToSet know $each and no %s", each.name);
        if (each.type != BSON_ARRAY) return fail(failure, BAD_VALUE, "The argument to $each in $push must be an array but it was of type: %s", bson_type_name(each.type));
    }
    return true;
}

static bool check_operand(const char *operator, const struct value *field, struct failure *failure) {
    if (!check_path(field->name, failure)) return false;
    if (!strcmp(operator, "$inc") || !strcmp(operator, "$mul"))
        return bson_is_number(field) || fail(failure, TYPE_MISMATCH, "Cannot %s with non-numeric argument: {%.100s: %s}", !strcmp(operator, "$inc") ? "increment" : "multiply", field->name, bson_type_name(field->type));
    if (!strcmp(operator, "$push") || !strcmp(operator, "$addToSet")) return check_push(field, failure);
    if (!strcmp(operator, "$pull")) return condition_check(field, failure) && (field->type != BSON_DOCUMENT || is_operators(field) || filter_check(field->bytes, failure));
    if (!strcmp(operator, "$pop")) {
        int64_t end = 0;
        return (bson_to_int64(field, &end) && (end == 1 || end == -1)) || fail(failure, FAILED_TO_PARSE, "$pop expects 1 or -1, found: %lld", (long long)end);
    }
    if (!strcmp(operator, "$rename"))
        return bson_to_text(field) ? check_path(bson_to_text(field), failure) : fail(failure, BAD_VALUE, "The 'to' field for $rename must be a string");
    return true;
}

/* Paths of which one lies in the other cannot be updated together. */
static bool conflicts(const char *a, const char *b) {
    size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    return !strncmp(a, b, length) && (!a[length] || a[length] == '.') && (!b[length] || b[length] == '.');
}

static bool check_conflicts(const uint8_t *update, struct failure *failure) {
    const char *paths[256];
    int count = 0;
    struct bson_iterator all = bson_iterate(update), fields;
    struct value operator, field;
    while (bson_next(&all, &operator)) {
        fields = bson_iterate(operator.bytes);
        while (bson_next(&fields, &field)) {
            for (int i = 0; i < count; i++)
                if (conflicts(paths[i], field.name)) return fail(failure, CONFLICTING_UPDATE_OPERATORS, "Updating the path '%.200s' would create a conflict at '%.200s'", field.name, paths[i]);
            if (count == 256) return fail_stand_in(failure, "one update changes at most 256 paths");
            paths[count++] = field.name;
        }
    }
    return true;
}

bool update_check(const struct value *update, bool multi, struct failure *failure) {
    if (update->type == BSON_ARRAY) return fail_stand_in(failure, "updates are documents here, not pipelines");
    if (update->type != BSON_DOCUMENT) return fail(failure, FAILED_TO_PARSE, "Update argument must be either an object or an array");
    struct bson_iterator all = bson_iterate(update->bytes), fields;
    struct value operator, field;
    if (update_is_replacement(update->bytes)) {
        if (multi) return fail(failure, FAILED_TO_PARSE, "multi update is not supported for replacement-style update");
        while (bson_next(&all, &field))
            if (field.name[0] == '$') return fail(failure, DOLLAR_PREFIXED_FIELD_NAME, "The dollar ($) prefixed field '%.200s' in '%.200s' is not allowed in the context of an update's replacement document.", field.name, field.name);
        return true;
    }
    while (bson_next(&all, &operator)) {
        const char *const *name = known;
        while (*name && strcmp(*name, operator.name)) name++;
        if (!*name && operator.name[0] != '$') return fail(failure, FAILED_TO_PARSE, "Unknown modifier: %.100s. Expected a valid update modifier or pipeline-style update specified as an array", operator.name);
        if (!*name) return fail_stand_in(failure, "updates have no %.100s; they know $set $unset $inc $mul $min $max $push $addToSet $pull $pop $rename $setOnInsert $currentDate", operator.name);
        if (operator.type != BSON_DOCUMENT) return fail(failure, FAILED_TO_PARSE, "Modifiers operate on fields but we found type %s instead. For example: {$mod: {<field>: ...}} not {%s: ...}", bson_type_name(operator.type), operator.name);
        fields = bson_iterate(operator.bytes);
        while (bson_next(&fields, &field))
            if (!check_operand(operator.name, &field, failure)) return false;
    }
    return check_conflicts(update->bytes, failure);
}

static bool is_index(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i])) return false;
    return length > 0 && length < 9;
}

static const struct value null_value = {.type = BSON_NULL, .name = ""};
static const struct value empty_document = {.type = BSON_DOCUMENT, .name = "", .bytes = bson_empty, .size = 5};
static const struct value empty_array = {.type = BSON_ARRAY, .name = "", .bytes = bson_empty, .size = 5};

/* Adds a child; in an array, with nulls before it until the index is right. */
static struct node *add_child(struct tree *tree, struct node *parent, const char *name, size_t length, const struct value *value, struct failure *failure) {
    if (parent->value.type == BSON_ARRAY) {
        uint32_t index = (uint32_t)strtoul(name, NULL, 10), count = node_count(tree, parent);
        if (index > count && index - count > PADDING) {
            fail_stand_in(failure, "an array is not filled up with more than %d elements", PADDING);
            return NULL;
        }
        for (; count < index; count++) node_add(tree, parent, "", 0, &null_value);
    }
    return node_add(tree, parent, name, length, value);
}

/*
 * The node at a path and its parent. With `create`, documents that are missing on the way are made and so is the node
 * itself, as null; *created says so. Without, *out is NULL when there is nothing.
 */
static bool reach(struct tree *tree, const char *path, bool create, struct node **parent, struct node **out, bool *created, struct failure *failure) {
    struct node *at = tree->root;
    *created = false;
    for (;;) {
        size_t length = strcspn(path, ".");
        bool last = !path[length];
        *out = NULL;
        if (!bson_is_container(&at->value) || (at->value.type == BSON_ARRAY && !is_index(path, length))) {
            if (!create) return true;
            return fail(failure, PATH_NOT_VIABLE, "Cannot create field '%.*s' in element {%.100s: %s}", (int)(length < 200 ? length : 200), path, at->value.name, bson_type_name(at->value.type));
        }
        struct node *child = node_child(tree, at, path, length);
        if (!child) {
            if (!create) return true;
            child = add_child(tree, at, path, length, last ? &null_value : &empty_document, failure);
            if (!child) return false;
            *created = last;
        }
        *parent = at;
        *out = child;
        if (last) return true;
        at = child;
        path += length + 1;
    }
}

/* The sum or product of two numbers, in the wider type of both. */
static bool arithmetic(bool multiply, const struct value *a, const struct value *b, struct buffer *out, struct value *result, struct failure *failure) {
    size_t opened = bson_open(out);
    int64_t x, y, whole;
    if (a->type == BSON_DECIMAL || b->type == BSON_DECIMAL) return fail_stand_in(failure, "decimals are kept and compared, but not added up");
    if (a->type == BSON_DOUBLE || b->type == BSON_DOUBLE) {
        double left = bson_to_double(a), right = bson_to_double(b);
        bson_put_double(out, "v", multiply ? left * right : left + right);
    } else {
        bson_to_int64(a, &x);
        bson_to_int64(b, &y);
        bool wide = a->type == BSON_INT64 || b->type == BSON_INT64;
        if (multiply ? __builtin_mul_overflow(x, y, &whole) : __builtin_add_overflow(x, y, &whole)) return fail(failure, BAD_VALUE, "Failed to apply $inc operations to current value: integer overflow");
        if (wide) bson_put_int64(out, "v", whole);
        else bson_put_int(out, "v", whole);
    }
    bson_close(out, opened);
    return bson_find(out->bytes + opened, "v", result);
}

static bool apply_number(struct tree *tree, bool multiply, const struct value *operand, struct failure *failure) {
    struct node *parent, *node;
    bool created;
    if (!reach(tree, operand->name, true, &parent, &node, &created, failure)) return false;
    static const uint8_t zero_bytes[4];
    static const struct value zero = {.type = BSON_INT32, .name = "", .bytes = zero_bytes, .size = 4};
    if (!created && !bson_is_number(&node->value))
        return fail(failure, TYPE_MISMATCH, "Cannot apply %s to a value of non-numeric type. The field '%.100s' has non-numeric type %s", multiply ? "$mul" : "$inc", operand->name, bson_type_name(node->value.type));
    struct buffer room = {0};
    struct value result;
    bool done = arithmetic(multiply, created ? &zero : &node->value, operand, &room, &result, failure);
    if (done) node_set(tree, node, &result);
    buffer_free(&room);
    return done;
}

static bool holds(struct tree *tree, struct node *list, const struct value *value) {
    node_open(tree, list);
    for (const struct node *each = list->first; each; each = each->next) {
        struct buffer room = {0};
        struct value mine;
        node_value(each, &room, &mine);
        bool same = bson_compare(&mine, value) == 0;
        buffer_free(&room);
        if (same) return true;
    }
    return false;
}

static bool apply_push(struct tree *tree, bool as_set, const struct value *operand, struct failure *failure) {
    struct node *parent, *node;
    bool created;
    if (!reach(tree, operand->name, true, &parent, &node, &created, failure)) return false;
    if (created) node_set(tree, node, &empty_array);
    if (node->value.type != BSON_ARRAY) return fail(failure, BAD_VALUE, "The field '%.100s' must be an array but is of type %s in document", operand->name, bson_type_name(node->value.type));
    struct value list, each;
    if (is_operators(operand) && bson_find(operand->bytes, "$each", &list)) {
        struct bson_iterator all = bson_iterate(list.bytes);
        while (bson_next(&all, &each))
            if (!as_set || !holds(tree, node, &each)) node_add(tree, node, "", 0, &each);
    } else if (!as_set || !holds(tree, node, operand)) {
        node_add(tree, node, "", 0, operand);
    }
    return true;
}

static bool pulled(const struct node *element, const struct value *condition) {
    struct buffer room = {0};
    struct value value;
    node_value(element, &room, &value);
    bool gone;
    if (condition->type == BSON_DOCUMENT && !is_operators(condition)) gone = value.type == BSON_DOCUMENT && filter_matches(condition->bytes, value.bytes);
    else if (is_operators(condition)) gone = condition_matches(condition, &value);
    else gone = bson_compare(&value, condition) == 0;
    buffer_free(&room);
    return gone;
}

/* $pull and $pop: what takes elements out of an array that is there. */
static bool apply_pull(struct tree *tree, bool pop, const struct value *operand, struct failure *failure) {
    struct node *parent, *node, *next;
    bool created;
    if (!reach(tree, operand->name, false, &parent, &node, &created, failure)) return false;
    if (!node) return true;
    if (node->value.type != BSON_ARRAY) return fail(failure, BAD_VALUE, "Cannot apply %s to a non-array value", pop ? "$pop" : "$pull");
    node_open(tree, node);
    if (pop) {
        if (node->first) node_remove(node, bson_to_double(operand) > 0 ? node->last : node->first);
        return true;
    }
    for (struct node *each = node->first; each; each = next) {
        next = each->next;
        if (pulled(each, operand)) node_remove(node, each);
    }
    return true;
}

static bool apply_unset(struct tree *tree, const char *path, struct failure *failure) {
    struct node *parent, *node;
    bool created;
    if (!reach(tree, path, false, &parent, &node, &created, failure)) return false;
    if (!node) return true;
    /* An array keeps its length: the others would change their index. */
    if (parent->value.type == BSON_ARRAY) node_set(tree, node, &null_value);
    else node_remove(parent, node);
    return true;
}

static bool apply_set(struct tree *tree, const char *path, const struct value *value, struct failure *failure) {
    struct node *parent, *node;
    bool created;
    if (!reach(tree, path, true, &parent, &node, &created, failure)) return false;
    node_set(tree, node, value);
    return true;
}

static bool apply_rename(struct tree *tree, const struct value *operand, struct failure *failure) {
    struct node *parent, *node;
    struct buffer room = {0};
    struct value value;
    bool created;
    if (!reach(tree, operand->name, false, &parent, &node, &created, failure)) return false;
    if (!node) return true;
    if (parent->value.type == BSON_ARRAY) return fail(failure, BAD_VALUE, "The source field cannot be an array element");
    node_value(node, &room, &value);
    node_remove(parent, node);
    bool done = apply_set(tree, bson_to_text(operand), &value, failure);
    buffer_free(&room);
    return done;
}

static bool apply_extreme(struct tree *tree, bool least, const struct value *operand, struct failure *failure) {
    struct node *parent, *node;
    bool created;
    if (!reach(tree, operand->name, true, &parent, &node, &created, failure)) return false;
    struct buffer room = {0};
    struct value value;
    node_value(node, &room, &value);
    int order = bson_compare(operand, &value);
    if (created || (least ? order < 0 : order > 0)) node_set(tree, node, operand);
    buffer_free(&room);
    return true;
}

static bool apply_date(struct tree *tree, const char *path, struct failure *failure) {
    struct buffer room = {0};
    struct value value;
    size_t opened = bson_open(&room);
    bson_put_date(&room, "v", wall_clock_ms());
    bson_close(&room, opened);
    bson_find(room.bytes, "v", &value);
    bool done = apply_set(tree, path, &value, failure);
    buffer_free(&room);
    return done;
}

static bool apply_operator(struct tree *tree, const char *name, const struct value *field, bool inserting, struct failure *failure) {
    if (!strcmp(name, "$set")) return apply_set(tree, field->name, field, failure);
    if (!strcmp(name, "$setOnInsert")) return !inserting || apply_set(tree, field->name, field, failure);
    if (!strcmp(name, "$unset")) return apply_unset(tree, field->name, failure);
    if (!strcmp(name, "$inc")) return apply_number(tree, false, field, failure);
    if (!strcmp(name, "$mul")) return apply_number(tree, true, field, failure);
    if (!strcmp(name, "$min")) return apply_extreme(tree, true, field, failure);
    if (!strcmp(name, "$max")) return apply_extreme(tree, false, field, failure);
    if (!strcmp(name, "$push")) return apply_push(tree, false, field, failure);
    if (!strcmp(name, "$addToSet")) return apply_push(tree, true, field, failure);
    if (!strcmp(name, "$pull")) return apply_pull(tree, false, field, failure);
    if (!strcmp(name, "$pop")) return apply_pull(tree, true, field, failure);
    if (!strcmp(name, "$rename")) return apply_rename(tree, field, failure);
    return apply_date(tree, field->name, failure);
}

static void replace(const uint8_t *document, const uint8_t *update, struct buffer *out) {
    struct value id, each;
    size_t opened = bson_open(out);
    if (bson_find(update, "_id", &id) || bson_find(document, "_id", &id)) bson_put(out, "_id", &id);
    struct bson_iterator all = bson_iterate(update);
    while (bson_next(&all, &each))
        if (strcmp(each.name, "_id")) bson_put(out, each.name, &each);
    bson_close(out, opened);
}

bool update_apply(const uint8_t *document, const uint8_t *update, bool inserting, struct buffer *out, struct failure *failure) {
    size_t start = out->length;
    bool done = true;
    if (update_is_replacement(update)) {
        replace(document, update, out);
    } else {
        struct tree tree;
        tree_read(&tree, document);
        struct bson_iterator all = bson_iterate(update), fields;
        struct value operator, field;
        while (done && bson_next(&all, &operator)) {
            fields = bson_iterate(operator.bytes);
            while (done && bson_next(&fields, &field)) done = apply_operator(&tree, operator.name, &field, inserting, failure);
        }
        if (done) tree_write(&tree, out);
        tree_free(&tree);
    }
    if (!done) return false;
    struct value before, after;
    bool had = bson_find(document, "_id", &before), has = bson_find(out->bytes + start, "_id", &after);
    if (had && (!has || bson_compare(&before, &after)))
        return fail(failure, IMMUTABLE_FIELD, "Performing an update on the path '_id' would modify the immutable field '_id'");
    if (out->length - start > BSON_DOCUMENT_BYTES || !bson_valid(out->bytes + start, out->length - start))
        return fail(failure, BSON_OBJECT_TOO_LARGE, "Resulting document after update is larger than %d or nested deeper than %d levels", BSON_DOCUMENT_BYTES, BSON_DEPTH);
    return true;
}

static bool seed(struct tree *tree, const uint8_t *filter, struct failure *failure) {
    struct bson_iterator all = bson_iterate(filter), inside;
    struct value each, branch;
    while (bson_next(&all, &each)) {
        if (!strcmp(each.name, "$and")) {
            inside = bson_iterate(each.bytes);
            while (bson_next(&inside, &branch))
                if (!seed(tree, branch.bytes, failure)) return false;
        } else if (each.name[0] == '$') {
            continue;
        } else if (!is_operators(&each)) {
            if (!check_path(each.name, failure) || !apply_set(tree, each.name, &each, failure)) return false;
        } else if (bson_find(each.bytes, "$eq", &branch)) {
            if (!check_path(each.name, failure) || !apply_set(tree, each.name, &branch, failure)) return false;
        }
    }
    return true;
}

bool update_seed(const uint8_t *filter, struct buffer *out, struct failure *failure) {
    struct tree tree;
    tree_read(&tree, bson_empty);
    bool done = seed(&tree, filter, failure);
    if (done) tree_write(&tree, out);
    tree_free(&tree);
    return done;
}
