/* Log lines as mongod writes them: one JSON document each, on standard output. */
#pragma once

/* @param attributes what stands between the braces of `attr`, or NULL */
void log_line(char severity, const char *component, int id, const char *context, const char *message, const char *attributes);
/* The same with a message that may need escaping, as an attribute `error`. */
void log_error(const char *component, int id, const char *context, const char *message, const char *error);
extern int log_quiet;
