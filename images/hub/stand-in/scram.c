/* SCRAM-SHA-256. */
#include "scram.h"
#include "bson.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of an attribute: r=… between commas. */
static bool attribute(const char *message, size_t size, char name, const char **text, size_t *length) {
    const char *at = message, *end = message + size;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        if (stop - at >= 2 && at[0] == name && at[1] == '=') {
            *text = at + 2;
            *length = (size_t)(stop - at) - 2;
            return true;
        }
        at = stop + 1;
    }
    return false;
}

static void derive(const char *password, const uint8_t *salt, size_t salt_size, int iterations, uint8_t client_key[SHA256_BYTES], uint8_t server_key[SHA256_BYTES]) {
    uint8_t salted[SHA256_BYTES];
    stretch_password(password, salt, salt_size, iterations, salted);
    hmac_sha256(salted, sizeof salted, "Client Key", 10, client_key);
    hmac_sha256(salted, sizeof salted, "Server Key", 10, server_key);
}

static void hash(const uint8_t in[SHA256_BYTES], uint8_t out[SHA256_BYTES]) {
    struct sha256 state;
    sha256_begin(&state);
    sha256_add(&state, in, SHA256_BYTES);
    sha256_end(&state, out);
}

void scram_make_secret(const char *password, struct scram_secret *out) {
    uint8_t client_key[SHA256_BYTES];
    out->iterations = SCRAM_ITERATIONS;
    random_bytes(out->salt, sizeof out->salt);
    derive(password, out->salt, sizeof out->salt, out->iterations, client_key, out->server_key);
    hash(client_key, out->stored_key);
}

static void put_nonce(struct buffer *out) {
    uint8_t bytes[24];
    random_bytes(bytes, sizeof bytes);
    base64_encode(bytes, sizeof bytes, out);
}

/* Undoes =2C and =3D. */
static bool unescape_name(const char *text, size_t size, char *out) {
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (byte == '=') {
            if (size - i < 3 || (memcmp(text + i, "=2C", 3) && memcmp(text + i, "=3D", 3))) return false;
            byte = text[i + 1] == '2' ? ',' : '=';
            i += 2;
        }
        if (!byte || length == SCRAM_NAME_BYTES - 1) return false;
        out[length++] = byte;
    }
    out[length] = 0;
    return length > 0;
}

bool scram_server_begin(struct scram_server *server, const char *message, size_t size) {
    const char *text;
    size_t length;
    scram_server_free(server);
    /* No channel binding and no other identity to act as. */
    if (size > SCRAM_MESSAGE_BYTES || size < 3 || memcmp(message, "n,,", 3) || memchr(message, 0, size)) return false;
    buffer_append(&server->client_first, message + 3, size - 3);
    if (!attribute(message + 3, size - 3, 'n', &text, &length) || !unescape_name(text, length, server->user)) return false;
    return attribute(message + 3, size - 3, 'r', &text, &length) && length >= 8 && length <= 128;
}

void scram_server_challenge(struct scram_server *server, const struct scram_secret *secret, struct buffer *out) {
    const char *text;
    size_t length;
    server->secret = *secret;
    attribute((const char *)server->client_first.bytes, server->client_first.length, 'r', &text, &length);
    buffer_format(&server->server_first, "r=%.*s", (int)length, text);
    put_nonce(&server->server_first);
    buffer_text(&server->server_first, ",s=");
    base64_encode(secret->salt, sizeof secret->salt, &server->server_first);
    buffer_format(&server->server_first, ",i=%d", secret->iterations);
    buffer_append(out, server->server_first.bytes, server->server_first.length);
}

/* Everything that was said before the proof, as both sides sign it. */
static void signed_text(const struct buffer *client_first, const char *server_first, size_t server_size, const char *final, size_t size, struct buffer *out) {
    buffer_append(out, client_first->bytes, client_first->length);
    buffer_byte(out, ',');
    buffer_append(out, server_first, server_size);
    buffer_byte(out, ',');
    buffer_append(out, final, size);
}

