/*
 * Feeds the mongo stand-in with messages: commands made at random of the words it knows, and the same with bytes changed, cut
 * and put together wrongly. Whatever comes back must be a whole message with sound BSON. The sanitizers watch the rest.
 *
 *   messages SEED COUNT DIRECTORY
 */
#include "../../../images/hub/mongo/server/message.h"
#include "../../../images/hub/mongo/server/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int server_port = 27017;
static uint64_t state;

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 11) % below;
}

static const char *pick(const char *const *words) {
    uint32_t count = 0;
    while (words[count]) count++;
    return words[next(count)];
}

static const char *const names[] = {"a", "b", "a.b", "a.0", "a.b.c", "_id", "_id", "x", "", "a.1.b", "list", "list.5", "9", NULL};
static const char *const operators[] = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$type", "$size", "$all", "$elemMatch", "$mod", "$not", "$and", "$or", "$nor", "$regex", "$expr", NULL};
static const char *const updates[] = {"$set", "$unset", "$inc", "$mul", "$min", "$max", "$push", "$addToSet", "$pull", "$pop", "$rename", "$setOnInsert", "$currentDate", "$each", "$bit", NULL};
static const char *const stages[] = {"$match", "$sort", "$skip", "$limit", "$project", "$group", "$count", "$lookup", NULL};
static const char *const sums[] = {"$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet", "$count", NULL};
static const char *const texts[] = {"", "a", "$a", "$a.b", "$$ROOT", "string", "number", "coll", "\xff\xfe", "x.y", NULL};

static void put_random(struct buffer *out, const char *name, int depth, const char *const *words);

static void put_document(struct buffer *out, const char *name, uint8_t type, int depth, const char *const *words) {
    size_t opened = bson_open_child(out, type, name);
    char index[12];
    uint32_t count = next(4);
    for (uint32_t i = 0; i < count; i++) {
        const char *child = type == BSON_ARRAY ? bson_index(i, index) : words && next(3) ? pick(words) : pick(names);
        put_random(out, child, depth + 1, next(2) ? words : NULL);
    }
    bson_close(out, opened);
}

static void put_random(struct buffer *out, const char *name, int depth, const char *const *words) {
    uint8_t bytes[16];
    struct value value = {.bytes = bytes};
    for (int i = 0; i < 16; i++) bytes[i] = (uint8_t)next(256);
    switch (next(depth > 5 ? 12 : 18)) {
    case 0: return bson_put_int32(out, name, (int32_t)next(4) - 1);
    case 1: return bson_put_int64(out, name, (int64_t)state);
    case 2: return bson_put_double(out, name, next(3) ? (double)next(10) / 2 : 0.0 / (next(2) - 0.0));
    case 3: return bson_put_text(out, name, pick(texts));
    case 4: return bson_put_bool(out, name, next(2));
    case 5: return bson_put_null(out, name);
    case 6: return bson_put_object_id(out, name, bytes);
    case 7: return bson_put_date(out, name, (int64_t)state);
    case 8: return bson_put_binary(out, name, bytes, next(16));
    case 9:
        value.type = BSON_DECIMAL;
        value.size = 16;
        return bson_put(out, name, &value);
    case 10:
        value.type = next(2) ? BSON_MIN_KEY : BSON_UNDEFINED;
        return bson_put(out, name, &value);
    case 11:
        value = (struct value){.type = BSON_REGEX, .bytes = (const uint8_t *)"a\0i", .size = 4};
        return bson_put(out, name, &value);
    case 12:
    case 13: return put_document(out, name, BSON_ARRAY, depth, words);
    default: return put_document(out, name, BSON_DOCUMENT, depth, words);
    }
}

/* A filter as people write them, mostly: fields with a value or with operators that have a fitting operand. */
static void put_filter(struct buffer *out, const char *name, int depth) {
    static const char *const plain[] = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$exists", NULL}, *const lists[] = {"$in", "$nin", "$all", NULL};
    size_t opened = bson_open_child(out, BSON_DOCUMENT, name), list, inside;
    char index[12];
    for (uint32_t i = 0, count = next(3); i < count; i++) {
        if (depth < 3 && next(4) == 0) {
            list = bson_open_child(out, BSON_ARRAY, operators[15 + next(3)]);
            for (uint32_t j = 0, branches = 1 + next(2); j < branches; j++) put_filter(out, bson_index(j, index), depth + 1);
            bson_close(out, list);
            continue;
        }
        if (next(3) == 0) {
            put_random(out, pick(names), 3, NULL);
            continue;
        }
        inside = bson_open_child(out, BSON_DOCUMENT, pick(names));
        switch (next(7)) {
        case 0: put_random(out, pick(plain), 4, NULL); break;
        case 1: put_document(out, pick(lists), BSON_ARRAY, 4, NULL); break;
        case 2: bson_put_int32(out, "$size", (int32_t)next(4)); break;
        case 3: bson_put_text(out, "$type", pick(texts + 5)); break;
        case 4: put_filter(out, next(2) ? "$elemMatch" : "$not", 3); break;
        case 5:
            list = bson_open_child(out, BSON_ARRAY, "$mod");
            bson_put_int32(out, "0", (int32_t)next(5) - 2);
            bson_put_int64(out, "1", (int64_t)next(3));
            bson_close(out, list);
            break;
        default: put_random(out, pick(operators), 4, operators);
        }
        bson_close(out, inside);
    }
    bson_close(out, opened);
}

