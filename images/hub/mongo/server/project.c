/* Projections of plain and dotted fields. */
#include "project.h"
#include "path.h"
#include <string.h>

/* Whether the projection names what is wanted, as against what is not; an _id of its own says neither. */
static bool is_inclusive(const uint8_t *projection) {
    struct bson_iterator all = bson_iterate(projection);
    struct value each;
    bool id = false, only_id = true;
    while (bson_next(&all, &each)) {
        if (!strcmp(each.name, "_id")) {
            id = bson_truth(&each);
            continue;
        }
        only_id = false;
        if (bson_truth(&each)) return true;
    }
    return only_id && id;
}

bool projection_check(const uint8_t *projection, struct failure *failure) {
    if (!projection) return true;
    bool inclusive = is_inclusive(projection);
    struct bson_iterator all = bson_iterate(projection);
    struct value each;
    while (bson_next(&all, &each)) {
        if (!bson_is_number(&each) && each.type != BSON_BOOL) return fail_stand_in(failure, "projections say 1 or 0 for a field; '%.100s' says more", each.name);
        if (!*each.name || strlen(each.name) >= PATH_BYTES || strchr(each.name, '$')) return fail(failure, BAD_VALUE, "'%.100s' is no field to project", each.name);
        if (strcmp(each.name, "_id") && bson_truth(&each) != inclusive)
            return fail(failure, inclusive ? 31254 : 31253, "Cannot do %s on field %.200s in %s projection", inclusive ? "exclusion" : "inclusion", each.name, inclusive ? "inclusion" : "exclusion");
    }
    return true;
}

/* What the projection says of a path: itself, something below it, or nothing. */
enum mention { NOT_NAMED, NAMED, NAMED_BELOW };

static enum mention mention_of(const uint8_t *projection, const char *path) {
    struct bson_iterator all = bson_iterate(projection);
    struct value each;
    size_t length = strlen(path);
    enum mention found = NOT_NAMED;
    while (bson_next(&all, &each)) {
        if (!strcmp(each.name, path)) return NAMED;
        if (!strncmp(each.name, path, length) && each.name[length] == '.') found = NAMED_BELOW;
    }
    return found;
}

static void project_into(const uint8_t *document, bool is_array, const uint8_t *projection, bool inclusive, char *path, size_t length, struct buffer *out) {
    struct bson_iterator all = bson_iterate(document);
    struct value each;
    char index[12];
    uint32_t count = 0;
    while (bson_next(&all, &each)) {
        size_t name = strlen(each.name), below = length;
        enum mention mention = NAMED_BELOW;
        if (is_array) {
            /* Elements have no place in a path: {"a.b": 1} is about b in each of them. */
            if (!bson_is_container(&each)) {
                if (!inclusive) bson_put(out, bson_index(count++, index), &each);
                continue;
            }
        } else {
            if (length + name + 2 >= PATH_BYTES) {
                if (!inclusive) bson_put(out, each.name, &each);
                continue;
            }
            memcpy(path + length, each.name, name + 1);
            below = length + name;
            mention = mention_of(projection, path);
            if (!length && !strcmp(each.name, "_id") && mention != NAMED_BELOW) {
                struct value said;
                if (!bson_find(projection, "_id", &said) || bson_truth(&said)) bson_put(out, "_id", &each);
                continue;
            }
        }
        const char *shown = is_array ? bson_index(count, index) : each.name;
        if (mention == NAMED_BELOW && bson_is_container(&each)) {
            if (!is_array) path[below++] = '.';
            count++;
            size_t opened = bson_open_child(out, each.type, shown);
            project_into(each.bytes, each.type == BSON_ARRAY, projection, inclusive, path, below, out);
            bson_close(out, opened);
        } else if (mention == NAMED ? inclusive : !inclusive) {
            count++;
            bson_put(out, shown, &each);
        }
        path[length] = 0;
    }
}

void project(const uint8_t *document, const uint8_t *projection, struct buffer *out) {
    if (!projection || bson_size(projection) == 5) return buffer_append(out, document, bson_size(document));
    char path[PATH_BYTES] = "";
    size_t opened = bson_open(out);
    project_into(document, false, projection, is_inclusive(projection), path, 0, out);
    bson_close(out, opened);
}
