/* Values from text: JSON, JavaScript's freedoms with names and quotes, and the shell's constructors. */
#include "json.h"
#include "digest.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reader_fail(struct reader *reader, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(reader->error, sizeof reader->error, format, list);
    va_end(list);
    return false;
}

static bool unexpected(struct reader *reader) {
    if (reader->at >= reader->end) return reader_fail(reader, "the text ends too early");
    unsigned char byte = (unsigned char)*reader->at;
    if (byte <= ' ' || byte > 126) return reader_fail(reader, "unexpected character");
    return reader_fail(reader, "unexpected '%c'", byte);
}

void reader_skip_space(struct reader *reader) {
    while (reader->at < reader->end) {
        if (isspace((unsigned char)*reader->at)) {
            reader->at++;
        } else if (reader->end - reader->at > 1 && reader->at[0] == '/' && reader->at[1] == '/') {
            while (reader->at < reader->end && *reader->at != '\n') reader->at++;
        } else if (reader->end - reader->at > 1 && reader->at[0] == '/' && reader->at[1] == '*') {
            const char *close = memmem(reader->at + 2, (size_t)(reader->end - reader->at) - 2, "*/", 2);
            reader->at = close ? close + 2 : reader->end;
        } else {
            return;
        }
    }
}

bool reader_take(struct reader *reader, char wanted) {
    reader_skip_space(reader);
    if (reader->at >= reader->end || *reader->at != wanted) return false;
    reader->at++;
    return true;
}

size_t reader_name(struct reader *reader, const char **name) {
    reader_skip_space(reader);
    *name = reader->at;
    while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || *reader->at == '_' || *reader->at == '$' || (unsigned char)*reader->at > 127)) reader->at++;
    return (size_t)(reader->at - *name);
}

static void put_character(struct buffer *out, uint32_t code) {
    if (code < 0x80) {
        buffer_byte(out, (uint8_t)code);
    } else if (code < 0x800) {
        buffer_byte(out, (uint8_t)(0xc0 | code >> 6));
        buffer_byte(out, (uint8_t)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        buffer_byte(out, (uint8_t)(0xe0 | code >> 12));
        buffer_byte(out, (uint8_t)(0x80 | (code >> 6 & 63)));
        buffer_byte(out, (uint8_t)(0x80 | (code & 63)));
    } else {
        buffer_byte(out, (uint8_t)(0xf0 | code >> 18));
        buffer_byte(out, (uint8_t)(0x80 | (code >> 12 & 63)));
        buffer_byte(out, (uint8_t)(0x80 | (code >> 6 & 63)));
        buffer_byte(out, (uint8_t)(0x80 | (code & 63)));
    }
}

static bool read_hex(struct reader *reader, int digits, uint32_t *out) {
    *out = 0;
    if (reader->end - reader->at < digits) return unexpected(reader);
    for (int i = 0; i < digits; i++, reader->at++) {
        if (!isxdigit((unsigned char)*reader->at)) return unexpected(reader);
        *out = *out << 4 | (uint32_t)(isdigit((unsigned char)*reader->at) ? *reader->at - '0' : (*reader->at | 32) - 'a' + 10);
    }
    return true;
}

static bool read_escape(struct reader *reader, struct buffer *out) {
    if (reader->at >= reader->end) return unexpected(reader);
    char kind = *reader->at++;
    uint32_t code, low;
    switch (kind) {
    case 'n': buffer_byte(out, '\n'); return true;
    case 't': buffer_byte(out, '\t'); return true;
    case 'r': buffer_byte(out, '\r'); return true;
    case 'b': buffer_byte(out, '\b'); return true;
    case 'f': buffer_byte(out, '\f'); return true;
    case '0': buffer_byte(out, 0); return true;
    case 'x':
        if (!read_hex(reader, 2, &code)) return false;
        put_character(out, code);
        return true;
    case 'u':
        if (!read_hex(reader, 4, &code)) return false;
        if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' && reader->at[1] == 'u') {
            reader->at += 2;
            if (!read_hex(reader, 4, &low)) return false;
            code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)) : 0xfffd;
        }
        put_character(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
        return true;
    default: buffer_byte(out, (uint8_t)kind); return true;
    }
}

bool reader_text(struct reader *reader, struct buffer *out) {
    reader_skip_space(reader);
    if (reader->at >= reader->end || !strchr("\"'`", *reader->at)) return unexpected(reader);
    char quote = *reader->at++;
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '\n' && quote != '`') return reader_fail(reader, "a text in quotes ends with its line");
        if (*reader->at == '\\') {
            reader->at++;
            if (!read_escape(reader, out)) return false;
        } else {
            buffer_byte(out, (uint8_t)*reader->at++);
        }
    }
    if (reader->at >= reader->end) return reader_fail(reader, "a text in quotes has no end");
    reader->at++;
    return true;
}

