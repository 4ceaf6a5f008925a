/* Bytes that grow at their end; little endian numbers. */
#include "buffer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void) {
    static const char text[] = "out of memory\n";
    (void)!write(2, text, sizeof text - 1);
    _exit(14);
}

void *allocate(size_t size) {
    void *made = malloc(size ? size : 1);
    if (!made) out_of_memory();
    return made;
}

void *reallocate(void *old, size_t size) {
    void *made = realloc(old, size ? size : 1);
    if (!made) out_of_memory();
    return made;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size) {
    if (size > SIZE_MAX / 4 || buffer->length > SIZE_MAX / 4) out_of_memory();
    size_t needed = buffer->length + size;
    if (needed > buffer->capacity || !buffer->bytes) {
        size_t capacity = buffer->capacity + buffer->capacity / 2;
        if (capacity < needed) capacity = needed;
        if (capacity < 64) capacity = 64;
        buffer->bytes = reallocate(buffer->bytes, capacity);
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size) {
    uint8_t *to = buffer_reserve(buffer, size);
    if (size) memcpy(to, bytes, size);
    buffer->length += size;
}

void buffer_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_byte(struct buffer *buffer, uint8_t byte) {
    *buffer_reserve(buffer, 1) = byte;
    buffer->length++;
}

void buffer_u32(struct buffer *buffer, uint32_t number) {
    store_u32(buffer_reserve(buffer, 4), number);
    buffer->length += 4;
}

void buffer_u64(struct buffer *buffer, uint64_t number) {
    buffer_u32(buffer, (uint32_t)number);
    buffer_u32(buffer, (uint32_t)(number >> 32));
}

void buffer_vformat(struct buffer *buffer, const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    if (size > 0) {
        vsnprintf((char *)buffer_reserve(buffer, (size_t)size + 1), (size_t)size + 1, format, again);
        buffer->length += (size_t)size;
    }
    va_end(again);
}

void buffer_format(struct buffer *buffer, const char *format, ...) {
    va_list list;
    va_start(list, format);
    buffer_vformat(buffer, format, list);
    va_end(list);
}

void buffer_consume(struct buffer *buffer, size_t size) {
    if (!size) return;
    buffer->length -= size;
    memmove(buffer->bytes, buffer->bytes + size, buffer->length);
}

void buffer_free(struct buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

const char *buffer_string(struct buffer *buffer) {
    *buffer_reserve(buffer, 1) = 0;
    return (const char *)buffer->bytes;
}
