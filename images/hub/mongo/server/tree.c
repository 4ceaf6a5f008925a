/* Documents as trees of nodes, in chunks of memory that go together. */
#include "tree.h"
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024 };

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(8) uint8_t bytes[];
};

static void *take(struct tree *tree, size_t size) {
    size = (size + 7) & ~(size_t)7;
    if (!tree->chunks || tree->chunks->size - tree->chunks->used < size) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        struct chunk *made = allocate(sizeof *made + room);
        *made = (struct chunk){.next = tree->chunks, .size = room};
        tree->chunks = made;
    }
    void *out = tree->chunks->bytes + tree->chunks->used;
    tree->chunks->used += size;
    return out;
}

static void append(struct node *parent, struct node *child) {
    child->next = NULL;
    if (parent->last) parent->last->next = child;
    else parent->first = child;
    parent->last = child;
}

void node_open(struct tree *tree, struct node *node) {
    if (node->open || !bson_is_container(&node->value)) return;
    node->open = true;
    struct bson_iterator all = bson_iterate(node->value.bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        struct node *child = take(tree, sizeof *child);
        *child = (struct node){.value = each};
        append(node, child);
    }
}

void tree_read(struct tree *tree, const uint8_t *document) {
    *tree = (struct tree){0};
    tree->root = take(tree, sizeof *tree->root);
    *tree->root = (struct node){.value = {.type = BSON_DOCUMENT, .name = "", .bytes = document, .size = bson_size(document)}};
    node_open(tree, tree->root);
}

static void write_node(const struct node *node, const char *name, struct buffer *out) {
    if (!node->open) return bson_put(out, name, &node->value);
    size_t opened = bson_open_child(out, node->value.type, name);
    char text[12];
    uint32_t index = 0;
    for (const struct node *each = node->first; each; each = each->next)
        write_node(each, node->value.type == BSON_ARRAY ? bson_index(index++, text) : each->value.name, out);
    bson_close(out, opened);
}

void tree_write(const struct tree *tree, struct buffer *out) {
    size_t opened = bson_open(out);
    for (const struct node *each = tree->root->first; each; each = each->next) write_node(each, each->value.name, out);
    bson_close(out, opened);
}

void tree_free(struct tree *tree) {
    while (tree->chunks) {
        struct chunk *next = tree->chunks->next;
        free(tree->chunks);
        tree->chunks = next;
    }
}

struct node *node_child(struct tree *tree, struct node *parent, const char *name, size_t length) {
    node_open(tree, parent);
    if (parent->value.type == BSON_ARRAY) {
        struct node *each = parent->first;
        unsigned long index = strtoul(name, NULL, 10);
        while (each && index--) each = each->next;
        return each;
    }
    for (struct node *each = parent->first; each; each = each->next)
        if (!strncmp(each->value.name, name, length) && !each->value.name[length]) return each;
    return NULL;
}

struct node *node_add(struct tree *tree, struct node *parent, const char *name, size_t length, const struct value *value) {
    node_open(tree, parent);
    struct node *made = take(tree, sizeof *made);
    char *copy = take(tree, length + 1);
    memcpy(copy, name, length);
    copy[length] = 0;
    *made = (struct node){.value = {.name = copy}};
    append(parent, made);
    node_set(tree, made, value);
    return made;
}

void node_set(struct tree *tree, struct node *node, const struct value *value) {
    const char *name = node->value.name;
    uint8_t *copy = take(tree, value->size);
    if (value->size) memcpy(copy, value->bytes, value->size);
    node->value = (struct value){.type = value->type, .name = name, .bytes = copy, .size = value->size};
    node->open = false;
    node->first = node->last = NULL;
}

void node_remove(struct node *parent, struct node *child) {
    struct node *before = NULL;
    for (struct node *each = parent->first; each != child; each = each->next) before = each;
    if (before) before->next = child->next;
    else parent->first = child->next;
    if (parent->last == child) parent->last = before;
}

void node_value(const struct node *node, struct buffer *out, struct value *value) {
    size_t opened = bson_open(out);
    write_node(node, "v", out);
    bson_close(out, opened);
    bson_find(out->bytes + opened, "v", value);
}

uint32_t node_count(struct tree *tree, struct node *node) {
    node_open(tree, node);
    uint32_t count = 0;
    for (const struct node *each = node->first; each; each = each->next) count++;
    return count;
}
