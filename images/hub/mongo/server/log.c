/* Log lines. */
#include "log.h"
#include "../../stand-in/bson.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int log_quiet;

static void quoted(struct buffer *out, const char *text) {
    buffer_byte(out, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') buffer_format(out, "\\%c", byte);
        else if (byte < ' ' || byte > 126) buffer_format(out, "\\u%04x", byte);
        else buffer_byte(out, byte);
    }
    buffer_byte(out, '"');
}

void log_line(char severity, const char *component, int id, const char *context, const char *message, const char *attributes) {
    if (log_quiet && severity == 'I') return;
    int64_t now = wall_clock_ms();
    time_t seconds = (time_t)(now / 1000);
    char date[32], padded[24];
    struct buffer line = {0};
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime(&seconds));
    snprintf(padded, sizeof padded, "\"%s\",", component);
    buffer_format(&line, "{\"t\":{\"$date\":\"%s.%03d+00:00\"},\"s\":\"%c\",  \"c\":%-11s\"id\":%d,   \"ctx\":", date, (int)(now % 1000), severity, padded, id);
    quoted(&line, context);
    buffer_text(&line, ",\"msg\":");
    quoted(&line, message);
    if (attributes) buffer_format(&line, ",\"attr\":{%s}", attributes);
    buffer_text(&line, "}\n");
    (void)!write(1, line.bytes, line.length);
    buffer_free(&line);
}

void log_error(const char *component, int id, const char *context, const char *message, const char *error) {
    struct buffer attributes = {0};
    buffer_text(&attributes, "\"error\":");
    quoted(&attributes, error);
    log_line('E', component, id, context, message, buffer_string(&attributes));
    buffer_free(&attributes);
}
