/* Heads of requests; see http.h. */
#pragma once
#include "http.h"

/*
 * Takes a head apart, its empty line included; the text, which ends with a zero, is cut up in place.
 * Returns 0, or the status to refuse it with.
 */
int http_parse_head(char *head, struct http_request *);
/* Length of the body that follows. Returns 0, or the status to refuse it with. */
int http_body_length(const struct http_request *, size_t *length);
