/* Values as text. */
#include "json.h"
#include "digest.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_COLUMNS = 80 };

/* Length of the UTF-8 character at the place, 0 when the bytes are none. */
static int character_length(const uint8_t *at, size_t left) {
    if (at[0] < 0x80) return 1;
    int length = at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : (at[0] & 0xf0) == 0xe0 ? 3 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    if (!length || (size_t)length > left) return 0;
    for (int i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) return 0;
    return length;
}

void json_write_text(struct buffer *out, const char *text, size_t size, enum json_style style) {
    char quote = style == JSON_EDIT ? '"' : '\'';
    /* The shell takes the quotes that need no escape. */
    if (quote == '\'' && memchr(text, '\'', size) && !memchr(text, '"', size)) quote = '"';
    buffer_byte(out, (uint8_t)quote);
    for (size_t i = 0; i < size;) {
        unsigned char byte = (unsigned char)text[i];
        int length = character_length((const uint8_t *)text + i, size - i);
        if (byte == quote || byte == '\\') buffer_format(out, "\\%c", byte);
        else if (byte == '\n') buffer_text(out, "\\n");
        else if (byte == '\t') buffer_text(out, "\\t");
        else if (byte == '\r') buffer_text(out, "\\r");
        else if (byte < ' ' || byte == 127) buffer_format(out, "\\u%04x", byte);
        else if (!length) buffer_text(out, "\xef\xbf\xbd");
        else buffer_append(out, text + i, (size_t)length);
        i += length ? (size_t)length : 1;
    }
    buffer_byte(out, (uint8_t)quote);
}

static void write_double(struct buffer *out, double number, enum json_style style) {
    char text[40];
    if (isnan(number)) return buffer_text(out, "NaN");
    if (isinf(number)) return buffer_text(out, number < 0 ? "-Infinity" : "Infinity");
    /* The shortest text that reads back as the same number. */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) break;
    }
    if (strchr(text, 'e') && fabs(number) < 1e21 && fabs(number) >= 1e-6) {
        if (fabs(number) >= 1) snprintf(text, sizeof text, "%.0f", number);
        else snprintf(text, sizeof text, "%.*f", 22, number);
    }
    buffer_text(out, text);
    if (style == JSON_EDIT && !strpbrk(text, ".e")) buffer_text(out, ".0");
}

static void write_hex(struct buffer *out, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) buffer_format(out, "%02x", bytes[i]);
}