static bool read_number(struct reader *reader, struct buffer *out, const char *name) {
    char text[64], *end;
    size_t size = 0;
    bool whole = true;
    while (reader->at < reader->end && size < sizeof text - 1 && (isalnum((unsigned char)*reader->at) || strchr("+-.", *reader->at))) {
        if (strchr("+-", *reader->at) && size && !strchr("eE", text[size - 1])) break;
        if (strchr(".eE", *reader->at)) whole = false;
        text[size++] = *reader->at++;
    }
    text[size] = 0;
    const char *digits = text + (*text == '-' || *text == '+');
    if (!strcmp(digits, "Infinity")) {
        bson_put_double(out, name, *text == '-' ? -INFINITY : INFINITY);
        return true;
    }
    if (!isdigit((unsigned char)*digits) && *digits != '.') return reader_fail(reader, "'%s' is no number", text);
    double number = strtod(text, &end);
    if (*end || strpbrk(text, "xXpP")) return reader_fail(reader, "'%s' is no number", text);
    if (whole && number >= -2147483648.0 && number <= 2147483647.0) bson_put_int32(out, name, (int32_t)number);
    /* Beyond 32 bits the shell makes doubles, and longs only when told to. */
    else bson_put_double(out, name, number);
    return true;
}

static bool read_container(struct reader *reader, struct buffer *out, bool array, int depth);
static bool read_value(struct reader *reader, struct buffer *out, const char *name, int depth);

/* The arguments of a constructor, as texts: numbers as they stand. At most two. */
static bool read_arguments(struct reader *reader, struct buffer arguments[2], int *count) {
    *count = 0;
    if (!reader_take(reader, '(')) return unexpected(reader);
    if (reader_take(reader, ')')) return true;
    do {
        if (*count == 2) return reader_fail(reader, "too many arguments");
        struct buffer *out = &arguments[(*count)++];
        reader_skip_space(reader);
        if (reader->at < reader->end && strchr("\"'`", *reader->at)) {
            if (!reader_text(reader, out)) return false;
        } else {
            while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || strchr("+-.", *reader->at))) buffer_byte(out, (uint8_t)*reader->at++);
            if (!out->length) return unexpected(reader);
        }
        buffer_string(out);
    } while (reader_take(reader, ','));
    return reader_take(reader, ')') || unexpected(reader);
}

static bool parse_hex(const char *text, uint8_t *out, size_t size, bool dashes) {
    for (size_t i = 0; i < size; i++) {
        while (dashes && *text == '-') text++;
        unsigned byte;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || sscanf(text, "%2x", &byte) != 1) return false;
        out[i] = (uint8_t)byte;
        text += 2;
    }
    return !*text;
}

static bool whole_number(const char *text, int64_t *out) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text && !*end && !errno;
}

