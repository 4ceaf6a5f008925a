/* $group by a constant, a field, or a document of fields; with $sum $avg $min $max $first $last $push $addToSet $count. */
#include "group.h"
#include "path.h"
#include <stdlib.h>
#include <string.h>

enum { ACCUMULATORS = 16 };

static const char *const operators[] = {"$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet", "$count", NULL};

/* One accumulator of one group. */
struct total {
    int64_t whole, count;
    double real;
    bool is_real, is_wide;
    /* A document with the value as `v`, or the array's elements, not closed. */
    struct buffer kept;
};

struct group {
    struct buffer key;
    struct total totals[ACCUMULATORS];
};

/* Constants, "$field" and documents of these are the expressions there are. */
static bool check_expression(const struct value *expression, bool documents, struct failure *failure) {
    const char *text = bson_to_text(expression);
    if (text && *text == '$' && (text[1] == '$' || !text[1] || strlen(text) >= PATH_BYTES)) return fail_stand_in(failure, "aggregations have no variable '%.100s'", text);
    if (expression->type == BSON_ARRAY) return fail_stand_in(failure, "aggregations have no arrays as expressions");
    if (expression->type != BSON_DOCUMENT) return true;
    struct bson_iterator all = bson_iterate(expression->bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        if (each.name[0] == '$') return fail_stand_in(failure, "aggregations have no operator %.100s in expressions", each.name);
        if (!documents || !check_expression(&each, documents, failure)) return documents ? false : fail_stand_in(failure, "accumulators take a number or \"$field\"");
    }
    return true;
}

bool group_check(const uint8_t *stage, struct failure *failure) {
    struct bson_iterator all = bson_iterate(stage);
    struct value each, operand;
    bool id = false;
    int count = 0;
    while (bson_next(&all, &each)) {
        if (!strcmp(each.name, "_id")) {
            id = true;
            if (!check_expression(&each, true, failure)) return false;
            continue;
        }
        if (each.type != BSON_DOCUMENT || bson_count(each.bytes) != 1) return fail(failure, 40234, "The field '%.100s' must be an accumulator object", each.name);
        struct bson_iterator inside = bson_iterate(each.bytes);
        bson_next(&inside, &operand);
        const char *const *known = operators;
        while (*known && strcmp(*known, operand.name)) known++;
        if (!*known) return fail_stand_in(failure, "$group has no %.100s; it knows $sum $avg $min $max $first $last $push $addToSet $count", operand.name);
        if (strcmp(operand.name, "$count") && !check_expression(&operand, false, failure)) return false;
        if (++count > ACCUMULATORS) return fail_stand_in(failure, "$group takes at most %d accumulators", ACCUMULATORS);
    }
    return id || fail(failure, 15955, "a group specification must include an _id");
}

static bool take_value(void *context, const struct value *value) {
    struct value *out = context;
    if (value) *out = *value;
    return true;
}

/* The value of an expression; the type is BSON_END when the field is missing. Documents are written by put_expression. */
static struct value evaluate(const struct value *expression, const uint8_t *document) {
    const char *text = bson_to_text(expression);
    if (!text || *text != '$') return *expression;
    struct value found = {.type = BSON_END, .name = ""};
    visit_path(document, text + 1, false, take_value, &found);
    return found;
}

static void put_expression(struct buffer *out, const char *name, const struct value *expression, const uint8_t *document) {
    if (expression->type != BSON_DOCUMENT) {
        struct value value = evaluate(expression, document);
        if (value.type == BSON_END) value = (struct value){.type = BSON_NULL};
        bson_put(out, name, &value);
        return;
    }
    size_t opened = bson_open_child(out, BSON_DOCUMENT, name);
    struct bson_iterator all = bson_iterate(expression->bytes);
    struct value each;
    while (bson_next(&all, &each)) put_expression(out, each.name, &each, document);
    bson_close(out, opened);
}

static void keep(struct total *total, const struct value *value) {
    total->kept.length = 0;
    size_t opened = bson_open(&total->kept);
    bson_put(&total->kept, "v", value);
    bson_close(&total->kept, opened);
}

static bool kept_value(const struct total *total, struct value *out) {
    return total->kept.length && bson_find(total->kept.bytes, "v", out);
}

static bool push(struct total *total, const struct value *value, bool as_set) {
    char index[12];
    struct value each;
    if (as_set && total->kept.length) {
        /* Closed for a moment, to be looked through. */
        buffer_byte(&total->kept, 0);
        total->kept.length--;
        struct bson_iterator all = bson_iterate(total->kept.bytes);
        while (bson_next(&all, &each))
            if (!bson_compare(&each, value)) return true;
    }
    if (!total->kept.length) bson_open(&total->kept);
    bson_put(&total->kept, bson_index((uint32_t)total->count++, index), value);
    return total->kept.length < BSON_DOCUMENT_BYTES;
}

