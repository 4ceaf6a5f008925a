/* A document taken apart, to be changed and put together again. Values that stay are not copied. */
#pragma once
#include "../../stand-in/bson.h"

struct node {
    struct node *next, *first, *last;
    /* Of an open document or array the children say what is inside, and the value's bytes are not used. */
    struct value value;
    bool open;
};

struct tree {
    struct node *root;
    /* All nodes and copied texts, freed together. */
    struct chunk *chunks;
};

/* @param document must stay as long as the tree */
void tree_read(struct tree *, const uint8_t *document);
void tree_write(const struct tree *, struct buffer *out);
void tree_free(struct tree *);

/* Takes a document or array apart into children; before, it has none. */
void node_open(struct tree *, struct node *);
struct node *node_child(struct tree *, struct node *parent, const char *name, size_t length);
/* A new last child with a copy of this value. */
struct node *node_add(struct tree *, struct node *parent, const char *name, size_t length, const struct value *);
void node_set(struct tree *, struct node *, const struct value *);
void node_remove(struct node *parent, struct node *child);
/* The node as bytes of its own; the value points into out. */
void node_value(const struct node *, struct buffer *out, struct value *value);
uint32_t node_count(struct tree *, struct node *);
