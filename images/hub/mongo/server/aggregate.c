/* aggregate: $match $sort $skip $limit $project $group $count, in any order. */
#include "filter.h"
#include "group.h"
#include "project.h"
#include "results.h"
#include <string.h>

enum { STAGES = 50 };

static bool check_stage(const struct value *stage, struct failure *failure) {
    struct value operator;
    if (stage->type != BSON_DOCUMENT || bson_count(stage->bytes) != 1) return fail(failure, 40323, "A pipeline stage specification object must contain exactly one field.");
    struct bson_iterator inside = bson_iterate(stage->bytes);
    bson_next(&inside, &operator);
    const char *name = operator.name;
    int64_t number = -1;
    if (!strcmp(name, "$skip") || !strcmp(name, "$limit")) {
        if (!bson_to_int64(&operator, &number) || number < 0 || (number == 0 && name[1] == 'l')) return fail(failure, 15958, "the %s must be %s", name + 1, name[1] == 'l' ? "positive" : "at least 0");
        return true;
    }
    if (!strcmp(name, "$count")) {
        const char *field = bson_to_text(&operator);
        return (field && *field && *field != '$' && !strchr(field, '.')) || fail(failure, 40156, "the count field must be a non-empty string");
    }
    bool known = !strcmp(name, "$match") || !strcmp(name, "$sort") || !strcmp(name, "$project") || !strcmp(name, "$group");
    if (!known && name[0] != '$') return fail(failure, UNKNOWN_STAGE, "Unrecognized pipeline stage name: '%.100s'", name);
    if (!known) return fail_stand_in(failure, "aggregations have no %.100s; they know $match $sort $skip $limit $project $group $count", name);
    if (operator.type != BSON_DOCUMENT) return fail(failure, 15959, "the specification of %s must be an object", name);
    if (!strcmp(name, "$match")) return filter_check(operator.bytes, failure);
    if (!strcmp(name, "$sort")) return bson_size(operator.bytes) > 5 ? sort_check(operator.bytes, failure) : fail(failure, 15976, "$sort stage must have at least one sort key");
    if (!strcmp(name, "$project")) return bson_size(operator.bytes) > 5 ? projection_check(operator.bytes, failure) : fail(failure, 51272, "Invalid $project :: caused by :: projection specification must have at least one field");
    return group_check(operator.bytes, failure);
}

static void match(struct results *results, const uint8_t *filter) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < results->count; i++) {
        if (filter_matches(filter, results->records[i]->bson)) results->records[kept++] = results->records[i];
        else record_release(results->records[i]);
    }
    results->count = kept;
}

static void project_all(struct results *results, const uint8_t *projection) {
    for (uint32_t i = 0; i < results->count; i++) {
        struct buffer out = {0};
        project(results->records[i]->bson, projection, &out);
        record_release(results->records[i]);
        results->records[i] = record_make(out.bytes, out.length);
        buffer_free(&out);
    }
}

static void count_all(struct results *results, const char *field) {
    struct buffer out = {0};
    uint32_t count = results->count;
    size_t opened = bson_open(&out);
    bson_put_int(&out, field, count);
    bson_close(&out, opened);
    results_free(results);
    if (count) results_add(results, record_make(out.bytes, out.length));
    buffer_free(&out);
}

static bool run_stage(struct results *results, const struct value *operator, struct failure *failure) {
    const char *name = operator->name;
    int64_t number = 0;
    bson_to_int64(operator, &number);
    if (!strcmp(name, "$match")) match(results, operator->bytes);
    else if (!strcmp(name, "$sort")) results_sort(results, operator->bytes);
    else if (!strcmp(name, "$skip")) results_cut(results, number, 0);
    else if (!strcmp(name, "$limit")) results_cut(results, 0, number);
    else if (!strcmp(name, "$project")) project_all(results, operator->bytes);
    else if (!strcmp(name, "$count")) count_all(results, bson_to_text(operator));
    else return group(results, operator->bytes, failure);
    return true;
}

bool command_aggregate(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"collation", "explain", "let", NULL};
    char name[NAMESPACE_BYTES + 1];
    const uint8_t *cursor;
    struct value pipeline, stage, operator;
    int64_t batch = -1;
    if (!bson_to_text(&command->subject)) return fail_stand_in(failure, "aggregations are about a collection");
    if (!command_namespace(command, name, failure) || !refuse_fields(command->body, unknown, failure) || !command_document(command, "cursor", &cursor, failure)) return false;
    if (!bson_find(command->body, "pipeline", &pipeline) || pipeline.type != BSON_ARRAY) return fail(failure, TYPE_MISMATCH, "'pipeline' option must be specified as an array");
    if (!cursor) return fail(failure, FAILED_TO_PARSE, "The 'cursor' option is required, except for aggregate with the explain argument");
    if (bson_count(pipeline.bytes) > STAGES) return fail_stand_in(failure, "a pipeline has at most %d stages", STAGES);
    struct value asked;
    if (bson_find(cursor, "batchSize", &asked) && (!bson_to_int64(&asked, &batch) || batch < 0)) return fail(failure, BAD_VALUE, "cursor.batchSize must be a number >= 0");
    struct bson_iterator all = bson_iterate(pipeline.bytes);
    while (bson_next(&all, &stage))
        if (!check_stage(&stage, failure)) return false;
    struct results results = {0};
    collect(store_find(name), bson_empty, 0, &results);
    all = bson_iterate(pipeline.bytes);
    while (bson_next(&all, &stage)) {
        struct bson_iterator inside = bson_iterate(stage.bytes);
        bson_next(&inside, &operator);
        if (run_stage(&results, &operator, failure)) continue;
        results_free(&results);
        return false;
    }
    return reply_with_cursor(name, &results, NULL, batch, false, reply, failure);
}
