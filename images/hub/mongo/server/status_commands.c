/* What the server says of itself. Every version it names is that of MongoDB whose protocol it speaks, marked as a stand-in. */
#include "command.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char version[] = "7.0.0";
static const char what[] = "Drydock's own small stand-in for MongoDB, not MongoDB";

bool command_hello(const struct command *command, struct buffer *reply, struct failure *failure) {
    struct value asked;
    (void)failure;
    bool old = strcmp(command->name, "hello") != 0;
    if (old && command_flag(command, "helloOk")) bson_put_bool(reply, "helloOk", true);
    bson_put_bool(reply, old ? "ismaster" : "isWritablePrimary", true);
    bson_put_int32(reply, "maxBsonObjectSize", BSON_DOCUMENT_BYTES);
    bson_put_int32(reply, "maxMessageSizeBytes", 20 << 20);
    bson_put_int32(reply, "maxWriteBatchSize", 100000);
    bson_put_date(reply, "localTime", wall_clock_ms());
    bson_put_int32(reply, "logicalSessionTimeoutMinutes", 30);
    bson_put_int32(reply, "connectionId", command->client->id);
    bson_put_int32(reply, "minWireVersion", 0);
    bson_put_int32(reply, "maxWireVersion", 21);
    bson_put_bool(reply, "readOnly", false);
    /* Said of every name, so that nobody learns which ones there are. */
    if (bson_find(command->body, "saslSupportedMechs", &asked)) {
        size_t opened = bson_open_child(reply, BSON_ARRAY, "saslSupportedMechs");
        bson_put_text(reply, "0", "SCRAM-SHA-256");
        bson_close(reply, opened);
    }
    if (bson_find(command->body, "speculativeAuthenticate", &asked) && asked.type == BSON_DOCUMENT) speculative_authenticate(command->client, asked.bytes, reply);
    return true;
}

bool command_ping(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)command, (void)reply, (void)failure;
    return true;
}

bool command_build_info(const struct command *command, struct buffer *reply, struct failure *failure) {
    static const int parts[] = {7, 0, 0, 0};
    char index[12];
    (void)command, (void)failure;
    bson_put_text(reply, "version", version);
    bson_put_text(reply, "standIn", what);
    bson_put_text(reply, "gitVersion", "drydock-stand-in");
    bson_close(reply, bson_open_child(reply, BSON_ARRAY, "modules"));
    bson_put_text(reply, "allocator", "system");
    bson_put_text(reply, "javascriptEngine", "none");
    size_t opened = bson_open_child(reply, BSON_ARRAY, "versionArray");
    for (uint32_t i = 0; i < 4; i++) bson_put_int32(reply, bson_index(i, index), parts[i]);
    bson_close(reply, opened);
    bson_put_int32(reply, "bits", (int)sizeof(void *) * 8);
    bson_put_bool(reply, "debug", false);
    bson_put_int32(reply, "maxBsonObjectSize", BSON_DOCUMENT_BYTES);
    opened = bson_open_child(reply, BSON_ARRAY, "storageEngines");
    bson_put_text(reply, "0", "drydock");
    bson_close(reply, opened);
    return true;
}

bool command_get_parameter(const struct command *command, struct buffer *reply, struct failure *failure) {
    struct value asked;
    bool all = bson_to_text(&command->subject) && !strcmp(bson_to_text(&command->subject), "*"), any = false;
    if (all || bson_find(command->body, "featureCompatibilityVersion", &asked)) {
        size_t opened = bson_open_child(reply, BSON_DOCUMENT, "featureCompatibilityVersion");
        bson_put_text(reply, "version", "7.0");
        bson_close(reply, opened);
        any = true;
    }
    if (all || bson_find(command->body, "authenticationMechanisms", &asked)) {
        size_t opened = bson_open_child(reply, BSON_ARRAY, "authenticationMechanisms");
        bson_put_text(reply, "0", "SCRAM-SHA-256");
        bson_close(reply, opened);
        any = true;
    }
    if (all || bson_find(command->body, "scramSHA256IterationCount", &asked)) {
        bson_put_int32(reply, "scramSHA256IterationCount", SCRAM_ITERATIONS);
        any = true;
    }
    return any || fail(failure, 72, "no option found to get");
}

