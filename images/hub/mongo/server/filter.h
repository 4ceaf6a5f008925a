/* Query filters: does a document match? */
#pragma once
#include "../../stand-in/bson.h"
#include "failure.h"

/* Whether every operator in the filter is one that filter_matches knows, with an operand that fits. */
bool filter_check(const uint8_t *filter, struct failure *);
/* @param filter one that filter_check has passed */
bool filter_matches(const uint8_t *filter, const uint8_t *document);
/* The value that an _id must equal to match, if the filter says so plainly. */
bool filter_id(const uint8_t *filter, struct value *id);
/* Whether a value passes operators ({$gt: 1}) or equals what is no operator. */
bool condition_matches(const struct value *condition, const struct value *value);
bool condition_check(const struct value *condition, struct failure *);
bool is_operators(const struct value *condition);
