/* SCRAM-SHA-256 (RFC 5802, RFC 7677), both sides. Names and passwords are taken as they are, without SASLprep. */
#pragma once
#include "digest.h"

enum { SCRAM_SALT_BYTES = 28, SCRAM_ITERATIONS = 4096, SCRAM_NAME_BYTES = 256, SCRAM_MESSAGE_BYTES = 2048 };

/* What a server keeps of a password. */
struct scram_secret {
    int iterations;
    uint8_t salt[SCRAM_SALT_BYTES];
    uint8_t stored_key[SHA256_BYTES], server_key[SHA256_BYTES];
};

void scram_make_secret(const char *password, struct scram_secret *);

struct scram_server {
    char user[SCRAM_NAME_BYTES];
    struct buffer client_first, server_first;
    struct scram_secret secret;
};

/* Reads the client's first message; its user's name is known then. False when it is malformed. */
bool scram_server_begin(struct scram_server *, const char *message, size_t size);
/* The server's first message, with the secret of that user. */
void scram_server_challenge(struct scram_server *, const struct scram_secret *, struct buffer *out);
/* Reads the client's last message. True, with the server's last one, when the password was right. */
bool scram_server_finish(struct scram_server *, const char *message, size_t size, struct buffer *out);
void scram_server_free(struct scram_server *);

struct scram_client {
    char nonce[40];
    struct buffer first;
    uint8_t server_signature[SHA256_BYTES];
};

void scram_client_begin(struct scram_client *, const char *user, struct buffer *out);
bool scram_client_answer(struct scram_client *, const char *password, const char *challenge, size_t size, struct buffer *out);
/* Whether the server knew the password as well. */
bool scram_client_finish(struct scram_client *, const char *message, size_t size);
void scram_client_free(struct scram_client *);
