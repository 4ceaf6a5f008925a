/* insert, update, delete, findAndModify. */
#include "../../stand-in/json.h"
#include "filter.h"
#include "project.h"
#include "results.h"
#include "update.h"
#include <stdlib.h>
#include <string.h>

/* What a command may have noted before it is written, so that memory for it stays small. */
enum { COMMIT_BYTES = 1 << 20 };

static bool writable(const char *name, struct failure *failure) {
    return strcmp(name, "admin.system.users") || fail(failure, UNAUTHORIZED, "not authorized to write to admin.system.users; createUser does");
}

static bool commit_if_large(struct failure *failure) {
    return journal_pending() < COMMIT_BYTES || store_commit(failure);
}

/* Adds the key to a duplicate key's text, as the server has it. */
static void describe_duplicate(const uint8_t *document, struct failure *failure) {
    struct value id;
    struct buffer text = {0};
    if (failure->code != DUPLICATE_KEY || !bson_find(document, "_id", &id)) return;
    json_write(&text, &id, JSON_LINE, 0);
    if (id.type == BSON_STRING && text.length) text.bytes[0] = text.bytes[text.length - 1] = '"';
    size_t used = strlen(failure->text);
    int room = (int)(sizeof failure->text - used) - 16;
    if (room > 0) {
        struct failure longer = *failure;
        fail(failure, DUPLICATE_KEY, "%s: { _id: %.*s }", longer.text, room, buffer_string(&text));
    }
    buffer_free(&text);
}

/* One entry of writeErrors. */
static void write_error(struct buffer *errors, uint32_t *count, int32_t index, const uint8_t *document, const struct failure *failure) {
    char text[12];
    struct value id;
    size_t opened = bson_open_child(errors, BSON_DOCUMENT, bson_index((*count)++, text));
    bson_put_int32(errors, "index", index);
    bson_put_int32(errors, "code", failure->code);
    bson_put_text(errors, "errmsg", failure->text);
    if (failure->code == DUPLICATE_KEY && document && bson_find(document, "_id", &id)) {
        size_t key = bson_open_child(errors, BSON_DOCUMENT, "keyPattern");
        bson_put_int32(errors, "_id", 1);
        bson_close(errors, key);
        key = bson_open_child(errors, BSON_DOCUMENT, "keyValue");
        bson_put(errors, "_id", &id);
        bson_close(errors, key);
    }
    bson_close(errors, opened);
}

static void put_list(struct buffer *reply, const char *name, struct buffer *list, size_t opened, uint32_t count) {
    bson_close(list, opened);
    struct value array = {.type = BSON_ARRAY, .bytes = list->bytes, .size = (uint32_t)list->length};
    if (count) bson_put(reply, name, &array);
    buffer_free(list);
}

static struct collection *open_collection(const char *name, struct failure *failure) {
    struct collection *found = store_find(name);
    return found ? found : store_create(name, failure);
}

bool command_insert(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    struct documents documents;
    struct value ordered;
    const uint8_t *document;
    if (!command_namespace(command, name, failure) || !writable(name, failure) || !command_documents(command, "documents", &documents, failure)) return false;
    bool stop = !bson_find(command->body, "ordered", &ordered) || bson_truth(&ordered);
    struct collection *collection = open_collection(name, failure);
    if (!collection) return false;
    struct buffer errors = {0};
    size_t opened = bson_open(&errors);
    uint32_t error_count = 0;
    int32_t index = 0, inserted = 0;
    for (; documents_next(&documents, &document); index++) {
        struct failure one;
        if (store_insert(collection, document, &one)) {
            inserted++;
            if (commit_if_large(failure)) continue;
            buffer_free(&errors);
            return false;
        }
        describe_duplicate(document, &one);
        write_error(&errors, &error_count, index, document, &one);
        if (stop) break;
    }
    bson_put_int32(reply, "n", inserted);
    put_list(reply, "writeErrors", &errors, opened, error_count);
    return finish_write(command, failure);
}

/* What one update did. */
struct outcome {
    int64_t matched, modified;
    bool upserted;
    struct record *made;
};

static bool change_one(struct collection *collection, uint32_t place, const uint8_t *update, struct outcome *outcome, struct failure *failure) {
    struct buffer changed = {0};
    const struct record *before = collection->records[place];
    bool done = update_apply(before->bson, update, false, &changed, failure);
    outcome->matched++;
    if (done && (bson_size(before->bson) != changed.length || memcmp(before->bson, changed.bytes, changed.length))) {
        done = store_replace(collection, place, changed.bytes, failure);
        outcome->modified += done;
    }
    buffer_free(&changed);
    return done;
}