bool command_connection_status(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)failure;
    const struct client *client = command->client;
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "authInfo"), list = bson_open_child(reply, BSON_ARRAY, "authenticatedUsers");
    if (client->authenticated) {
        size_t user = bson_open_child(reply, BSON_DOCUMENT, "0");
        bson_put_text(reply, "user", client->user);
        bson_put_text(reply, "db", client->user_database);
        bson_close(reply, user);
    }
    bson_close(reply, list);
    bson_close(reply, bson_open_child(reply, BSON_ARRAY, "authenticatedUserRoles"));
    bson_close(reply, opened);
    return true;
}

bool command_whatsmyuri(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)failure;
    bson_put_text(reply, "you", command->client->remote);
    return true;
}

bool command_server_status(const struct command *command, struct buffer *reply, struct failure *failure) {
    static int64_t started;
    char host[256] = "";
    (void)command, (void)failure;
    if (!started) started = wall_clock_ms();
    gethostname(host, sizeof host - 1);
    bson_put_text(reply, "host", host);
    bson_put_text(reply, "version", version);
    bson_put_text(reply, "standIn", what);
    bson_put_text(reply, "process", "mongod");
    bson_put_int64(reply, "pid", getpid());
    bson_put_double(reply, "uptime", (double)(wall_clock_ms() - started) / 1000);
    bson_put_date(reply, "localTime", wall_clock_ms());
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "storageEngine");
    bson_put_text(reply, "name", "drydock");
    bson_put_bool(reply, "persistent", true);
    bson_close(reply, opened);
    opened = bson_open_child(reply, BSON_DOCUMENT, "mem");
    bson_put_int32(reply, "bits", (int)sizeof(void *) * 8);
    bson_put_int64(reply, "documentBytes", (int64_t)store_bytes());
    bson_put_int64(reply, "documentBytesLimit", (int64_t)store_limit_bytes);
    bson_close(reply, opened);
    return true;
}

bool command_host_info(const struct command *command, struct buffer *reply, struct failure *failure) {
    char host[256] = "";
    (void)command, (void)failure;
    gethostname(host, sizeof host - 1);
    size_t opened = bson_open_child(reply, BSON_DOCUMENT, "system");
    bson_put_text(reply, "hostname", host);
    bson_put_int32(reply, "cpuAddrSize", (int)sizeof(void *) * 8);
    bson_put_int64(reply, "numCores", sysconf(_SC_NPROCESSORS_ONLN));
    bson_close(reply, opened);
    opened = bson_open_child(reply, BSON_DOCUMENT, "os");
    bson_put_text(reply, "type", "Linux");
    bson_close(reply, opened);
    return true;
}

bool command_get_log(const struct command *command, struct buffer *reply, struct failure *failure) {
    const char *kind = bson_to_text(&command->subject);
    if (!kind || strcmp(kind, "startupWarnings")) return fail_stand_in(failure, "its log is on standard output: docker logs shows it");
    size_t opened = bson_open_child(reply, BSON_ARRAY, "log");
    if (!auth_required)
        bson_put_text(reply, "0", "{\"s\":\"W\",\"c\":\"CONTROL\",\"id\":22120,\"ctx\":\"initandlisten\",\"msg\":\"Access control is not enabled for the database. Read and write access to data and configuration is unrestricted\"}");
    bson_close(reply, opened);
    bson_put_int32(reply, "totalLinesWritten", !auth_required);
    return true;
}

bool command_line_options(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)command, (void)failure;
    size_t opened = bson_open_child(reply, BSON_ARRAY, "argv");
    bson_put_text(reply, "0", "mongod");
    bson_close(reply, opened);
    opened = bson_open_child(reply, BSON_DOCUMENT, "parsed");
    size_t child = bson_open_child(reply, BSON_DOCUMENT, "net");
    bson_put_int32(reply, "port", server_port);
    bson_close(reply, child);
    child = bson_open_child(reply, BSON_DOCUMENT, "security");
    bson_put_text(reply, "authorization", auth_required ? "enabled" : "disabled");
    bson_close(reply, child);
    bson_close(reply, opened);
    return true;
}
