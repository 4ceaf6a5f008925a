/* Walks a dotted path. */
#include "path.h"
#include <ctype.h>
#include <string.h>

static bool is_index(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i])) return false;
    return length > 0 && length < 10;
}

static bool find_part(const uint8_t *document, const char *part, size_t length, struct value *out) {
    struct bson_iterator all = bson_iterate(document);
    while (bson_next(&all, out))
        if (!strncmp(out->name, part, length) && !out->name[length]) return true;
    return false;
}

static bool visit_end(const struct value *value, bool elements, path_visit *visit, void *context) {
    if (elements && value->type == BSON_ARRAY) {
        struct bson_iterator all = bson_iterate(value->bytes);
        struct value each;
        while (bson_next(&all, &each))
            if (visit(context, &each)) return true;
    }
    return visit(context, value);
}

static bool visit_in(const uint8_t *document, const char *path, bool elements, path_visit *visit, void *context);

/* Goes on below a value that the path leads through. */
static bool visit_below(const struct value *value, const char *rest, bool elements, path_visit *visit, void *context) {
    if (value->type == BSON_DOCUMENT) return visit_in(value->bytes, rest, elements, visit, context);
    if (value->type != BSON_ARRAY) return visit(context, NULL);
    size_t length = strcspn(rest, ".");
    struct value each;
    if (is_index(rest, length) && find_part(value->bytes, rest, length, &each)) {
        bool done = rest[length] ? visit_below(&each, rest + length + 1, elements, visit, context) : visit_end(&each, elements, visit, context);
        if (done) return true;
    }
    struct bson_iterator all = bson_iterate(value->bytes);
    while (bson_next(&all, &each))
        if (each.type == BSON_DOCUMENT && visit_in(each.bytes, rest, elements, visit, context)) return true;
    return false;
}

static bool visit_in(const uint8_t *document, const char *path, bool elements, path_visit *visit, void *context) {
    size_t length = strcspn(path, ".");
    struct value found;
    if (!find_part(document, path, length, &found)) return visit(context, NULL);
    if (!path[length]) return visit_end(&found, elements, visit, context);
    return visit_below(&found, path + length + 1, elements, visit, context);
}

bool visit_path(const uint8_t *document, const char *path, bool elements, path_visit *visit, void *context) {
    return visit_in(document, path, elements, visit, context);
}
