/* 128-bit decimals (IEEE 754-2008, binary integer coefficients) and dates, as text and back. */
#include "json.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIAS = 6176, DIGITS = 34, EXPONENT_MAX = 6111 };

/* Divides the number, highest word first, by ten; returns the rest. */
static uint32_t divide_by_ten(uint32_t words[4]) {
    uint64_t rest = 0;
    for (int i = 0; i < 4; i++) {
        rest = rest << 32 | words[i];
        words[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
    return (uint32_t)rest;
}

void decimal_write(struct buffer *out, const uint8_t bytes[16]) {
    uint64_t low = load_u64(bytes), high = load_u64(bytes + 8);
    uint32_t words[4] = {(uint32_t)(high >> 32) & 0x1ffff, (uint32_t)high, (uint32_t)(low >> 32), (uint32_t)low};
    char digits[48];
    int count = 0;
    bool negative = high >> 63;
    if ((high >> 58 & 31) == 31) return buffer_text(out, "NaN");
    if (negative) buffer_byte(out, '-');
    if ((high >> 58 & 31) == 30) return buffer_text(out, "Infinity");
    int exponent = (int)(high >> 49 & 0x3fff) - BIAS;
    if ((high >> 61 & 3) == 3) {
        /* Coefficients in the other form are too large to be valid, and count as zero. */
        memset(words, 0, sizeof words);
        exponent = (int)(high >> 47 & 0x3fff) - BIAS;
    }
    while (words[0] | words[1] | words[2] | words[3]) digits[count++] = (char)('0' + divide_by_ten(words));
    if (!count) digits[count++] = '0';
    int scientific = exponent + count - 1;
    if (exponent > 0 || scientific < -6) {
        buffer_byte(out, (uint8_t)digits[count - 1]);
        if (count > 1) buffer_byte(out, '.');
        for (int i = count - 2; i >= 0; i--) buffer_byte(out, (uint8_t)digits[i]);
        buffer_format(out, "E%+d", scientific);
        return;
    }
    if (-exponent >= count) {
        buffer_text(out, "0.");
        for (int i = count; i < -exponent; i++) buffer_byte(out, '0');
    }
    for (int i = count - 1; i >= 0; i--) {
        buffer_byte(out, (uint8_t)digits[i]);
        if (i == -exponent && i > 0) buffer_byte(out, '.');
    }
}

bool decimal_read(const char *text, uint8_t out[16]) {
    uint32_t words[4] = {0};
    int exponent = 0, digits = 0;
    bool negative = *text == '-', point = false, any = false;
    if (*text == '-' || *text == '+') text++;
    memset(out, 0, 16);
    if (!strcmp(text, "NaN") || !strcmp(text, "Infinity")) {
        out[15] = (uint8_t)((*text == 'N' ? 0x7c : 0x78) | (negative && *text != 'N' ? 0x80 : 0));
        return true;
    }
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point) exponent--;
        if ((digits || *text != '0') && ++digits > DIGITS) return false;
        uint64_t carry = (uint64_t)(*text - '0');
        for (int i = 3; i >= 0; i--) {
            carry += (uint64_t)words[i] * 10;
            words[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    if (!any) return false;
    if (*text == 'e' || *text == 'E') {
        char *end;
        long given = strtol(text + 1, &end, 10);
        if (end == text + 1 || given < -20000 || given > 20000) return false;
        exponent += (int)given;
        text = end;
    }
    if (*text || exponent < -BIAS || exponent > EXPONENT_MAX) return false;
    for (int i = 0; i < 4; i++) store_u32(out + 4 * i, words[3 - i]);
    uint32_t top = words[0] | (uint32_t)(exponent + BIAS) << 17 | (negative ? 1u << 31 : 0);
    store_u32(out + 12, top);
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool date_read(const char *text, int64_t *ms) {
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0, more = 0, milli = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    text += used;
    if (*text == 'T' || *text == ' ') {
        if (sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &used) != 2) return false;
        text += 1 + used;
        if (sscanf(text, ":%2d%n", &second, &more) == 1) text += more;
        if (*text == '.') {
            int scale = 100;
            for (text++; isdigit((unsigned char)*text); text++, scale /= 10) milli += (*text - '0') * scale;
        }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    if (*text == 'Z' || *text == 'z') text++;
    else if (*text == '+' || *text == '-') {
        int zone_hour, zone_minute;
        if (sscanf(text + 1, "%2d:%2d%n", &zone_hour, &zone_minute, &used) != 2 && sscanf(text + 1, "%2d%2d%n", &zone_hour, &zone_minute, &used) != 2) return false;
        seconds -= (*text == '-' ? -1 : 1) * (zone_hour * 3600 + zone_minute * 60);
        text += 1 + used;
    }
    *ms = seconds * 1000 + milli;
    return !*text;
}

void date_write(struct buffer *out, int64_t ms) {
    int64_t days = ms / 86400000, rest = ms % 86400000;
    if (rest < 0) {
        rest += 86400000;
        days--;
    }
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100), m = (5 * of_year + 2) / 153;
    int64_t day = of_year - (153 * m + 2) / 5 + 1, month = m < 10 ? m + 3 : m - 9, year = year_of_era + era * 400 + (month <= 2);
    if (year < 0 || year > 9999) return buffer_format(out, "%lld", (long long)ms);
    buffer_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, (int)month, (int)day, (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}