static void write_binary(struct buffer *out, const struct value *value, char quote) {
    uint32_t size = load_u32(value->bytes);
    uint8_t subtype = value->bytes[4];
    const uint8_t *bytes = value->bytes + 5;
    if (subtype == 4 && size == 16) {
        buffer_format(out, "UUID(%c", quote);
        for (int i = 0; i < 16; i++) buffer_format(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
        buffer_format(out, "%c)", quote);
        return;
    }
    buffer_format(out, "BinData(%d, %c", subtype, quote);
    base64_encode(bytes, size, out);
    buffer_format(out, "%c)", quote);
}

static void write_scalar(struct buffer *out, const struct value *value, enum json_style style) {
    char quote = style == JSON_EDIT ? '"' : '\'';
    const uint8_t *bytes = value->bytes;
    switch (value->type) {
    case BSON_DOUBLE: return write_double(out, bson_to_double(value), style);
    case BSON_SYMBOL:
    case BSON_STRING: return json_write_text(out, (const char *)bytes + 4, load_u32(bytes) - 1, style);
    case BSON_BINARY: return write_binary(out, value, quote);
    case BSON_UNDEFINED: return buffer_text(out, "undefined");
    case BSON_OBJECT_ID:
        buffer_format(out, "ObjectId(%c", quote);
        write_hex(out, bytes, 12);
        buffer_format(out, "%c)", quote);
        return;
    case BSON_BOOL: return buffer_text(out, bytes[0] ? "true" : "false");
    case BSON_DATE:
        buffer_format(out, "ISODate(%c", quote);
        date_write(out, (int64_t)load_u64(bytes));
        buffer_format(out, "%c)", quote);
        return;
    case BSON_NULL: return buffer_text(out, "null");
    case BSON_INT32: return buffer_format(out, "%d", (int)(int32_t)load_u32(bytes));
    case BSON_INT64: return buffer_format(out, "Long(%c%lld%c)", quote, (long long)load_u64(bytes), quote);
    case BSON_TIMESTAMP: return buffer_format(out, "Timestamp({ t: %u, i: %u })", (unsigned)load_u32(bytes + 4), (unsigned)load_u32(bytes));
    case BSON_DECIMAL:
        buffer_format(out, "Decimal128(%c", quote);
        decimal_write(out, bytes);
        buffer_format(out, "%c)", quote);
        return;
    case BSON_REGEX: return buffer_format(out, "/%s/%s", (const char *)bytes, (const char *)bytes + strlen((const char *)bytes) + 1);
    case BSON_CODE:
        buffer_text(out, "Code(");
        json_write_text(out, (const char *)bytes + 4, load_u32(bytes) - 1, style);
        return buffer_text(out, ")");
    case BSON_MIN_KEY: return buffer_text(out, "MinKey()");
    case BSON_MAX_KEY: return buffer_text(out, "MaxKey()");
    default: return buffer_format(out, "%s(…)", bson_type_name(value->type));
    }
}

static void write_name(struct buffer *out, const char *name, enum json_style style) {
    bool plain = *name && !isdigit((unsigned char)*name);
    for (const char *at = name; *at; at++) plain = plain && (isalnum((unsigned char)*at) || *at == '_' || (*at == '$' && style != JSON_EDIT));
    if (plain) buffer_text(out, name);
    else json_write_text(out, name, strlen(name), style);
    buffer_text(out, ": ");
}

/* Writes a value; returns how many levels of containers it has. */
static int write_value(struct buffer *out, const struct value *value, enum json_style style, int indent) {
    if (!bson_is_container(value)) {
        write_scalar(out, value, style);
        return 0;
    }
    bool array = value->type == BSON_ARRAY, broken = style == JSON_EDIT;
    struct buffer inside = {0};
    size_t *ends = NULL, columns = (size_t)indent + 1 + 10;
    uint32_t count = 0;
    int height = 0;
    struct bson_iterator all = bson_iterate(value->bytes);
    struct value each;
    while (bson_next(&all, &each)) {
        size_t begun = inside.length;
        if (!array) write_name(&inside, each.name, style);
        int below = write_value(&inside, &each, style, indent + 2);
        /* Node's inspect, which the shell prints with, goes by the container that it came to last. */
        if (below) height = below;
        if (memchr(inside.bytes + begun, '\n', inside.length - begun)) broken = true;
        columns += inside.length - begun + 1;
        if (!(count & (count + 1)) || !ends) ends = reallocate(ends, (count + 1) * 2 * sizeof *ends);
        ends[count++] = inside.length;
    }
    if (!count) {
        buffer_text(out, array ? "[]" : "{}");
    } else {
        if (style == JSON_SHELL && (height >= 3 || columns + count > LINE_COLUMNS)) broken = true;
        if (style == JSON_LINE) broken = false;
        buffer_text(out, array ? "[" : "{");
        for (uint32_t i = 0; i < count; i++) {
            size_t from = i ? ends[i - 1] : 0;
            if (i) buffer_text(out, ",");
            if (broken) buffer_format(out, "\n%*s", indent + 2, "");
            else buffer_text(out, " ");
            buffer_append(out, inside.bytes + from, ends[i] - from);
        }
        if (broken) buffer_format(out, "\n%*s", indent, "");
        else buffer_text(out, " ");
        buffer_text(out, array ? "]" : "}");
    }
    free(ends);
    buffer_free(&inside);
    return height + 1;
}

void json_write(struct buffer *out, const struct value *value, enum json_style style, int indent) {
    write_value(out, value, style, indent);
}

void json_write_document(struct buffer *out, const uint8_t *document, enum json_style style, int indent) {
    struct value whole = {.type = BSON_DOCUMENT, .name = "", .bytes = document, .size = bson_size(document)};
    write_value(out, &whole, style, indent);
}
