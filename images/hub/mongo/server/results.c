/* Lists of records. */
#include "results.h"
#include "filter.h"
#include "project.h"
#include <stdlib.h>
#include <string.h>

void results_add(struct results *results, struct record *record) {
    if (results->count == results->capacity) {
        results->capacity = results->capacity ? results->capacity * 2 : 32;
        results->records = reallocate(results->records, results->capacity * sizeof *results->records);
    }
    results->records[results->count++] = record;
}

void results_free(struct results *results) {
    for (uint32_t i = 0; i < results->count; i++) record_release(results->records[i]);
    free(results->records);
    *results = (struct results){0};
}

void results_sort(struct results *results, const uint8_t *sort) {
    if (!sort || bson_size(sort) == 5 || results->count < 2) return;
    struct record **from = results->records, **to = allocate(results->count * sizeof *to), **other;
    /* Merges runs of twice the length, until one is left. */
    for (uint32_t width = 1; width < results->count; width *= 2) {
        for (uint32_t start = 0; start < results->count; start += 2 * width) {
            uint32_t middle = start + width < results->count ? start + width : results->count;
            uint32_t end = middle + width < results->count ? middle + width : results->count, left = start, right = middle;
            for (uint32_t i = start; i < end; i++) {
                bool take_left = left < middle && (right == end || sort_compare(sort, from[left]->bson, from[right]->bson) <= 0);
                to[i] = from[take_left ? left++ : right++];
            }
        }
        other = from;
        from = to;
        to = other;
    }
    results->records = from;
    results->capacity = results->count;
    free(to);
}

void results_cut(struct results *results, int64_t skip, int64_t limit) {
    uint32_t first = skip < results->count ? (uint32_t)skip : results->count;
    uint32_t end = limit && limit < results->count - first ? first + (uint32_t)limit : results->count;
    for (uint32_t i = 0; i < first; i++) record_release(results->records[i]);
    for (uint32_t i = end; i < results->count; i++) record_release(results->records[i]);
    results->count = end - first;
    if (first) memmove(results->records, results->records + first, results->count * sizeof *results->records);
}

struct record *record_make(const uint8_t *document, size_t size) {
    struct record *record = allocate(sizeof *record + size);
    uint8_t *bytes = (uint8_t *)(record + 1);
    memcpy(bytes, document, size);
    *record = (struct record){.references = 1, .bson = bytes};
    return record;
}

void collect(const struct collection *collection, const uint8_t *filter, int64_t limit, struct results *out) {
    struct value id;
    uint32_t place;
    if (!collection) return;
    if (filter_id(filter, &id) && id.type != BSON_NULL && !bson_is_container(&id)) {
        if (store_place(collection, &id, &place) && filter_matches(filter, collection->records[place]->bson)) results_add(out, record_hold(collection->records[place]));
        return;
    }
    for (uint32_t i = 0; i < collection->used && (!limit || out->count < limit); i++)
        if (collection->records[i] && filter_matches(filter, collection->records[i]->bson)) results_add(out, record_hold(collection->records[i]));
}