bool scram_server_finish(struct scram_server *server, const char *message, size_t size, struct buffer *out) {
    const char *text, *nonce, *binding;
    size_t length, nonce_length, binding_length;
    struct buffer proof = {0}, all = {0};
    bool right = false;
    if (size > SCRAM_MESSAGE_BYTES || !server->server_first.length || memchr(message, 0, size)) return false;
    attribute((const char *)server->server_first.bytes, server->server_first.length, 'r', &nonce, &nonce_length);
    if (!attribute(message, size, 'c', &binding, &binding_length) || binding_length != 4 || memcmp(binding, "biws", 4)) return false;
    if (!attribute(message, size, 'r', &text, &length) || length != nonce_length || memcmp(text, nonce, length)) return false;
    if (attribute(message, size, 'p', &text, &length) && base64_decode(text, length, &proof) && proof.length == SHA256_BYTES) {
        uint8_t signature[SHA256_BYTES], key[SHA256_BYTES];
        /* The proof is the last attribute: what is signed ends before its comma. */
        signed_text(&server->client_first, (const char *)server->server_first.bytes, server->server_first.length, message, (size_t)(text - 3 - message), &all);
        hmac_sha256(server->secret.stored_key, SHA256_BYTES, all.bytes, all.length, signature);
        for (int i = 0; i < SHA256_BYTES; i++) key[i] = proof.bytes[i] ^ signature[i];
        hash(key, key);
        right = same_bytes(key, server->secret.stored_key, SHA256_BYTES);
        if (right) {
            hmac_sha256(server->secret.server_key, SHA256_BYTES, all.bytes, all.length, signature);
            buffer_text(out, "v=");
            base64_encode(signature, SHA256_BYTES, out);
        }
    }
    buffer_free(&proof);
    buffer_free(&all);
    return right;
}

void scram_server_free(struct scram_server *server) {
    buffer_free(&server->client_first);
    buffer_free(&server->server_first);
    server->user[0] = 0;
}

void scram_client_begin(struct scram_client *client, const char *user, struct buffer *out) {
    struct buffer nonce = {0};
    put_nonce(&nonce);
    snprintf(client->nonce, sizeof client->nonce, "%s", buffer_string(&nonce));
    buffer_free(&nonce);
    client->first = (struct buffer){0};
    buffer_text(&client->first, "n=");
    for (; *user; user++) {
        if (*user == '=') buffer_text(&client->first, "=3D");
        else if (*user == ',') buffer_text(&client->first, "=2C");
        else buffer_byte(&client->first, (uint8_t)*user);
    }
    buffer_format(&client->first, ",r=%s", client->nonce);
    buffer_text(out, "n,,");
    buffer_append(out, client->first.bytes, client->first.length);
}

bool scram_client_answer(struct scram_client *client, const char *password, const char *challenge, size_t size, struct buffer *out) {
    const char *nonce, *salt_text, *count;
    size_t nonce_length, salt_length, count_length;
    struct buffer salt = {0}, all = {0};
    if (size > SCRAM_MESSAGE_BYTES || !attribute(challenge, size, 'r', &nonce, &nonce_length) || nonce_length <= strlen(client->nonce)) return false;
    if (memcmp(nonce, client->nonce, strlen(client->nonce))) return false;
    if (!attribute(challenge, size, 's', &salt_text, &salt_length) || !attribute(challenge, size, 'i', &count, &count_length)) return false;
    int iterations = count_length < 7 ? atoi(count) : 0;
    /* Fewer would be a server that wants the password guessed; more would keep this computer busy. */
    bool good = iterations >= 4096 && iterations <= 200000 && base64_decode(salt_text, salt_length, &salt);
    if (good) {
        uint8_t client_key[SHA256_BYTES], server_key[SHA256_BYTES], stored_key[SHA256_BYTES], signature[SHA256_BYTES];
        size_t begun = out->length;
        derive(password, salt.bytes, salt.length, iterations, client_key, server_key);
        hash(client_key, stored_key);
        buffer_format(out, "c=biws,r=%.*s", (int)nonce_length, nonce);
        signed_text(&client->first, challenge, size, (const char *)out->bytes + begun, out->length - begun, &all);
        hmac_sha256(stored_key, SHA256_BYTES, all.bytes, all.length, signature);
        for (int i = 0; i < SHA256_BYTES; i++) client_key[i] ^= signature[i];
        buffer_text(out, ",p=");
        base64_encode(client_key, SHA256_BYTES, out);
        hmac_sha256(server_key, SHA256_BYTES, all.bytes, all.length, client->server_signature);
    }
    buffer_free(&salt);
    buffer_free(&all);
    return good;
}

bool scram_client_finish(struct scram_client *client, const char *message, size_t size) {
    const char *text;
    size_t length;
    struct buffer signature = {0};
    bool right = attribute(message, size, 'v', &text, &length) && base64_decode(text, length, &signature) && signature.length == SHA256_BYTES &&
                 same_bytes(signature.bytes, client->server_signature, SHA256_BYTES);
    buffer_free(&signature);
    return right;
}

void scram_client_free(struct scram_client *client) {
    buffer_free(&client->first);
}
