/* Finds the function for a command, checks who asks, and turns a failure into a reply. */
#include "command.h"
#include <string.h>

bool auth_required;

struct entry {
    const char *name;
    command_handler *handler;
    /* Answered before anybody has authenticated. */
    bool open;
};

static const struct entry entries[] = {
    {"hello", command_hello, true},
    {"isMaster", command_hello, true},
    {"ismaster", command_hello, true},
    {"ping", command_ping, true},
    {"buildInfo", command_build_info, true},
    {"buildinfo", command_build_info, true},
    {"connectionStatus", command_connection_status, true},
    {"whatsmyuri", command_whatsmyuri, true},
    {"saslStart", command_sasl_start, true},
    {"saslContinue", command_sasl_continue, true},
    {"logout", command_logout, true},
    {"endSessions", command_ping, true},
    {"refreshSessions", command_ping, false},
    {"find", command_find, false},
    {"getMore", command_get_more, false},
    {"killCursors", command_kill_cursors, false},
    {"insert", command_insert, false},
    {"update", command_update, false},
    {"delete", command_delete, false},
    {"findAndModify", command_find_and_modify, false},
    {"findandmodify", command_find_and_modify, false},
    {"count", command_count_documents, false},
    {"distinct", command_distinct, false},
    {"aggregate", command_aggregate, false},
    {"listDatabases", command_list_databases, false},
    {"listCollections", command_list_collections, false},
    {"create", command_create, false},
    {"drop", command_drop, false},
    {"dropDatabase", command_drop_database, false},
    {"createIndexes", command_create_indexes, false},
    {"listIndexes", command_list_indexes, false},
    {"dropIndexes", command_drop_indexes, false},
    {"dbStats", command_database_stats, false},
    {"dbstats", command_database_stats, false},
    {"collStats", command_collection_stats, false},
    {"collstats", command_collection_stats, false},
    {"createUser", command_create_user, false},
    {"dropUser", command_drop_user, false},
    {"usersInfo", command_users_info, false},
    {"getParameter", command_get_parameter, false},
    {"serverStatus", command_server_status, false},
    {"hostInfo", command_host_info, false},
    {"getLog", command_get_log, false},
    {"getCmdLineOpts", command_line_options, false},
    {"listCommands", command_list_commands, false},
};

/* What the real server has, so that the refusal can say that it is this one that has not. */
static const char *const real[] = {"explain", "mapReduce", "renameCollection", "collMod", "currentOp", "killOp", "validate", "compact", "convertToCapped", "replSetInitiate", "replSetGetStatus", "startSession", "commitTransaction", "abortTransaction", "createRole", "grantRolesToUser", "updateUser", "setParameter", "shutdown", "fsync", "profile", "top", "bulkWrite", "setFeatureCompatibilityVersion", "atlasVersion", NULL};

bool command_list_commands(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)command, (void)failure;
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "commands");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        size_t child = bson_open_child(reply, BSON_DOCUMENT, entries[i].name);
        bson_put_bool(reply, "requiresAuth", !entries[i].open);
        bson_close(reply, child);
    }
    bson_close(reply, opened);
    return true;
}

static bool is_real(const char *name) {
    for (const char *const *each = real; *each; each++)
        if (!strcmp(*each, name)) return true;
    return false;
}

static bool run(struct command *command, struct buffer *reply, struct failure *failure) {
    struct bson_iterator all = bson_iterate(command->body);
    struct value transaction;
    if (!bson_next(&all, &command->subject)) return fail(failure, COMMAND_NOT_FOUND, "no such command: ''");
    command->name = command->subject.name;
    if (!bson_lookup_text(command->body, "$db", &command->database)) return fail(failure, 40571, "OP_MSG requests require a $db argument");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (strcmp(entries[i].name, command->name)) continue;
        if (auth_required && !entries[i].open && !command->client->authenticated) return fail(failure, UNAUTHORIZED, "Command %s requires authentication", command->name);
        if (bson_find(command->body, "txnNumber", &transaction)) return fail(failure, ILLEGAL_OPERATION, "Transaction numbers are only allowed on a replica set member or mongos");
        return entries[i].handler(command, reply, failure);
    }
    if (is_real(command->name)) return fail_stand_in(failure, "it has no command '%s'", command->name);
    return fail(failure, COMMAND_NOT_FOUND, "no such command: '%.100s'", command->name);
}

void run_command(struct client *client, const uint8_t *body, const struct sequence *sequences, int sequence_count, struct buffer *reply) {
    struct command command = {.body = body, .client = client, .sequence_count = sequence_count};
    struct failure failure = {0};
    for (int i = 0; i < sequence_count; i++) command.sequences[i] = sequences[i];
    size_t opened = bson_open(reply);
    bool done = run(&command, reply, &failure);
    if (!done) {
        reply->length = opened;
        opened = bson_open(reply);
        bson_put_double(reply, "ok", 0);
        bson_put_text(reply, "errmsg", failure.text);
        bson_put_int32(reply, "code", failure.code);
        bson_put_text(reply, "codeName", failure_name(failure.code));
    } else {
        bson_put_double(reply, "ok", 1);
    }
    bson_close(reply, opened);
}