static bool make(struct reader *reader, const char *kind, const char *first, const char *second, int count, struct buffer *out, const char *name) {
    uint8_t bytes[16];
    int64_t number = 0, other = 0;
    if (!strcmp(kind, "ObjectId") || !strcmp(kind, "ObjectID")) {
        if (!count) make_object_id(bytes);
        else if (!parse_hex(first, bytes, 12, false)) return reader_fail(reader, "ObjectId takes 24 hexadecimal digits");
        bson_put_object_id(out, name, bytes);
    } else if (!strcmp(kind, "ISODate") || !strcmp(kind, "Date")) {
        if (!count) number = wall_clock_ms();
        else if (!whole_number(first, &number) && !date_read(first, &number)) return reader_fail(reader, "%s takes a date like 2026-11-27T10:00:00Z", kind);
        bson_put_date(out, name, number);
    } else if (!strcmp(kind, "NumberInt") || !strcmp(kind, "Int32")) {
        if (count != 1 || !whole_number(first, &number) || number < INT32_MIN || number > INT32_MAX) return reader_fail(reader, "%s takes a whole number of 32 bits", kind);
        bson_put_int32(out, name, (int32_t)number);
    } else if (!strcmp(kind, "NumberLong") || !strcmp(kind, "Long")) {
        if (count != 1 || !whole_number(first, &number)) return reader_fail(reader, "%s takes a whole number of 64 bits", kind);
        bson_put_int64(out, name, number);
    } else if (!strcmp(kind, "Double")) {
        char *end;
        double real = count ? strtod(first, &end) : 0;
        if (count != 1 || *end || !*first) return reader_fail(reader, "Double takes a number");
        bson_put_double(out, name, real);
    } else if (!strcmp(kind, "NumberDecimal") || !strcmp(kind, "Decimal128")) {
        struct value value = {.type = BSON_DECIMAL, .bytes = bytes, .size = 16};
        if (count != 1 || !decimal_read(first, bytes)) return reader_fail(reader, "%s takes a decimal number of at most 34 digits", kind);
        bson_put(out, name, &value);
    } else if (!strcmp(kind, "UUID")) {
        uint8_t content[21] = {16, 0, 0, 0, 4};
        struct value value = {.type = BSON_BINARY, .bytes = content, .size = 21};
        if (!count) random_bytes(content + 5, 16), content[11] = (content[11] & 15) | 0x40, content[13] = (content[13] & 63) | 0x80;
        else if (!parse_hex(first, content + 5, 16, true)) return reader_fail(reader, "UUID takes 32 hexadecimal digits");
        bson_put(out, name, &value);
    } else if (!strcmp(kind, "BinData")) {
        struct buffer content = {0};
        buffer_u32(&content, 0);
        bool good = count == 2 && whole_number(first, &number) && number >= 0 && number < 256 && number != 2;
        buffer_byte(&content, (uint8_t)number);
        good = good && base64_decode(second, strlen(second), &content);
        store_u32(content.bytes, (uint32_t)content.length - 5);
        struct value value = {.type = BSON_BINARY, .bytes = content.bytes, .size = (uint32_t)content.length};
        if (good) bson_put(out, name, &value);
        buffer_free(&content);
        return good || reader_fail(reader, "BinData takes a subtype and base64");
    } else if (!strcmp(kind, "Timestamp")) {
        if (count != 2 || !whole_number(first, &number) || !whole_number(second, &other)) return reader_fail(reader, "Timestamp takes seconds and a counter");
        for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(other >> 8 * i), bytes[4 + i] = (uint8_t)(number >> 8 * i);
        struct value value = {.type = BSON_TIMESTAMP, .bytes = bytes, .size = 8};
        bson_put(out, name, &value);
    } else if (!strcmp(kind, "MinKey") || !strcmp(kind, "MaxKey")) {
        struct value value = {.type = kind[1] == 'i' ? BSON_MIN_KEY : BSON_MAX_KEY, .bytes = bytes};
        bson_put(out, name, &value);
    } else {
        return reader_fail(reader, "%s is not known here; there are ObjectId ISODate Date NumberInt NumberLong Double NumberDecimal UUID BinData Timestamp MinKey MaxKey", kind);
    }
    return true;
}

/* Timestamp({ t: 1, i: 2 }), as the shell writes it. */
static bool read_timestamp(struct reader *reader, struct buffer *out, const char *name) {
    struct buffer inside = {0};
    reader_take(reader, '(');
    bool good = json_read_document(reader, &inside) && (reader_take(reader, ')') || unexpected(reader));
    if (good) {
        uint8_t bytes[8];
        store_u32(bytes, (uint32_t)bson_lookup_int(inside.bytes, "i", 0));
        store_u32(bytes + 4, (uint32_t)bson_lookup_int(inside.bytes, "t", 0));
        struct value value = {.type = BSON_TIMESTAMP, .bytes = bytes, .size = 8};
        bson_put(out, name, &value);
    }
    buffer_free(&inside);
    return good;
}

static bool read_word(struct reader *reader, struct buffer *out, const char *name) {
    const char *word;
    char kind[24];
    size_t size = reader_name(reader, &word);
    if (size == 3 && !memcmp(word, "new", 3)) size = reader_name(reader, &word);
    if (!size) return unexpected(reader);
    if (size >= sizeof kind) return reader_fail(reader, "'%.*s' is not known here", (int)(size < 60 ? size : 60), word);
    memcpy(kind, word, size);
    kind[size] = 0;
    if (!strcmp(kind, "true") || !strcmp(kind, "false")) bson_put_bool(out, name, *kind == 't');
    else if (!strcmp(kind, "null")) bson_put_null(out, name);
    else if (!strcmp(kind, "undefined")) bson_put_null(out, name);
    else if (!strcmp(kind, "NaN")) bson_put_double(out, name, NAN);
    else if (!strcmp(kind, "Infinity")) bson_put_double(out, name, INFINITY);
    else {
        struct reader ahead = *reader;
        if (!strcmp(kind, "Timestamp") && reader_take(&ahead, '(') && reader_take(&ahead, '{')) return read_timestamp(reader, out, name);
        struct buffer arguments[2] = {{0}, {0}};
        int count;
        reader_skip_space(reader);
        if (reader->at >= reader->end || *reader->at != '(') return reader_fail(reader, "'%s' is not known here: values are plain JSON and ObjectId(…), ISODate(…) and the like", kind);
        bool good = read_arguments(reader, arguments, &count);
        for (int i = 0; i < 2; i++) buffer_string(&arguments[i]);
        if (good && (memchr(arguments[0].bytes, 0, arguments[0].length) || memchr(arguments[1].bytes, 0, arguments[1].length))) good = reader_fail(reader, "a zero in a text");
        good = good && make(reader, kind, (const char *)arguments[0].bytes, (const char *)arguments[1].bytes, count, out, name);
        buffer_free(&arguments[0]);
        buffer_free(&arguments[1]);
        return good;
    }
    return true;
}

