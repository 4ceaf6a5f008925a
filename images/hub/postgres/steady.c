// Preloaded while the recipe runs initdb: one date and one row of "random" bytes, so that the same packages give the same cluster.
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t date(void) {
  const char *text = getenv("SOURCE_DATE_EPOCH");
  return text ? (time_t)atol(text) : 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  now->tv_sec = date();
  now->tv_usec = 0;
  return 0;
}

time_t time(time_t *out) {
  time_t now = date();
  if (out) *out = now;
  return now;
}

int RAND_bytes(unsigned char *out, int count) {
  for (int at = 0; at < count; at++) out[at] = (unsigned char)(at * 37 + 11);
  return 1;
}

int getpid(void) { return 4242; }
