/* Bytes that grow at their end. Memory that is not there ends the program: everything that is kept has a bound of its own. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *bytes;
    size_t length, capacity;
};

void *allocate(size_t size);
void *reallocate(void *old, size_t size);

/* Room for so many more bytes, not yet counted in length. */
uint8_t *buffer_reserve(struct buffer *, size_t size);
void buffer_append(struct buffer *, const void *bytes, size_t size);
void buffer_text(struct buffer *, const char *text);
void buffer_byte(struct buffer *, uint8_t byte);
void buffer_u32(struct buffer *, uint32_t number);
void buffer_u64(struct buffer *, uint64_t number);
void buffer_format(struct buffer *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vformat(struct buffer *, const char *format, va_list);
/* Forgets the first bytes; the rest moves to the front. */
void buffer_consume(struct buffer *, size_t size);
void buffer_free(struct buffer *);
/* The bytes with a zero behind them, which is not counted. */
const char *buffer_string(struct buffer *);

static inline uint32_t load_u32(const uint8_t *at) {
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}
static inline uint64_t load_u64(const uint8_t *at) {
    return load_u32(at) | (uint64_t)load_u32(at + 4) << 32;
}
static inline void store_u32(uint8_t *at, uint32_t number) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(number >> 8 * i);
}
