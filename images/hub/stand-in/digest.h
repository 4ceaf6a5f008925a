/* SHA-256, HMAC and key stretching with it, base64, and CRC-32C. */
#pragma once
#include "buffer.h"
#include <stdbool.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};

void sha256_begin(struct sha256 *);
void sha256_add(struct sha256 *, const void *bytes, size_t size);
void sha256_end(struct sha256 *, uint8_t out[SHA256_BYTES]);
void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, uint8_t out[SHA256_BYTES]);
/* PBKDF2 with one block of output. */
void stretch_password(const char *password, const uint8_t *salt, size_t salt_size, int iterations, uint8_t out[SHA256_BYTES]);
/* Takes the same time wherever the bytes differ. */
bool same_bytes(const uint8_t *, const uint8_t *, size_t size);

void base64_encode(const uint8_t *bytes, size_t size, struct buffer *out);
/* False unless all of it is base64 with its padding. */
bool base64_decode(const char *text, size_t size, struct buffer *out);

uint32_t crc32c(uint32_t before, const void *bytes, size_t size);
