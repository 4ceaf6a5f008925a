/*
 * All documents, in memory, and the journal that keeps them: databases are what their collections' names say.
 *
 * A change is made in memory and noted for the journal; store_commit writes what was noted, or undoes the changes when it
 * cannot be written. So memory and disk say the same after every command.
 */
#pragma once
#include "../../stand-in/bson.h"
#include "failure.h"

enum {
    COLLECTIONS = 1000,
    /* `database.collection`, as MongoDB bounds it. */
    NAMESPACE_BYTES = 255,
};

/* A document; whoever holds on to it counts. Its first field is _id. */
struct record {
    uint32_t references;
    const uint8_t *bson;
};

struct collection {
    char name[NAMESPACE_BYTES + 1];
    /* In the order of insertion; NULL where one was removed. */
    struct record **records;
    uint32_t count, used, capacity;
    /* Open hashing: 1 + place in records, 0 for free, by the hash of the _id. */
    uint32_t *table, table_size;
    uint64_t bytes;
};

/* Largest sum of the documents' sizes, with what each takes besides. Set before store_open. */
extern uint64_t store_limit_bytes;

struct collection *store_find(const char *name);
/* NULL after the last. In order of names. */
struct collection *store_at(uint32_t index);
uint64_t store_bytes(void);

/* Changes. Each returns false and says why; nothing changed then. */
struct collection *store_create(const char *name, struct failure *);
/* @param document valid; gets an _id when it has none, and has it first then */
bool store_insert(struct collection *, const uint8_t *document, struct failure *);
bool store_replace(struct collection *, uint32_t place, const uint8_t *document, struct failure *);
void store_remove(struct collection *, uint32_t place);
void store_drop(struct collection *);
/* The place of an _id; false when there is none. */
bool store_place(const struct collection *, const struct value *id, uint32_t *place);
/* Writes what was noted since the last commit. False: all of it was undone. */
bool store_commit(struct failure *);

struct record *record_hold(struct record *);
void record_release(struct record *);
/* Memory of records that nobody else holds any more. */
void record_value(const struct record *, struct value *id);

bool name_valid_database(const char *name, struct failure *);
bool name_valid_namespace(const char *name, struct failure *);

/* journal.c: */
/* Reads what was kept, and opens the journal for more. False, with a message in the failure, when it cannot. */
bool journal_open(const char *directory, struct failure *);
enum journal_kind { JOURNAL_PUT = 1, JOURNAL_REMOVE = 2, JOURNAL_CREATE = 3, JOURNAL_DROP = 4 };
void journal_note(enum journal_kind, const char *name, const uint8_t *document);
bool journal_write(struct failure *);
/* Bytes that were noted and not written yet. */
size_t journal_pending(void);
/* Makes what was written safe against a loss of power. */
bool journal_sync(struct failure *);
/* Whether something was written since the last sync. */
bool journal_dirty(void);
/* Writes the journal anew when most of it is about documents that are gone. */
void journal_compact_if_worth_it(void);
/* What a journal's record does, when it is read. */
bool store_replay(enum journal_kind, const char *name, const uint8_t *document);
