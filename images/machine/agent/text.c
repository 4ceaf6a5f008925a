/* Text: the few functions on NUL-terminated strings that the agent needs. */
#include "sys.h"

u32 text_length(const char *text) {
  u32 length = 0;
  while (text[length]) length++;
  return length;
}

int text_equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

int text_starts(const char *text, const char *prefix) {
  while (*prefix)
    if (*text++ != *prefix++) return 0;
  return 1;
}

const char *text_find(const char *text, const char *part) {
  for (; *text; text++)
    if (text_starts(text, part)) return text;
  return NULL;
}

void text_add(char *to, u32 size, const char *more) {
  u32 at = text_length(to);
  while (*more && at + 1 < size) to[at++] = *more++;
  to[at] = 0;
}

void text_add_number(char *to, u32 size, u32 number) {
  char digits[12];
  u32 at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = '0' + number % 10;
  while (number /= 10);
  text_add(to, size, digits + at);
}

int text_number(const char *text, const char **rest) {
  int value = 0;
  const char *start = text;
  while (*text >= '0' && *text <= '9' && value < 100000000) value = value * 10 + (*text++ - '0');
  if (rest) *rest = text;
  return text == start ? -1 : value;
}

void print(int fd, const char *text) { write_fully(fd, text, text_length(text)); }
