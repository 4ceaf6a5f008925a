/* The $group stage. */
#pragma once
#include "results.h"

bool group_check(const uint8_t *stage, struct failure *);
/* Replaces the records by one for each group. */
bool group(struct results *, const uint8_t *stage, struct failure *);
