/* Collections: records in order of insertion, and a table of their ids. */
#include "store.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a document takes besides its bytes: its record, its places in the list and in the table, the allocator's part. */
enum { RECORD_OVERHEAD = 48 };

uint64_t store_limit_bytes = 64 << 20;

static struct collection *collections[COLLECTIONS];
static uint32_t collection_count;
static uint64_t total_bytes;

/* A change that can be undone: the record that was there and the record that is, either may be NULL. */
struct change {
    struct collection *collection;
    uint32_t place;
    struct record *before, *after;
};

static struct change *changes;
static uint32_t change_count, change_capacity;
/* Collections that were dropped, until that is written; and the one that was made. */
static struct collection *dropped[COLLECTIONS], *created;
static uint32_t dropped_count;

uint64_t store_bytes(void) {
    return total_bytes;
}

/* The place of a name among the collections, or where it would be. */
static uint32_t collection_place(const char *name) {
    uint32_t low = 0, high = collection_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (strcmp(collections[middle]->name, name) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

struct collection *store_find(const char *name) {
    uint32_t place = collection_place(name);
    return place < collection_count && !strcmp(collections[place]->name, name) ? collections[place] : NULL;
}

struct collection *store_at(uint32_t index) {
    return index < collection_count ? collections[index] : NULL;
}

static void insert_collection(struct collection *collection) {
    uint32_t place = collection_place(collection->name);
    memmove(collections + place + 1, collections + place, (collection_count - place) * sizeof *collections);
    collections[place] = collection;
    collection_count++;
}

static void take_out_collection(const struct collection *collection) {
    uint32_t place = collection_place(collection->name);
    memmove(collections + place, collections + place + 1, (--collection_count - place) * sizeof *collections);
}

static void free_collection(struct collection *collection) {
    for (uint32_t i = 0; i < collection->used; i++) record_release(collection->records[i]);
    free(collection->records);
    free(collection->table);
    free(collection);
}

struct collection *store_create(const char *name, struct failure *failure) {
    if (!name_valid_namespace(name, failure)) return NULL;
    if (collection_count == COLLECTIONS || dropped_count == COLLECTIONS) {
        fail_stand_in(failure, "it keeps at most %d collections", COLLECTIONS);
        return NULL;
    }
    struct collection *made = allocate(sizeof *made);
    *made = (struct collection){0};
    snprintf(made->name, sizeof made->name, "%s", name);
    insert_collection(made);
    /* One command makes at most one collection. */
    created = made;
    journal_note(JOURNAL_CREATE, name, NULL);
    return made;
}

static uint32_t *find_slot(const struct collection *collection, const struct value *id) {
    uint32_t mask = collection->table_size - 1;
    for (uint32_t slot = bson_hash(id) & mask;; slot = (slot + 1) & mask) {
        uint32_t place = collection->table[slot];
        struct value other;
        if (!place) return &collection->table[slot];
        if (!collection->records[place - 1]) continue;
        record_value(collection->records[place - 1], &other);
        if (!bson_compare(id, &other)) return &collection->table[slot];
    }
}

/* Leaves out the places of removed records, and makes the table anew with room for one more. */
static void rebuild(struct collection *collection) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < collection->used; i++)
        if (collection->records[i]) collection->records[kept++] = collection->records[i];
    collection->used = kept;
    uint32_t size = 16;
    while (size < 2 * (kept + 1)) size *= 2;
    free(collection->table);
    collection->table = allocate(size * sizeof *collection->table);
    memset(collection->table, 0, size * sizeof *collection->table);
    collection->table_size = size;
    for (uint32_t i = 0; i < kept; i++) {
        struct value id;
        record_value(collection->records[i], &id);
        *find_slot(collection, &id) = i + 1;
    }
}

/* Places change when this does something, so only while no change waits that names one. */
static void make_room(struct collection *collection) {
    if (collection->table_size < 2 * (collection->used + 1)) {
        if (!change_count) {
            rebuild(collection);
        } else {
            uint32_t size = collection->table_size ? collection->table_size * 2 : 16;
            uint32_t *old = collection->table, old_size = collection->table_size;
            collection->table = allocate(size * sizeof *old);
            memset(collection->table, 0, size * sizeof *old);
            collection->table_size = size;
            for (uint32_t i = 0; i < old_size; i++) {
                struct value id;
                if (!old[i] || !collection->records[old[i] - 1]) continue;
                record_value(collection->records[old[i] - 1], &id);
                *find_slot(collection, &id) = old[i];
            }
            free(old);
        }
    }
    if (collection->used == collection->capacity) {
        collection->capacity = collection->capacity ? collection->capacity * 2 : 16;
        collection->records = reallocate(collection->records, collection->capacity * sizeof *collection->records);
    }
}

