/* Why a command was refused: MongoDB's code and the text that the client shows. */
#pragma once
#include <stdbool.h>

enum failure_code {
    BAD_VALUE = 2,
    FAILED_TO_PARSE = 9,
    UNAUTHORIZED = 13,
    TYPE_MISMATCH = 14,
    AUTHENTICATION_FAILED = 18,
    ILLEGAL_OPERATION = 20,
    NAMESPACE_NOT_FOUND = 26,
    INDEX_NOT_FOUND = 27,
    PATH_NOT_VIABLE = 28,
    CONFLICTING_UPDATE_OPERATORS = 40,
    CURSOR_NOT_FOUND = 43,
    NAMESPACE_EXISTS = 48,
    DOLLAR_PREFIXED_FIELD_NAME = 52,
    INVALID_ID_FIELD = 53,
    COMMAND_NOT_FOUND = 59,
    IMMUTABLE_FIELD = 66,
    INVALID_NAMESPACE = 73,
    COMMAND_NOT_SUPPORTED = 115,
    INVALID_BSON = 22,
    DUPLICATE_KEY = 11000,
    BSON_OBJECT_TOO_LARGE = 10334,
    OUT_OF_DISK_SPACE = 14031,
    UNKNOWN_FIELD = 40415,
    UNKNOWN_STAGE = 40324,
    USER_EXISTS = 51003,
    USER_NOT_FOUND = 11,
    EXCEEDED_MEMORY = 146,
};

struct failure {
    int code;
    char text[480];
};

/* Always false, so that a check can end with it. */
bool fail(struct failure *, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Refuses what the real server has and this one does not. */
bool fail_stand_in(struct failure *, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *failure_name(int code);
