/* Refusals, and MongoDB's names for their codes. */
#include "failure.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fail(struct failure *failure, int code, const char *format, ...) {
    va_list list;
    va_start(list, format);
    failure->code = code;
    vsnprintf(failure->text, sizeof failure->text, format, list);
    va_end(list);
    return false;
}

bool fail_stand_in(struct failure *failure, const char *format, ...) {
    va_list list;
    va_start(list, format);
    failure->code = COMMAND_NOT_SUPPORTED;
    int used = snprintf(failure->text, sizeof failure->text, "this is Drydock's stand-in for MongoDB: ");
    vsnprintf(failure->text + used, sizeof failure->text - (size_t)used, format, list);
    va_end(list);
    return false;
}

const char *failure_name(int code) {
    switch (code) {
    case BAD_VALUE: return "BadValue";
    case FAILED_TO_PARSE: return "FailedToParse";
    case UNAUTHORIZED: return "Unauthorized";
    case TYPE_MISMATCH: return "TypeMismatch";
    case AUTHENTICATION_FAILED: return "AuthenticationFailed";
    case ILLEGAL_OPERATION: return "IllegalOperation";
    case NAMESPACE_NOT_FOUND: return "NamespaceNotFound";
    case INDEX_NOT_FOUND: return "IndexNotFound";
    case PATH_NOT_VIABLE: return "PathNotViable";
    case CONFLICTING_UPDATE_OPERATORS: return "ConflictingUpdateOperators";
    case CURSOR_NOT_FOUND: return "CursorNotFound";
    case NAMESPACE_EXISTS: return "NamespaceExists";
    case DOLLAR_PREFIXED_FIELD_NAME: return "DollarPrefixedFieldName";
    case INVALID_ID_FIELD: return "InvalidIdField";
    case COMMAND_NOT_FOUND: return "CommandNotFound";
    case IMMUTABLE_FIELD: return "ImmutableField";
    case INVALID_NAMESPACE: return "InvalidNamespace";
    case COMMAND_NOT_SUPPORTED: return "CommandNotSupported";
    case INVALID_BSON: return "InvalidBSON";
    case DUPLICATE_KEY: return "DuplicateKey";
    case BSON_OBJECT_TOO_LARGE: return "BSONObjectTooLarge";
    case OUT_OF_DISK_SPACE: return "OutOfDiskSpace";
    case UNKNOWN_FIELD: return "IDLUnknownField";
    case USER_NOT_FOUND: return "UserNotFound";
    case EXCEEDED_MEMORY: return "ExceededMemoryLimit";
    default: {
        static char name[24];
        snprintf(name, sizeof name, "Location%d", code);
        return name;
    }
    }
}