static bool accumulate(struct total *total, const char *name, const struct value *expression, const uint8_t *document, struct failure *failure) {
    struct value value = evaluate(expression, document), before;
    bool null = value.type == BSON_END || value.type == BSON_NULL;
    if (!strcmp(name, "$count")) {
        total->whole++;
    } else if (!strcmp(name, "$sum") || !strcmp(name, "$avg")) {
        if (!bson_is_number(&value)) return true;
        int64_t number = 0;
        total->count++;
        total->real += bson_to_double(&value);
        if (value.type == BSON_DOUBLE || value.type == BSON_DECIMAL || !bson_to_int64(&value, &number) || __builtin_add_overflow(total->whole, number, &total->whole)) total->is_real = true;
        if (value.type == BSON_INT64) total->is_wide = true;
    } else if (!strcmp(name, "$min") || !strcmp(name, "$max")) {
        if (null) return true;
        int order = kept_value(total, &before) ? bson_compare(&value, &before) : 0;
        if (!total->kept.length || (name[2] == 'i' ? order < 0 : order > 0)) keep(total, &value);
    } else if (!strcmp(name, "$push") || !strcmp(name, "$addToSet")) {
        if (value.type != BSON_END && !push(total, &value, name[1] == 'a')) return fail(failure, EXCEEDED_MEMORY, "$push used too much memory and cannot spill to disk");
    } else {
        if (value.type == BSON_END) value = (struct value){.type = BSON_NULL};
        if (!strcmp(name, "$last") || !total->kept.length) keep(total, &value);
    }
    return true;
}

static void put_total(struct buffer *out, const char *field, const char *name, struct total *total) {
    struct value value;
    if (!strcmp(name, "$avg")) {
        if (total->count) bson_put_double(out, field, total->real / (double)total->count);
        else bson_put_null(out, field);
    } else if (!strcmp(name, "$sum") || !strcmp(name, "$count")) {
        if (total->is_real) bson_put_double(out, field, total->real);
        else if (total->is_wide) bson_put_int64(out, field, total->whole);
        else bson_put_int(out, field, total->whole);
    } else if (!strcmp(name, "$push") || !strcmp(name, "$addToSet")) {
        if (!total->kept.length) bson_open(&total->kept);
        bson_close(&total->kept, 0);
        value = (struct value){.type = BSON_ARRAY, .bytes = total->kept.bytes, .size = (uint32_t)total->kept.length};
        bson_put(out, field, &value);
    } else if (kept_value(total, &value)) {
        bson_put(out, field, &value);
    } else {
        bson_put_null(out, field);
    }
}

static void group_key(const struct group *group, struct value *out) {
    bson_find(group->key.bytes, "_id", out);
}

/* The group of a key, made when it is new. */
static struct group *find_group(struct group ***groups, uint32_t *count, uint32_t **table, uint32_t *size, struct buffer *key) {
    struct value id, other;
    if (2 * (*count + 1) > *size) {
        *size = *size ? 2 * *size : 64;
        *table = reallocate(*table, *size * sizeof **table);
        memset(*table, 0, *size * sizeof **table);
        *groups = reallocate(*groups, *size * sizeof **groups);
        for (uint32_t i = 0; i < *count; i++) {
            group_key((*groups)[i], &other);
            uint32_t slot = bson_hash(&other) & (*size - 1);
            while ((*table)[slot]) slot = (slot + 1) & (*size - 1);
            (*table)[slot] = i + 1;
        }
    }
    bson_find(key->bytes, "_id", &id);
    uint32_t slot = bson_hash(&id) & (*size - 1);
    for (; (*table)[slot]; slot = (slot + 1) & (*size - 1)) {
        group_key((*groups)[(*table)[slot] - 1], &other);
        if (bson_compare(&id, &other)) continue;
        buffer_free(key);
        return (*groups)[(*table)[slot] - 1];
    }
    struct group *made = allocate(sizeof *made);
    *made = (struct group){.key = *key};
    *key = (struct buffer){0};
    (*groups)[*count] = made;
    (*table)[slot] = ++*count;
    return made;
}

static bool add_document(struct group *group, const uint8_t *stage, const uint8_t *document, struct failure *failure) {
    struct bson_iterator all = bson_iterate(stage), inside;
    struct value each, operand;
    for (int i = 0; bson_next(&all, &each);) {
        if (!strcmp(each.name, "_id")) continue;
        inside = bson_iterate(each.bytes);
        bson_next(&inside, &operand);
        if (!accumulate(&group->totals[i++], operand.name, &operand, document, failure)) return false;
    }
    return true;
}

static struct record *finish_group(struct group *group, const uint8_t *stage) {
    struct buffer out = {0};
    struct bson_iterator all = bson_iterate(stage), inside;
    struct value each, operand, id;
    size_t opened = bson_open(&out);
    group_key(group, &id);
    bson_put(&out, "_id", &id);
    for (int i = 0; bson_next(&all, &each);) {
        if (!strcmp(each.name, "_id")) continue;
        inside = bson_iterate(each.bytes);
        bson_next(&inside, &operand);
        put_total(&out, each.name, operand.name, &group->totals[i++]);
    }
    bson_close(&out, opened);
    struct record *record = record_make(out.bytes, out.length);
    buffer_free(&out);
    return record;
}

bool group(struct results *results, const uint8_t *stage, struct failure *failure) {
    struct group **groups = NULL;
    uint32_t count = 0, *table = NULL, size = 0;
    struct value expression;
    struct results out = {0};
    bool done = true;
    bson_find(stage, "_id", &expression);
    for (uint32_t i = 0; done && i < results->count; i++) {
        struct buffer key = {0};
        size_t opened = bson_open(&key);
        put_expression(&key, "_id", &expression, results->records[i]->bson);
        bson_close(&key, opened);
        done = add_document(find_group(&groups, &count, &table, &size, &key), stage, results->records[i]->bson, failure);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (done) results_add(&out, finish_group(groups[i], stage));
        for (int j = 0; j < ACCUMULATORS; j++) buffer_free(&groups[i]->totals[j].kept);
        buffer_free(&groups[i]->key);
        free(groups[i]);
    }
    free(groups);
    free(table);
    results_free(results);
    *results = out;
    return done;
}
