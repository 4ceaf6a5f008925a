/*
 * Feeds the reader of documents in text with words put together at random. What it takes must be sound BSON, and must come
 * back the same when it is written for editing and read again.
 *
 *   texts SEED COUNT
 */
#include "../../../images/hub/stand-in/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 11) % below;
}

static const char *const words[] = {"{", "}", "[", "]", ":", ",", "(", ")", "a", "\"b\"", "'c'", "'\\u00e9\\n\\x41\\0'", "1", "-2.5", "1e400", "0x1", "null", "true", "NaN", "-Infinity", "undefined", "ObjectId(\"507f1f77bcf86cd799439011\")", "ObjectId(", "ISODate('2026-11-27T10:00:00.5+01:30')", "new Date(5)", "new", "Long('9007199254740993')", "NumberDecimal('1.50E-3')", "BinData(0, 'YWI=')", "UUID('00112233-4455-6677-8899-aabbccddeeff')", "Timestamp(1, 2)", "Timestamp({ t: 1, i: 2 })", "/a[/]b/i", "/", "//x\n", "/* */", "MinKey()", "`t`", "\xff", "$x", "\\", "'", "Double(1)", "Int32(7)", " ", NULL};

static void add_value(struct buffer *out, int depth) {
    static const char *const values[] = {"1", "-2.5", "2.0", "'t'", "\"\\\"\"", "null", "true", "ObjectId(\"507f1f77bcf86cd799439011\")", "ISODate('2026-11-27')", "Long('5')", "NumberDecimal('1.50')", "BinData(0, 'YWI=')", "Timestamp(1, 2)", "/a\\/b/i", "MinKey()", "NaN", "1e+30", "1e-7", "123456789012"};
    uint32_t kind = next(depth > 6 ? 1 : 4);
    if (kind <= 1) return buffer_text(out, values[next(sizeof values / sizeof *values)]);
    buffer_byte(out, kind == 2 ? '{' : '[');
    for (uint32_t i = 0, count = next(4); i < count; i++) {
        if (i) buffer_byte(out, ',');
        if (kind == 2) buffer_format(out, "%s:", next(2) ? "a" : "'b c'");
        add_value(out, depth + 1);
    }
    buffer_byte(out, kind == 2 ? '}' : ']');
}

static void make_text(struct buffer *out) {
    uint32_t count = 0;
    while (words[count]) count++;
    buffer_text(out, "{ v: ");
    add_value(out, 0);
    buffer_text(out, " }");
    if (next(2)) return;
    for (uint32_t i = 0, changes = 1 + next(4); i < changes; i++) {
        const char *word = words[next(count)];
        size_t at = next((uint32_t)out->length), size = strlen(word);
        buffer_reserve(out, size);
        memmove(out->bytes + at + size, out->bytes + at, out->length - at);
        memcpy(out->bytes + at, word, size);
        out->length += size;
    }
}

static bool read_exact(const uint8_t *text, size_t size, struct buffer *out) {
    char *exact = allocate(size);
    memcpy(exact, text, size);
    struct reader reader = {.at = exact, .end = exact + size};
    bool good = json_read_document(&reader, out);
    free(exact);
    return good;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252u;
    unsigned long taken = 0;
    for (unsigned long i = 0, count = strtoul(argv[2], NULL, 10); i < count; i++) {
        struct buffer text = {0}, document = {0}, written = {0}, again = {0};
        make_text(&text);
        if (read_exact(text.bytes, text.length, &document)) {
            taken++;
            json_write_document(&written, document.bytes, JSON_SHELL, 0);
            written.length = 0;
            json_write_document(&written, document.bytes, JSON_EDIT, 0);
            bool same = bson_valid(document.bytes, document.length) && read_exact(written.bytes, written.length, &again) && again.length == document.length && !memcmp(again.bytes, document.bytes, again.length);
            /* Bytes that are no UTF-8 are shown as such, and cannot come back. */
            if (!same && !memchr(text.bytes, 0xff, text.length)) {
                fprintf(stderr, "not the same: %.*s\n%s\n", (int)text.length, (const char *)text.bytes, buffer_string(&written));
                abort();
            }
        }
        buffer_free(&text);
        buffer_free(&document);
        buffer_free(&written);
        buffer_free(&again);
    }
    printf("%lu taken\n", taken);
    return 0;
}
