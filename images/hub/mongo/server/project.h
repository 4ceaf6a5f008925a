/* Projections: some fields in, or some fields out. And the order of documents. */
#pragma once
#include "../../stand-in/bson.h"
#include "failure.h"

/* NULL-safe: no projection takes everything. */
bool projection_check(const uint8_t *projection, struct failure *);
void project(const uint8_t *document, const uint8_t *projection, struct buffer *out);

bool sort_check(const uint8_t *sort, struct failure *);
int sort_compare(const uint8_t *sort, const uint8_t *a, const uint8_t *b);
