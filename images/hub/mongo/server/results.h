/* Lists of records on their way to a client, and the cursors that hand them out in pieces. */
#pragma once
#include "command.h"

struct results {
    struct record **records;
    uint32_t count, capacity;
};

/* The list takes the reference over. */
void results_add(struct results *, struct record *);
void results_free(struct results *);
/* Keeps the order of what is equal. */
void results_sort(struct results *, const uint8_t *sort);
/* Leaves out so many at the beginning and all behind so many. A limit of 0 is none. */
void results_cut(struct results *, int64_t skip, int64_t limit);
struct record *record_make(const uint8_t *document, size_t size);

/* All that match, in the order of insertion; at most so many (0: all). */
void collect(const struct collection *, const uint8_t *filter, int64_t limit, struct results *out);

/*
 * Writes `cursor: {firstBatch, id, ns}`. The results are taken over by a cursor when not all fit.
 * @param batch most documents; negative for the server's choice
 */
bool reply_with_cursor(const char *name, struct results *, const uint8_t *projection, int64_t batch, bool single, struct buffer *reply, struct failure *);
/* Ends the cursors that nobody asked for in ten minutes. */
void expire_cursors(int64_t now_ms);
