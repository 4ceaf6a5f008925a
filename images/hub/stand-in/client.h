/* A client of the wire protocol: one connection, one command after the other, everything within a time limit. */
#pragma once
#include "bson.h"

enum { CLIENT_REPLY_BYTES = 48 << 20 };

struct database_client {
    int fd;
    uint32_t last_id;
    int timeout_ms;
    /* The last reply's message; its body is inside. */
    struct buffer reply;
    char error[512];
};

/* Where a server is, and as whom: from mongodb://user:password@host:port/database?authSource=… */
struct database_address {
    char host[256], user[256], password[256], database[64], auth_source[64];
    int port;
};

/* False, with a text, for what is no such address. The address keeps what the text does not say. */
bool address_parse(const char *text, struct database_address *, char *error, size_t size);

/* Connects and authenticates, if the address names a user. False, with client->error. */
bool client_open(struct database_client *, const struct database_address *, int timeout_ms);
/*
 * Sends a command; @param command an open document, to which $db is added and which is closed then.
 * Returns the reply's body, which stays until the next command, or NULL with client->error when there is none. A reply that
 * says ok: 0 is a reply.
 */
const uint8_t *client_run(struct database_client *, const char *database, struct buffer *command);
/* The same, but a refusal is NULL with client->error too. */
const uint8_t *client_must(struct database_client *, const char *database, struct buffer *command);
bool reply_ok(const uint8_t *reply);
void client_close(struct database_client *);