bool store_place(const struct collection *collection, const struct value *id, uint32_t *place) {
    if (!collection->table_size) return false;
    uint32_t slot = *find_slot(collection, id);
    if (slot) *place = slot - 1;
    return slot != 0;
}

static void note_change(struct collection *collection, uint32_t place, struct record *before, struct record *after) {
    if (change_count == change_capacity) {
        change_capacity = change_capacity ? change_capacity * 2 : 64;
        changes = reallocate(changes, change_capacity * sizeof *changes);
    }
    changes[change_count++] = (struct change){collection, place, before, after ? record_hold(after) : NULL};
}

static void count_bytes(struct collection *collection, const struct record *record, int sign) {
    int64_t size = (int64_t)bson_size(record->bson) + RECORD_OVERHEAD;
    collection->bytes += (uint64_t)(sign * (int64_t)bson_size(record->bson));
    total_bytes += (uint64_t)(sign * size);
}

static bool fits(uint64_t more, struct failure *failure) {
    if (total_bytes + more <= store_limit_bytes) return true;
    fail_stand_in(failure, "documents take up all of the %llu MB that it keeps (--wiredTigerCacheSizeGB sets how much)", (unsigned long long)(store_limit_bytes >> 20));
    failure->code = OUT_OF_DISK_SPACE;
    return false;
}

/* A record with the _id in front. */
static struct record *make_record(const uint8_t *document) {
    struct value id, each;
    struct buffer out = {0};
    struct bson_iterator all = bson_iterate(document);
    bool first = bson_next(&all, &each) && !strcmp(each.name, "_id");
    size_t size = bson_size(document);
    if (!first) {
        size_t opened = bson_open(&out);
        uint8_t made[12];
        if (bson_find(document, "_id", &id)) {
            bson_put(&out, "_id", &id);
        } else {
            make_object_id(made);
            bson_put_object_id(&out, "_id", made);
        }
        all = bson_iterate(document);
        while (bson_next(&all, &each))
            if (strcmp(each.name, "_id")) bson_put(&out, each.name, &each);
        bson_close(&out, opened);
        document = out.bytes;
        size = out.length;
    }
    struct record *record = allocate(sizeof *record + size);
    uint8_t *bytes = (uint8_t *)(record + 1);
    memcpy(bytes, document, size);
    *record = (struct record){.references = 1, .bson = bytes};
    buffer_free(&out);
    return record;
}

static bool check_id(const uint8_t *document, struct failure *failure) {
    struct value id;
    if (!bson_find(document, "_id", &id)) return true;
    if (id.type == BSON_ARRAY || id.type == BSON_REGEX || id.type == BSON_UNDEFINED)
        return fail(failure, INVALID_ID_FIELD, "The '_id' value cannot be of type %s", bson_type_name(id.type));
    return true;
}

bool store_insert(struct collection *collection, const uint8_t *document, struct failure *failure) {
    if (bson_size(document) > BSON_DOCUMENT_BYTES) return fail(failure, BSON_OBJECT_TOO_LARGE, "object to insert too large. size in bytes: %u, max size: %d", bson_size(document), BSON_DOCUMENT_BYTES);
    if (!check_id(document, failure) || !fits(bson_size(document) + RECORD_OVERHEAD, failure)) return false;
    make_room(collection);
    struct record *record = make_record(document);
    struct value id;
    record_value(record, &id);
    uint32_t *slot = find_slot(collection, &id);
    if (*slot) {
        record_release(record);
        return fail(failure, DUPLICATE_KEY, "E11000 duplicate key error collection: %s index: _id_ dup key", collection->name);
    }
    *slot = collection->used + 1;
    collection->records[collection->used] = record;
    collection->count++;
    count_bytes(collection, record, 1);
    note_change(collection, collection->used++, NULL, record);
    journal_note(JOURNAL_PUT, collection->name, record->bson);
    return true;
}

bool store_replace(struct collection *collection, uint32_t place, const uint8_t *document, struct failure *failure) {
    struct record *before = collection->records[place];
    uint32_t old = bson_size(before->bson), size = bson_size(document);
    if (size > old && !fits(size - old, failure)) return false;
    struct record *record = make_record(document);
    collection->records[place] = record;
    count_bytes(collection, before, -1);
    count_bytes(collection, record, 1);
    note_change(collection, place, before, record);
    journal_note(JOURNAL_PUT, collection->name, record->bson);
    return true;
}