static void put_pipeline(struct buffer *out) {
    size_t list = bson_open_child(out, BSON_ARRAY, "pipeline");
    char index[12];
    for (uint32_t i = 0, count = next(4); i < count; i++) {
        size_t stage = bson_open_child(out, BSON_DOCUMENT, bson_index(i, index));
        const char *name = pick(stages);
        if (!strcmp(name, "$group") && next(4)) {
            size_t group = bson_open_child(out, BSON_DOCUMENT, name);
            put_random(out, "_id", 3, NULL);
            for (uint32_t j = 0, sums_count = next(4); j < sums_count; j++) {
                size_t sum = bson_open_child(out, BSON_DOCUMENT, pick(names));
                put_random(out, pick(sums), 4, NULL);
                bson_close(out, sum);
            }
            bson_close(out, group);
        } else {
            if (!strcmp(name, "$match")) put_filter(out, name, 1);
            else put_random(out, name, 2, NULL);
        }
        bson_close(out, stage);
    }
    bson_close(out, list);
    bson_close(out, bson_open_child(out, BSON_DOCUMENT, "cursor"));
}

static void put_update(struct buffer *out, const char *name) {
    if (next(4) == 0) return put_document(out, name, BSON_DOCUMENT, 1, next(2) ? updates : NULL);
    size_t opened = bson_open_child(out, BSON_DOCUMENT, name);
    for (uint32_t i = 0, count = 1 + next(2); i < count; i++) {
        const char *operator = pick(updates);
        size_t inside = bson_open_child(out, BSON_DOCUMENT, operator);
        if (!strcmp(operator, "$inc") || !strcmp(operator, "$mul") || !strcmp(operator, "$pop")) bson_put_int32(out, pick(names), next(2) ? 1 : -1);
        else if (!strcmp(operator, "$rename")) bson_put_text(out, pick(names), pick(names));
        else if (!strcmp(operator, "$push") && next(2)) {
            size_t field = bson_open_child(out, BSON_DOCUMENT, pick(names));
            put_document(out, "$each", BSON_ARRAY, 4, NULL);
            bson_close(out, field);
        } else if (!strcmp(operator, "$pull") && next(2)) put_filter(out, pick(names), 2);
        else put_random(out, pick(names), 3, NULL);
        bson_close(out, inside);
    }
    bson_close(out, opened);
}

static void put_statements(struct buffer *out, const char *field, bool update) {
    size_t list = bson_open_child(out, BSON_ARRAY, field);
    char index[12];
    for (uint32_t i = 0, count = 1 + next(2); i < count; i++) {
        size_t statement = bson_open_child(out, BSON_DOCUMENT, bson_index(i, index));
        if (!update && !strcmp(field, "documents")) {
            for (uint32_t j = 0, fields = next(5); j < fields; j++) put_random(out, pick(names), 2, NULL);
        } else {
            put_filter(out, "q", 1);
            if (update) put_update(out, "u");
            if (update) bson_put_bool(out, "multi", next(2));
            if (update) bson_put_bool(out, "upsert", next(2));
            if (!update) bson_put_int32(out, "limit", (int32_t)next(2));
        }
        bson_close(out, statement);
    }
    bson_close(out, list);
}

