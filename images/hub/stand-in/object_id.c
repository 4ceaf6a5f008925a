/* New ids, randomness and the time of day. */
#include "bson.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void random_bytes(void *out, size_t size) {
    for (uint8_t *at = out; size;) {
        ssize_t got = getrandom(at, size > 256 ? 256 : size, 0);
        if (got < 0) abort();
        at += got;
        size -= (size_t)got;
    }
}

int64_t wall_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void make_object_id(uint8_t out[12]) {
    static uint8_t process[5];
    static uint32_t counter;
    static bool ready;
    if (!ready) {
        random_bytes(process, sizeof process);
        random_bytes(&counter, sizeof counter);
        ready = true;
    }
    uint32_t seconds = (uint32_t)(wall_clock_ms() / 1000), number = counter++;
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(seconds >> (24 - 8 * i));
    memcpy(out + 4, process, 5);
    for (int i = 0; i < 3; i++) out[9 + i] = (uint8_t)(number >> (16 - 8 * i));
}