/* Takes a record's id out of the table; what came to lie behind it moves up. */
static void free_slot(struct collection *collection, const struct value *id) {
    uint32_t mask = collection->table_size - 1, hole = (uint32_t)(find_slot(collection, id) - collection->table);
    collection->table[hole] = 0;
    for (uint32_t slot = (hole + 1) & mask; collection->table[slot]; slot = (slot + 1) & mask) {
        struct value other;
        record_value(collection->records[collection->table[slot] - 1], &other);
        uint32_t home = bson_hash(&other) & mask;
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            collection->table[hole] = collection->table[slot];
            collection->table[slot] = 0;
            hole = slot;
        }
    }
}

static void remove_at(struct collection *collection, uint32_t place) {
    struct record *record = collection->records[place];
    struct value id;
    record_value(record, &id);
    free_slot(collection, &id);
    collection->records[place] = NULL;
    collection->count--;
    count_bytes(collection, record, -1);
}

void store_remove(struct collection *collection, uint32_t place) {
    struct record *record = collection->records[place];
    struct buffer key = {0};
    struct value id;
    record_value(record, &id);
    size_t opened = bson_open(&key);
    bson_put(&key, "_id", &id);
    bson_close(&key, opened);
    journal_note(JOURNAL_REMOVE, collection->name, key.bytes);
    buffer_free(&key);
    remove_at(collection, place);
    note_change(collection, place, record, NULL);
}

void store_drop(struct collection *collection) {
    for (uint32_t i = 0; i < collection->used; i++)
        if (collection->records[i]) total_bytes -= bson_size(collection->records[i]->bson) + RECORD_OVERHEAD;
    take_out_collection(collection);
    dropped[dropped_count++] = collection;
    journal_note(JOURNAL_DROP, collection->name, NULL);
}

static void undo_drops(void) {
    while (dropped_count) {
        struct collection *back = dropped[--dropped_count];
        insert_collection(back);
        for (uint32_t i = 0; i < back->used; i++)
            if (back->records[i]) total_bytes += bson_size(back->records[i]->bson) + RECORD_OVERHEAD;
    }
}

static void undo_change(const struct change *change) {
    struct collection *collection = change->collection;
    struct value id;
    if (change->after) {
        if (change->before) count_bytes(collection, collection->records[change->place], -1);
        else remove_at(collection, change->place);
        record_release(change->after);
        record_release(change->after);
        collection->records[change->place] = NULL;
    }
    if (!change->before) return;
    collection->records[change->place] = change->before;
    count_bytes(collection, change->before, 1);
    if (change->after) return;
    record_value(change->before, &id);
    *find_slot(collection, &id) = change->place + 1;
    collection->count++;
}

static void undo(void) {
    while (change_count) undo_change(&changes[--change_count]);
    undo_drops();
    if (created) {
        take_out_collection(created);
        free_collection(created);
    }
    created = NULL;
}

bool store_commit(struct failure *failure) {
    if (!journal_write(failure)) {
        undo();
        return false;
    }
    for (uint32_t i = 0; i < change_count; i++) {
        record_release(changes[i].before);
        record_release(changes[i].after);
    }
    change_count = 0;
    while (dropped_count) free_collection(dropped[--dropped_count]);
    created = NULL;
    return true;
}

bool store_replay(enum journal_kind kind, const char *name, const uint8_t *document) {
    struct collection *collection = store_find(name);
    struct failure failure;
    struct value id;
    uint32_t place;
    if (kind == JOURNAL_CREATE) return collection || store_create(name, &failure);
    if (!collection) return false;
    if (kind == JOURNAL_DROP) {
        store_drop(collection);
    } else {
        if (!document || !bson_find(document, "_id", &id)) return false;
        bool there = store_place(collection, &id, &place);
        if (kind == JOURNAL_PUT) {
            if (!(there ? store_replace(collection, place, document, &failure) : store_insert(collection, document, &failure))) return false;
        } else if (there) {
            store_remove(collection, place);
        }
    }
    return true;
}

bool name_valid_database(const char *name, struct failure *failure) {
    size_t length = strlen(name);
    if (!length || length > 63 || strpbrk(name, "/\\. \"$")) return fail(failure, INVALID_NAMESPACE, "Invalid database name: '%.100s'", name);
    return true;
}

bool name_valid_namespace(const char *name, struct failure *failure) {
    const char *dot = strchr(name, '.');
    if (!dot || dot == name || !dot[1] || dot[1] == '.' || strchr(dot, '$') || strlen(name) > NAMESPACE_BYTES)
        return fail(failure, INVALID_NAMESPACE, "Invalid namespace specified '%.200s'", name);
    return true;
}