static bool upsert(const char *name, const uint8_t *filter, const uint8_t *update, struct outcome *outcome, struct failure *failure) {
    struct buffer seed = {0}, made = {0};
    struct value id;
    bool done;
    if (update_is_replacement(update)) {
        size_t opened = bson_open(&seed);
        if (filter_id(filter, &id)) bson_put(&seed, "_id", &id);
        bson_close(&seed, opened);
        done = true;
    } else {
        done = update_seed(filter, &seed, failure);
    }
    done = done && update_apply(seed.bytes, update, true, &made, failure);
    if (done) {
        struct collection *collection = open_collection(name, failure);
        done = collection && store_insert(collection, made.bytes, failure);
        if (collection && !done) describe_duplicate(made.bytes, failure);
        if (done) outcome->made = record_hold(collection->records[collection->used - 1]);
        outcome->upserted = done;
    }
    buffer_free(&seed);
    buffer_free(&made);
    return done;
}

static bool update_all(const char *name, const uint8_t *filter, const uint8_t *update, bool multi, bool may_insert, struct outcome *outcome, struct failure *failure) {
    struct collection *collection = store_find(name);
    struct value id;
    uint32_t place;
    if (collection && filter_id(filter, &id) && id.type != BSON_NULL && !bson_is_container(&id)) {
        if (store_place(collection, &id, &place) && filter_matches(filter, collection->records[place]->bson)) return change_one(collection, place, update, outcome, failure);
    } else if (collection) {
        for (uint32_t i = 0; i < collection->used; i++) {
            if (!collection->records[i] || !filter_matches(filter, collection->records[i]->bson)) continue;
            if (!change_one(collection, i, update, outcome, failure)) return false;
            if (!multi) break;
            if (!commit_if_large(failure)) return false;
        }
    }
    return outcome->matched || !may_insert || upsert(name, filter, update, outcome, failure);
}

static bool one_update(const char *name, const uint8_t *statement, struct outcome *outcome, struct failure *failure) {
    static const char *const unknown[] = {"collation", "arrayFilters", "c", NULL};
    struct value filter, update, flag;
    *outcome = (struct outcome){0};
    if (!refuse_fields(statement, unknown, failure)) return false;
    if (!bson_find(statement, "q", &filter) || filter.type != BSON_DOCUMENT || !bson_find(statement, "u", &update)) return fail(failure, 40414, "BSON field 'update.updates.q' and 'u' are required");
    bool multi = bson_find(statement, "multi", &flag) && bson_truth(&flag), may_insert = bson_find(statement, "upsert", &flag) && bson_truth(&flag);
    if (!filter_check(filter.bytes, failure) || !update_check(&update, multi, failure)) return false;
    return update_all(name, filter.bytes, update.bytes, multi, may_insert, outcome, failure);
}

bool command_update(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1], text[12];
    struct documents statements;
    struct value ordered;
    const uint8_t *statement;
    if (!command_namespace(command, name, failure) || !writable(name, failure) || !command_documents(command, "updates", &statements, failure)) return false;
    bool stop = !bson_find(command->body, "ordered", &ordered) || bson_truth(&ordered);
    struct buffer errors = {0}, upserted = {0};
    size_t errors_opened = bson_open(&errors), upserted_opened = bson_open(&upserted);
    uint32_t error_count = 0, upserted_count = 0;
    int64_t matched = 0, modified = 0;
    for (int32_t index = 0; documents_next(&statements, &statement); index++) {
        struct outcome outcome;
        struct failure one;
        bool done = one_update(name, statement, &outcome, &one);
        matched += outcome.matched + outcome.upserted;
        modified += outcome.modified;
        if (outcome.upserted) {
            struct value id;
            size_t opened = bson_open_child(&upserted, BSON_DOCUMENT, bson_index(upserted_count++, text));
            bson_put_int32(&upserted, "index", index);
            record_value(outcome.made, &id);
            bson_put(&upserted, "_id", &id);
            bson_close(&upserted, opened);
            record_release(outcome.made);
        }
        if (done && commit_if_large(&one)) continue;
        write_error(&errors, &error_count, index, NULL, &one);
        if (stop) break;
    }
    bson_put_int(reply, "n", matched);
    bson_put_int(reply, "nModified", modified);
    put_list(reply, "upserted", &upserted, upserted_opened, upserted_count);
    put_list(reply, "writeErrors", &errors, errors_opened, error_count);
    return finish_write(command, failure);
}

