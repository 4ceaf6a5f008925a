/* Dotted paths into documents, as filters, sorting and distinct take them: arrays on the way are gone through. */
#pragma once
#include "../../stand-in/bson.h"

/* Longest path, and most parts of one. */
enum { PATH_BYTES = 1024 };

/* Called with each value at the path, NULL where a document ends before it. True ends the visit. */
typedef bool path_visit(void *context, const struct value *);
/* Whether a visit said true. With `elements`, elements of an array at the path's end are visited too, before the array. */
bool visit_path(const uint8_t *document, const char *path, bool elements, path_visit *, void *context);
