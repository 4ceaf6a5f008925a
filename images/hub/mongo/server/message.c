/* Takes messages apart and puts replies together. Source: MongoDB's wire protocol reference. */
#include "message.h"
#include "../../stand-in/digest.h"
#include <string.h>

enum { OP_REPLY = 1, OP_QUERY = 2004, OP_COMPRESSED = 2012, OP_MSG = 2013 };
enum { CHECKSUM_PRESENT = 1, MORE_TO_COME = 2, REQUIRED_FLAGS = 0xffff };

uint32_t message_length(const uint8_t *head) {
    uint32_t length = load_u32(head);
    return length > MESSAGE_HEAD && length <= MESSAGE_BYTES ? length : 0;
}

static size_t open_reply(struct buffer *out, const uint8_t *request, uint32_t opcode) {
    static uint32_t last_id;
    size_t opened = out->length;
    buffer_u32(out, 0);
    buffer_u32(out, ++last_id);
    buffer_u32(out, load_u32(request + 4));
    buffer_u32(out, opcode);
    return opened;
}

static void close_reply(struct buffer *out, size_t opened) {
    store_u32(out->bytes + opened, (uint32_t)(out->length - opened));
}

/* Only the handshake may still come this way. */
static const char *answer_query(struct client *client, const uint8_t *message, size_t size, struct buffer *out) {
    const uint8_t *at = message + MESSAGE_HEAD + 4, *end = message + size, *zero = size > MESSAGE_HEAD + 4 ? memchr(at, 0, (size_t)(end - at)) : NULL;
    if (!zero || end - zero < 1 + 8 + 5) return "a malformed OP_QUERY";
    const char *name = (const char *)at;
    const uint8_t *query = zero + 1 + 8;
    if (load_u32(query) > (size_t)(end - query) || !bson_valid(query, load_u32(query))) return "malformed BSON";
    struct bson_iterator all = bson_iterate(query);
    struct value first;
    size_t dot = strcspn(name, ".");
    bool handshake = !strcmp(name + dot, ".$cmd") && bson_next(&all, &first) && (!strcmp(first.name, "isMaster") || !strcmp(first.name, "ismaster") || !strcmp(first.name, "hello"));
    struct buffer body = {0};
    struct value each;
    size_t opened = bson_open(&body);
    all = bson_iterate(query);
    while (handshake && bson_next(&all, &each))
        if (strcmp(each.name, "$db")) bson_put(&body, each.name, &each);
    bson_put_text_sized(&body, "$db", name, dot);
    bson_close(&body, opened);

    size_t reply = open_reply(out, message, OP_REPLY);
    buffer_u32(out, 8); /* flags: AwaitCapable */
    buffer_u64(out, 0);
    buffer_u32(out, 0);
    buffer_u32(out, 1);
    if (handshake) {
        run_command(client, body.bytes, NULL, 0, out);
    } else {
        opened = bson_open(out);
        bson_put_double(out, "ok", 0);
        bson_put_text(out, "errmsg", "Unsupported OP_QUERY command. The client driver may require an upgrade.");
        bson_put_int32(out, "code", 352);
        bson_put_text(out, "codeName", "UnsupportedOpQueryCommand");
        bson_close(out, opened);
    }
    close_reply(out, reply);
    buffer_free(&body);
    return NULL;
}

/* Checks that the bytes are documents one behind the other. */
static bool valid_sequence(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        if (end - at < 5 || load_u32(at) > (size_t)(end - at) || !bson_valid(at, load_u32(at))) return false;
        at += load_u32(at);
    }
    return true;
}

static const char *answer_msg(struct client *client, const uint8_t *message, size_t size, struct buffer *out) {
    if (size < MESSAGE_HEAD + 4 + 1) return "a message too short for OP_MSG";
    uint32_t flags = load_u32(message + MESSAGE_HEAD);
    if (flags & REQUIRED_FLAGS & ~(uint32_t)(CHECKSUM_PRESENT | MORE_TO_COME)) return "unknown flags";
    const uint8_t *at = message + MESSAGE_HEAD + 4, *end = message + size, *body = NULL;
    if (flags & CHECKSUM_PRESENT) {
        end -= 4;
        if (end <= at || crc32c(0, message, size - 4) != load_u32(end)) return "a wrong checksum";
    }
    struct sequence sequences[SEQUENCES];
    int count = 0;
    while (at < end) {
        uint8_t kind = *at++;
        if (end - at < 5 || load_u32(at) > (size_t)(end - at)) return "a section that is too short";
        uint32_t length = load_u32(at);
        if (kind == 0) {
            if (body || !bson_valid(at, length)) return "malformed BSON";
            body = at;
        } else if (kind == 1) {
            const uint8_t *zero = length > 5 ? memchr(at + 4, 0, length - 4) : NULL;
            if (!zero || count == SEQUENCES || !valid_sequence(zero + 1, at + length)) return "a malformed document sequence";
            sequences[count++] = (struct sequence){(const char *)at + 4, zero + 1, (size_t)(at + length - zero - 1)};
        } else {
            return "an unknown section";
        }
        at += length;
    }
    if (!body) return "no body";
    size_t reply = open_reply(out, message, OP_MSG);
    buffer_u32(out, 0);
    buffer_byte(out, 0);
    run_command(client, body, sequences, count, out);
    if (flags & MORE_TO_COME) out->length = reply;
    else close_reply(out, reply);
    return NULL;
}

const char *answer_message(struct client *client, const uint8_t *message, size_t size, struct buffer *out) {
    switch (load_u32(message + 12)) {
    case OP_MSG: return answer_msg(client, message, size, out);
    case OP_QUERY: return answer_query(client, message, size, out);
    case OP_COMPRESSED: return "OP_COMPRESSED, which hello did not offer";
    default: return "an unknown opcode";
    }
}