static bool one_delete(struct collection *collection, const uint8_t *statement, int64_t *count, struct failure *failure) {
    static const char *const unknown[] = {"collation", NULL};
    struct value filter, limit, id;
    uint32_t place;
    if (!refuse_fields(statement, unknown, failure)) return false;
    if (!bson_find(statement, "q", &filter) || filter.type != BSON_DOCUMENT || !bson_find(statement, "limit", &limit)) return fail(failure, 40414, "BSON field 'delete.deletes.q' and 'limit' are required");
    double most = bson_to_double(&limit);
    if (most != 0 && most != 1) return fail(failure, FAILED_TO_PARSE, "The limit field in delete objects must be 0 or 1. Got %g", most);
    if (!filter_check(filter.bytes, failure)) return false;
    if (!collection) return true;
    if (filter_id(filter.bytes, &id) && id.type != BSON_NULL && !bson_is_container(&id)) {
        if (!store_place(collection, &id, &place) || !filter_matches(filter.bytes, collection->records[place]->bson)) return true;
        store_remove(collection, place);
        ++*count;
        return true;
    }
    for (uint32_t i = 0; i < collection->used; i++) {
        if (!collection->records[i] || !filter_matches(filter.bytes, collection->records[i]->bson)) continue;
        store_remove(collection, i);
        ++*count;
        if (most == 1) break;
        if (!commit_if_large(failure)) return false;
    }
    return true;
}

bool command_delete(const struct command *command, struct buffer *reply, struct failure *failure) {
    char name[NAMESPACE_BYTES + 1];
    struct documents statements;
    struct value ordered;
    const uint8_t *statement;
    if (!command_namespace(command, name, failure) || !writable(name, failure) || !command_documents(command, "deletes", &statements, failure)) return false;
    bool stop = !bson_find(command->body, "ordered", &ordered) || bson_truth(&ordered);
    struct buffer errors = {0};
    size_t opened = bson_open(&errors);
    uint32_t error_count = 0;
    int64_t count = 0;
    for (int32_t index = 0; documents_next(&statements, &statement); index++) {
        struct failure one;
        if (one_delete(store_find(name), statement, &count, &one)) continue;
        write_error(&errors, &error_count, index, NULL, &one);
        if (stop) break;
    }
    bson_put_int(reply, "n", count);
    put_list(reply, "writeErrors", &errors, opened, error_count);
    return finish_write(command, failure);
}

static void put_projected(struct buffer *reply, const uint8_t *document, const uint8_t *fields) {
    struct buffer shown = {0};
    project(document, fields, &shown);
    bson_put_document(reply, "value", shown.bytes);
    buffer_free(&shown);
}

/* The first match in the order asked for. */
static bool pick(struct collection *collection, const uint8_t *filter, const uint8_t *sort, uint32_t *place) {
    struct results results = {0};
    struct value id;
    collect(collection, filter, sort ? 0 : 1, &results);
    results_sort(&results, sort);
    bool found = results.count > 0;
    if (found) {
        record_value(results.records[0], &id);
        found = store_place(collection, &id, place);
    }
    results_free(&results);
    return found;
}

bool command_find_and_modify(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const char *const unknown[] = {"collation", "arrayFilters", "let", NULL};
    char name[NAMESPACE_BYTES + 1];
    const uint8_t *filter, *sort, *fields;
    struct value update;
    uint32_t place = 0;
    if (!command_namespace(command, name, failure) || !writable(name, failure) || !refuse_fields(command->body, unknown, failure)) return false;
    if (!command_document(command, "query", &filter, failure) || !command_document(command, "sort", &sort, failure) || !command_document(command, "fields", &fields, failure)) return false;
    if (!filter) filter = bson_empty;
    bool remove = command_flag(command, "remove"), has_update = bson_find(command->body, "update", &update), wants_new = command_flag(command, "new");
    if (remove == has_update) return fail(failure, FAILED_TO_PARSE, "Either an update or remove=true must be specified");
    if (!filter_check(filter, failure) || (sort && !sort_check(sort, failure)) || !projection_check(fields, failure) || (has_update && !update_check(&update, false, failure))) return false;
    struct collection *collection = store_find(name);
    struct outcome outcome = {0};
    struct record *before = NULL, *after = NULL;
    bool found = collection && pick(collection, filter, sort, &place), done = true;
    if (found) {
        before = record_hold(collection->records[place]);
        if (remove) store_remove(collection, place);
        else done = change_one(collection, place, update.bytes, &outcome, failure);
        if (done && !remove) after = record_hold(collection->records[place]);
    } else if (has_update && command_flag(command, "upsert")) {
        done = upsert(name, filter, update.bytes, &outcome, failure);
        after = outcome.made;
    }
    done = done && finish_write(command, failure);
    if (done) {
        size_t opened = bson_open_child(reply, BSON_DOCUMENT, "lastErrorObject");
        bson_put_int32(reply, "n", found || outcome.upserted);
        if (has_update) bson_put_bool(reply, "updatedExisting", found);
        if (outcome.upserted) {
            struct value id;
            record_value(after, &id);
            bson_put(reply, "upserted", &id);
        }
        bson_close(reply, opened);
        const struct record *shown = wants_new && !remove ? after : before;
        if (shown) put_projected(reply, shown->bson, fields);
        else bson_put_null(reply, "value");
    } else {
        /* What was changed and not written is undone here when the failure came before the write. */
        struct failure ignored;
        store_commit(&ignored);
    }
    record_release(before);
    record_release(after);
    return done;
}