static void put_command(struct buffer *out) {
    static const char *const plain[] = {"hello", "isMaster", "ping", "buildInfo", "listDatabases", "listCollections", "create", "drop", "dropDatabase", "count", "distinct", "listIndexes", "createIndexes", "dropIndexes", "getParameter", "connectionStatus", "serverStatus", "logout", "saslStart", "saslContinue", "createUser", "dropUser", "usersInfo", "dbStats", "collStats", "getLog", "getCmdLineOpts", "listCommands", "hostInfo", "getMore", "killCursors", "endSessions", "nosuch", "explain", NULL};
    static const char *const fields[] = {"query", "filter", "key", "pwd", "roles", "payload", "mechanism", "conversationId", "cursors", "collection", "batchSize", "indexes", "nameOnly", "index", "writeConcern", "saslSupportedMechs", "speculativeAuthenticate", NULL};
    static const char *const collections[] = {"coll", "coll", "other", "", "a..b", "$x", NULL};
    static const char *const options[] = {"limit", "skip", "batchSize", "singleBatch", "projection", "sort", "ordered", "new", "upsert", "remove", "fields", "collation", NULL};
    size_t opened = bson_open(out);
    switch (next(8)) {
    case 0:
        bson_put_text(out, "insert", pick(collections));
        put_statements(out, "documents", false);
        break;
    case 1:
        bson_put_text(out, "update", pick(collections));
        put_statements(out, "updates", true);
        break;
    case 2:
        bson_put_text(out, "delete", pick(collections));
        put_statements(out, "deletes", false);
        break;
    case 3:
        bson_put_text(out, "find", pick(collections));
        put_filter(out, "filter", 1);
        put_document(out, "projection", BSON_DOCUMENT, 4, NULL);
        if (next(2)) {
            size_t sort = bson_open_child(out, BSON_DOCUMENT, "sort");
            for (uint32_t i = 0, count = next(3); i < count; i++) bson_put_int32(out, pick(names), next(2) ? 1 : -1);
            bson_close(out, sort);
        }
        break;
    case 4:
        bson_put_text(out, "aggregate", pick(collections));
        put_pipeline(out);
        break;
    case 5:
        bson_put_text(out, "findAndModify", pick(collections));
        put_filter(out, "query", 1);
        if (next(2)) put_update(out, "update");
        break;
    default:
        if (next(2)) bson_put_text(out, pick(plain), pick(collections));
        else put_random(out, pick(plain), 4, NULL);
        for (uint32_t i = 0, count = next(4); i < count; i++) put_random(out, pick(fields), 2, operators);
    }
    for (uint32_t i = 0, count = next(3); i < count; i++) put_random(out, pick(options), 4, NULL);
    if (next(20)) bson_put_text(out, "$db", next(10) ? "test" : pick(texts));
    bson_close(out, opened);
}

static void make_message(struct buffer *out) {
    buffer_u32(out, 0);
    buffer_u32(out, next(1000));
    buffer_u32(out, 0);
    if (next(20) == 0) {
        buffer_u32(out, 2004);
        buffer_u32(out, 0);
        buffer_text(out, "admin.$cmd");
        buffer_byte(out, 0);
        buffer_u64(out, 1);
        put_command(out);
    } else {
        buffer_u32(out, next(50) ? 2013 : next(3000));
        buffer_u32(out, next(20) ? 0 : next(4));
        buffer_byte(out, 0);
        put_command(out);
        if (next(10) == 0) {
            buffer_byte(out, 1);
            size_t begun = out->length;
            buffer_u32(out, 0);
            buffer_text(out, next(2) ? "documents" : "updates");
            buffer_byte(out, 0);
            put_command(out);
            store_u32(out->bytes + begun, (uint32_t)(out->length - begun));
        }
    }
    store_u32(out->bytes, (uint32_t)out->length);
}

/* Changes a few bytes, or cuts the message; lengths often, as they are what matters. */
static void spoil(struct buffer *message) {
    for (uint32_t i = 0, count = 1 + next(4); i < count; i++) {
        uint32_t at = 16 + next((uint32_t)message->length - 16);
        if (next(3) == 0) message->bytes[at] = (uint8_t)next(256);
        else if (next(2)) message->bytes[at] = (uint8_t)(message->bytes[at] + next(3) - 1);
        else if (at + 4 <= message->length) store_u32(message->bytes + at, next(2) ? next(64) : (uint32_t)state);
    }
    if (next(4) == 0) message->length = 17 + next((uint32_t)message->length - 16);
}

static void check_reply(const struct buffer *reply) {
    if (!reply->length) return;
    uint32_t opcode = load_u32(reply->bytes + 12), start = opcode == 1 ? 36 : 21;
    if (load_u32(reply->bytes) != reply->length || !bson_valid(reply->bytes + start, reply->length - start)) {
        fprintf(stderr, "a broken reply\n");
        abort();
    }
}

int main(int argc, char **argv) {
    struct failure failure;
    struct client client = {.id = 1};
    if (argc != 4) return 2;
    state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252u;
    log_quiet = 1;
    store_limit_bytes = 4 << 20;
    if (!journal_open(argv[3], &failure)) {
        fprintf(stderr, "%s\n", failure.text);
        return 1;
    }
    unsigned long answered = 0, closed = 0;
    for (unsigned long i = 0, count = strtoul(argv[2], NULL, 10); i < count; i++) {
        struct buffer message = {0}, reply = {0};
        make_message(&message);
        if (next(2)) spoil(&message);
        /* In memory of exactly its size, so that a read behind it is seen. */
        uint8_t *exact = allocate(message.length);
        memcpy(exact, message.bytes, message.length);
        if (answer_message(&client, exact, message.length, &reply)) closed++;
        else check_reply(&reply), answered++;
        free(exact);
        buffer_free(&message);
        buffer_free(&reply);
    }
    scram_server_free(&client.scram);
    printf("%lu answered, %lu closed, %llu bytes kept\n", answered, closed, (unsigned long long)store_bytes());
    return 0;
}
