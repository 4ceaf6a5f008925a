/* SHA-256 (FIPS 180-4), HMAC (RFC 2104), PBKDF2 (RFC 8018), base64 (RFC 4648), CRC-32C (RFC 3720). */
#include "digest.h"
#include <string.h>

static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t word, int by) {
    return word >> by | word << (32 - by);
}

static void add_block(struct sha256 *hash, const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] + (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    memcpy(s, hash->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t one = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25), choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t first = s[7] + one + choice + rounds[i] + w[i];
        uint32_t zero = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22), majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += first;
        s[0] = first + zero + majority;
    }
    for (int i = 0; i < 8; i++) hash->state[i] += s[i];
}

void sha256_begin(struct sha256 *hash) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, start, sizeof start);
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    while (size) {
        size_t used = hash->length % 64, taken = size < 64 - used ? size : 64 - used;
        memcpy(hash->block + used, at, taken);
        hash->length += taken;
        if (used + taken == 64) add_block(hash, hash->block);
        at += taken;
        size -= taken;
    }
}

void sha256_end(struct sha256 *hash, uint8_t out[SHA256_BYTES]) {
    uint64_t bits = hash->length * 8;
    uint8_t tail[72] = {0x80};
    size_t used = hash->length % 64, padding = used < 56 ? 56 - used : 120 - used;
    for (int i = 0; i < 8; i++) tail[padding + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(hash, tail, padding + 8);
    for (int i = 0; i < SHA256_BYTES; i++) out[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* Both halves of an HMAC with the key already taken in. */
struct keyed {
    struct sha256 inner, outer;
};

static void keyed_begin(struct keyed *keyed, const void *key, size_t size) {
    uint8_t block[64] = {0}, pad[64];
    if (size > 64) {
        sha256_begin(&keyed->inner);
        sha256_add(&keyed->inner, key, size);
        sha256_end(&keyed->inner, block);
    } else if (size) {
        memcpy(block, key, size);
    }
    for (int i = 0; i < 64; i++) pad[i] = block[i] ^ 0x36;
    sha256_begin(&keyed->inner);
    sha256_add(&keyed->inner, pad, 64);
    for (int i = 0; i < 64; i++) pad[i] = block[i] ^ 0x5c;
    sha256_begin(&keyed->outer);
    sha256_add(&keyed->outer, pad, 64);
}

static void keyed_mac(const struct keyed *keyed, const void *bytes, size_t size, const void *more, size_t more_size, uint8_t out[SHA256_BYTES]) {
    struct keyed copy = *keyed;
    sha256_add(&copy.inner, bytes, size);
    sha256_add(&copy.inner, more, more_size);
    sha256_end(&copy.inner, out);
    sha256_add(&copy.outer, out, SHA256_BYTES);
    sha256_end(&copy.outer, out);
}

void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, uint8_t out[SHA256_BYTES]) {
    struct keyed keyed;
    keyed_begin(&keyed, key, key_size);
    keyed_mac(&keyed, bytes, size, "", 0, out);
}

void stretch_password(const char *password, const uint8_t *salt, size_t salt_size, int iterations, uint8_t out[SHA256_BYTES]) {
    struct keyed keyed;
    uint8_t last[SHA256_BYTES];
    keyed_begin(&keyed, password, strlen(password));
    keyed_mac(&keyed, salt, salt_size, "\0\0\0\1", 4, last);
    memcpy(out, last, SHA256_BYTES);
    for (int i = 1; i < iterations; i++) {
        keyed_mac(&keyed, last, SHA256_BYTES, "", 0, last);
        for (int j = 0; j < SHA256_BYTES; j++) out[j] ^= last[j];
    }
}

bool same_bytes(const uint8_t *a, const uint8_t *b, size_t size) {
    uint8_t differs = 0;
    for (size_t i = 0; i < size; i++) differs |= a[i] ^ b[i];
    return !differs;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const uint8_t *bytes, size_t size, struct buffer *out) {
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16 | (i + 1 < size ? bytes[i + 1] << 8 : 0) | (i + 2 < size ? bytes[i + 2] : 0);
        for (int j = 0; j < 4; j++) buffer_byte(out, (uint8_t)(i + (size_t)j > size ? '=' : digits[group >> (18 - 6 * j) & 63]));
    }
}

bool base64_decode(const char *text, size_t size, struct buffer *out) {
    if (size % 4) return false;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t group = 0;
        int padding = 0;
        for (size_t j = 0; j < 4; j++) {
            const char *digit = text[i + j] ? strchr(digits, text[i + j]) : NULL;
            if (text[i + j] == '=' && i + 4 == size && j >= 2) padding++;
            else if (!digit || padding) return false;
            group = group << 6 | (digit ? (uint32_t)(digit - digits) : 0);
        }
        uint8_t three[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        buffer_append(out, three, (size_t)(3 - padding));
    }
    return true;
}

uint32_t crc32c(uint32_t before, const void *bytes, size_t size) {
    static uint32_t table[256];
    if (!table[1]) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t each = i;
            for (int bit = 0; bit < 8; bit++) each = each >> 1 ^ (each & 1 ? 0x82f63b78 : 0);
            table[i] = each;
        }
    }
    uint32_t crc = ~before;
    for (const uint8_t *at = bytes; size--; at++) crc = crc >> 8 ^ table[(crc ^ *at) & 255];
    return ~crc;
}
