/* Updates: operators on a document, or another document in its place. */
#pragma once
#include "../../stand-in/bson.h"
#include "failure.h"

/* Whether the update is made of operators (and not a replacement), all of them known. */
bool update_check(const struct value *update, bool multi, struct failure *);
bool update_is_replacement(const uint8_t *update);
/*
 * The document after the update, appended to out; its _id stays.
 * @param inserting as an upsert does: $setOnInsert counts
 */
bool update_apply(const uint8_t *document, const uint8_t *update, bool inserting, struct buffer *out, struct failure *);
/* What an upsert begins with: the filter's equalities. */
bool update_seed(const uint8_t *filter, struct buffer *out, struct failure *);
