/* Documents that are held by a collection, by cursors, or by a change that may be undone. */
#include "store.h"
#include <stdlib.h>

struct record *record_hold(struct record *record) {
    record->references++;
    return record;
}

void record_release(struct record *record) {
    if (record && --record->references == 0) free(record);
}

void record_value(const struct record *record, struct value *id) {
    struct bson_iterator first = bson_iterate(record->bson);
    bson_next(&first, id);
}
