/* Messages of the wire protocol: OP_MSG, and the OP_QUERY that old handshakes begin with. */
#pragma once
#include "command.h"

enum {
    MESSAGE_HEAD = 16,
    /* A document of the largest size and what stands around it; hello says so. */
    MESSAGE_BYTES = 20 << 20,
};

/* Length that a message's head claims; 0 when it is out of bounds. */
uint32_t message_length(const uint8_t *head);
/*
 * Answers one whole message; nothing is appended when none is wanted.
 * Returns NULL, or why the connection is to be closed.
 */
const char *answer_message(struct client *, const uint8_t *message, size_t size, struct buffer *out);