static bool read_regex(struct reader *reader, struct buffer *out, const char *name) {
    struct buffer content = {0};
    bool in_class = false;
    reader->at++;
    while (reader->at < reader->end && (*reader->at != '/' || in_class) && *reader->at != '\n') {
        if (*reader->at == '[') in_class = true;
        if (*reader->at == ']') in_class = false;
        if (*reader->at == '\\' && reader->at + 1 < reader->end) buffer_byte(&content, (uint8_t)*reader->at++);
        buffer_byte(&content, (uint8_t)*reader->at++);
    }
    bool good = reader->at < reader->end && *reader->at == '/' && content.length && !memchr(content.bytes, 0, content.length);
    if (good) {
        reader->at++;
        buffer_byte(&content, 0);
        while (reader->at < reader->end && islower((unsigned char)*reader->at)) buffer_byte(&content, (uint8_t)*reader->at++);
        buffer_byte(&content, 0);
        struct value value = {.type = BSON_REGEX, .bytes = content.bytes, .size = (uint32_t)content.length};
        bson_put(out, name, &value);
    }
    buffer_free(&content);
    return good || reader_fail(reader, "a regular expression has no end");
}

static bool read_value(struct reader *reader, struct buffer *out, const char *name, int depth) {
    reader_skip_space(reader);
    if (reader->at >= reader->end) return unexpected(reader);
    char first = *reader->at;
    if (first == '{' || first == '[') {
        if (depth >= BSON_DEPTH) return reader_fail(reader, "nested deeper than %d levels", BSON_DEPTH);
        size_t opened = bson_open_child(out, first == '{' ? BSON_DOCUMENT : BSON_ARRAY, name);
        reader->at++;
        if (!read_container(reader, out, first == '[', depth + 1)) return false;
        bson_close(out, opened);
        return true;
    }
    if (strchr("\"'`", first)) {
        struct buffer text = {0};
        bool good = reader_text(reader, &text);
        if (good) bson_put_text_sized(out, name, (const char *)text.bytes, text.length);
        buffer_free(&text);
        return good;
    }
    if (first == '/') return read_regex(reader, out, name);
    if (isdigit((unsigned char)first) || strchr("+-.", first)) return read_number(reader, out, name);
    return read_word(reader, out, name);
}

/* What is behind the opening bracket, up to the closing one. */
static bool read_container(struct reader *reader, struct buffer *out, bool array, int depth) {
    char close = array ? ']' : '}', text[12];
    uint32_t index = 0;
    if (reader_take(reader, close)) return true;
    do {
        if (reader_take(reader, close)) return true; /* a comma behind the last one */
        struct buffer name = {0};
        bool good = true;
        if (array) {
            buffer_text(&name, bson_index(index++, text));
        } else {
            reader_skip_space(reader);
            const char *word;
            if (reader->at < reader->end && strchr("\"'`", *reader->at)) {
                good = reader_text(reader, &name);
            } else {
                size_t size = reader_name(reader, &word);
                buffer_append(&name, word, size);
                good = size || unexpected(reader);
            }
            if (good && name.length && memchr(name.bytes, 0, name.length)) good = reader_fail(reader, "a zero in a name");
            good = good && (reader_take(reader, ':') || unexpected(reader));
        }
        good = good && read_value(reader, out, buffer_string(&name), depth);
        buffer_free(&name);
        if (!good) return false;
    } while (reader_take(reader, ','));
    return reader_take(reader, close) || unexpected(reader);
}

bool json_read(struct reader *reader, struct buffer *out, const char *name) {
    return read_value(reader, out, name, 1);
}

bool json_read_document(struct reader *reader, struct buffer *out) {
    size_t opened = bson_open(out);
    if (!reader_take(reader, '{')) return unexpected(reader);
    if (!read_container(reader, out, false, 1)) return false;
    bson_close(out, opened);
    if (out->length - opened > BSON_DOCUMENT_BYTES) return reader_fail(reader, "a document has at most 16 MB");
    return true;
}
