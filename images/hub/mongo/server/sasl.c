/* Authentication with SCRAM-SHA-256, in the steps of saslStart and saslContinue. */
#include "command.h"
#include "log.h"
#include <stdio.h>
#include <string.h>

static bool refuse(struct client *client, const char *why, struct failure *failure) {
    char text[128];
    snprintf(text, sizeof text, "\"connectionId\":%d,\"reason\":\"%s\"", client->id, why);
    log_line('I', "ACCESS", 5286307, "conn", "Failed to authenticate", text);
    client->sasl = SASL_NONE;
    scram_server_free(&client->scram);
    return fail(failure, AUTHENTICATION_FAILED, "Authentication failed.");
}

/* A payload is binary, or text from an old client. */
static bool payload(const uint8_t *body, const char **text, size_t *size) {
    struct value found;
    if (!bson_find(body, "payload", &found)) return false;
    if (found.type == BSON_BINARY) {
        *text = (const char *)found.bytes + 5;
        *size = load_u32(found.bytes);
    } else if (bson_to_text(&found)) {
        *text = bson_to_text(&found);
        *size = strlen(*text);
    } else {
        return false;
    }
    return true;
}

/* What a user that does not exist is asked: the same each time, so that it looks like one that does. */
static void made_up_secret(const char *database, const char *user, struct scram_secret *out) {
    static uint8_t key[SHA256_BYTES];
    static bool ready;
    uint8_t salt[SHA256_BYTES];
    char name[SCRAM_NAME_BYTES + 80];
    if (!ready) random_bytes(key, sizeof key);
    ready = true;
    int length = snprintf(name, sizeof name, "%s.%s", database, user);
    hmac_sha256(key, sizeof key, name, (size_t)length, salt);
    *out = (struct scram_secret){.iterations = SCRAM_ITERATIONS};
    memcpy(out->salt, salt, sizeof out->salt);
    random_bytes(out->stored_key, SHA256_BYTES);
}

static bool start(struct client *client, const char *database, const uint8_t *body, struct buffer *reply, struct failure *failure) {
    const char *mechanism = "", *text;
    size_t size;
    struct value options, skip;
    struct scram_secret secret;
    bson_lookup_text(body, "mechanism", &mechanism);
    if (strcmp(mechanism, "SCRAM-SHA-256")) {
        refuse(client, "mechanism", failure);
        return fail(failure, BAD_VALUE, "Received authentication for mechanism %.40s which is not enabled: this stand-in has SCRAM-SHA-256", mechanism);
    }
    if (!payload(body, &text, &size) || !scram_server_begin(&client->scram, text, size)) return refuse(client, "malformed message", failure);
    client->sasl_known_user = find_secret(database, client->scram.user, &secret);
    if (!client->sasl_known_user) made_up_secret(database, client->scram.user, &secret);
    client->sasl_skips_empty = bson_find(body, "options", &options) && options.type == BSON_DOCUMENT && bson_find(options.bytes, "skipEmptyExchange", &skip) && bson_truth(&skip);
    client->sasl = SASL_CHALLENGED;
    client->sasl_conversation++;
    snprintf(client->sasl_database, sizeof client->sasl_database, "%.63s", database);
    struct buffer challenge = {0};
    scram_server_challenge(&client->scram, &secret, &challenge);
    bson_put_int32(reply, "conversationId", client->sasl_conversation);
    bson_put_bool(reply, "done", false);
    bson_put_binary(reply, "payload", challenge.bytes, challenge.length);
    buffer_free(&challenge);
    return true;
}

bool command_sasl_start(const struct command *command, struct buffer *reply, struct failure *failure) {
    return start(command->client, command->database, command->body, reply, failure);
}

void speculative_authenticate(struct client *client, const uint8_t *body, struct buffer *reply) {
    struct failure failure;
    struct buffer part = {0};
    const char *database = "admin";
    bson_lookup_text(body, "db", &database);
    size_t opened = bson_open(&part);
    bool done = start(client, database, body, &part, &failure);
    bson_close(&part, opened);
    if (done) bson_put_document(reply, "speculativeAuthenticate", part.bytes);
    buffer_free(&part);
}

static void welcome(struct client *client) {
    char text[64];
    client->authenticated = true;
    snprintf(client->user, sizeof client->user, "%s", client->scram.user);
    snprintf(client->user_database, sizeof client->user_database, "%s", client->sasl_database);
    snprintf(text, sizeof text, "\"connectionId\":%d,\"mechanism\":\"SCRAM-SHA-256\"", client->id);
    log_line('I', "ACCESS", 5286306, "conn", "Successfully authenticated", text);
    scram_server_free(&client->scram);
}

bool command_sasl_continue(const struct command *command, struct buffer *reply, struct failure *failure) {
    struct client *client = command->client;
    const char *text;
    size_t size;
    if (client->sasl == SASL_NONE || bson_lookup_int(command->body, "conversationId", -1) != client->sasl_conversation || !payload(command->body, &text, &size))
        return fail(failure, 17, "No SASL session state found");
    bson_put_int32(reply, "conversationId", client->sasl_conversation);
    if (client->sasl == SASL_EMPTY) {
        client->sasl = SASL_NONE;
        welcome(client);
        bson_put_bool(reply, "done", true);
        bson_put_binary(reply, "payload", "", 0);
        return true;
    }
    struct buffer answer = {0};
    bool right = scram_server_finish(&client->scram, text, size, &answer) && client->sasl_known_user;
    if (right) {
        client->sasl = client->sasl_skips_empty ? SASL_NONE : SASL_EMPTY;
        bson_put_bool(reply, "done", client->sasl_skips_empty);
        bson_put_binary(reply, "payload", answer.bytes, answer.length);
        if (client->sasl_skips_empty) welcome(client);
    }
    buffer_free(&answer);
    return right || refuse(client, "user or password", failure);
}

bool command_logout(const struct command *command, struct buffer *reply, struct failure *failure) {
    (void)reply, (void)failure;
    command->client->authenticated = false;
    command->client->user[0] = 0;
    return true;
}
