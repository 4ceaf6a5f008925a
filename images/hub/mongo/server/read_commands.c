/* find, count, distinct. */
#include "filter.h"
#include "path.h"
#include "project.h"
#include "results.h"
#include <stdlib.h>
#include <string.h>

bool command_find(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"collation", "min", "max", "returnKey", "showRecordId", "tailable", "awaitData", "let", NULL};
    char name[NAMESPACE_BYTES + 1];
    const uint8_t *filter, *sort, *projection;
    int64_t skip = 0, limit = 0, batch = -1;
    if (!command_namespace(command, name, failure) || !refuse_fields(command->body, unknown, failure)) return false;
    if (!command_document(command, "filter", &filter, failure) || !command_document(command, "sort", &sort, failure) || !command_document(command, "projection", &projection, failure)) return false;
    if (!command_count(command, "skip", &skip, failure) || !command_count(command, "limit", &limit, failure) || !command_count(command, "batchSize", &batch, failure)) return false;
    if (!filter) filter = bson_empty;
    if (!filter_check(filter, failure) || !projection_check(projection, failure) || (sort && !sort_check(sort, failure))) return false;
    struct results results = {0};
    bool sorted = sort && bson_size(sort) > 5;
    collect(store_find(name), filter, sorted || !limit || skip > INT32_MAX || limit > INT32_MAX ? 0 : skip + limit, &results);
    results_sort(&results, sort);
    results_cut(&results, skip, limit);
    return reply_with_cursor(name, &results, projection, batch, command_flag(command, "singleBatch"), reply, failure);
}

bool command_count_documents(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"collation", NULL};
    char name[NAMESPACE_BYTES + 1];
    const uint8_t *filter;
    int64_t skip = 0, limit = 0;
    if (!command_namespace(command, name, failure) || !refuse_fields(command->body, unknown, failure) || !command_document(command, "query", &filter, failure)) return false;
    if (!command_count(command, "skip", &skip, failure) || !command_count(command, "limit", &limit, failure)) return false;
    if (filter && !filter_check(filter, failure)) return false;
    const struct collection *collection = store_find(name);
    int64_t count = collection ? collection->count : 0;
    if (filter && bson_size(filter) > 5) {
        struct results results = {0};
        collect(collection, filter, 0, &results);
        count = results.count;
        results_free(&results);
    }
    count = skip < count ? count - skip : 0;
    bson_put_int(reply, "n", limit && limit < count ? limit : count);
    return true;
}

/* Values seen so far, each once. */
struct distinct {
    struct buffer *reply;
    struct value *seen;
    uint32_t count, capacity, *table, table_size;
};

static bool add_distinct(void *context, const struct value *value) {
    struct distinct *distinct = context;
    if (!value || value->type == BSON_ARRAY) return false;
    if (2 * (distinct->count + 1) > distinct->table_size) {
        distinct->table_size = distinct->table_size ? 2 * distinct->table_size : 64;
        distinct->table = reallocate(distinct->table, distinct->table_size * sizeof *distinct->table);
        memset(distinct->table, 0, distinct->table_size * sizeof *distinct->table);
        for (uint32_t i = 0; i < distinct->count; i++) {
            uint32_t slot = bson_hash(&distinct->seen[i]) & (distinct->table_size - 1);
            while (distinct->table[slot]) slot = (slot + 1) & (distinct->table_size - 1);
            distinct->table[slot] = i + 1;
        }
    }
    uint32_t slot = bson_hash(value) & (distinct->table_size - 1);
    for (; distinct->table[slot]; slot = (slot + 1) & (distinct->table_size - 1))
        if (!bson_compare(value, &distinct->seen[distinct->table[slot] - 1])) return false;
    if (distinct->count == distinct->capacity) {
        distinct->capacity = distinct->capacity ? 2 * distinct->capacity : 64;
        distinct->seen = reallocate(distinct->seen, distinct->capacity * sizeof *distinct->seen);
    }
    char index[12];
    distinct->seen[distinct->count] = *value;
    distinct->table[slot] = distinct->count + 1;
    bson_put(distinct->reply, bson_index(distinct->count++, index), value);
    return distinct->reply->length > BSON_DOCUMENT_BYTES;
}

bool command_distinct(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"collation", NULL};
    char name[NAMESPACE_BYTES + 1];
    const char *key;
    const uint8_t *filter;
    if (!command_namespace(command, name, failure) || !refuse_fields(command->body, unknown, failure) || !command_document(command, "query", &filter, failure)) return false;
    if (!bson_lookup_text(command->body, "key", &key)) return fail(failure, 40414, "BSON field 'distinct.key' is missing but a required field");
    if (strlen(key) >= PATH_BYTES) return fail(failure, BAD_VALUE, "a path has at most %d bytes", PATH_BYTES - 1);
    if (!filter) filter = bson_empty;
    if (!filter_check(filter, failure)) return false;
    struct results results = {0};
    collect(store_find(name), filter, 0, &results);
    size_t opened = bson_open_child(reply, BSON_ARRAY, "values");
    struct distinct distinct = {.reply = reply};
    bool full = false;
    for (uint32_t i = 0; i < results.count && !full; i++) full = visit_path(results.records[i]->bson, key, true, add_distinct, &distinct);
    bson_close(reply, opened);
    free(distinct.seen);
    free(distinct.table);
    results_free(&results);
    return !full || fail(failure, 17217, "distinct too big, 16mb cap");
}
