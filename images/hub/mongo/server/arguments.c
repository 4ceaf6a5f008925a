/* What commands take: namespaces, documents, numbers. */
#include "command.h"
#include <stdio.h>
#include <string.h>

bool command_namespace(const struct command *command, char out[NAMESPACE_BYTES + 1], struct failure *failure) {
    const char *collection = bson_to_text(&command->subject);
    if (!collection) return fail(failure, INVALID_NAMESPACE, "collection name has invalid type %s", bson_type_name(command->subject.type));
    if (strlen(command->database) + 1 + strlen(collection) > NAMESPACE_BYTES) return fail(failure, INVALID_NAMESPACE, "Fully qualified namespace is too long. Max: %d", NAMESPACE_BYTES);
    snprintf(out, NAMESPACE_BYTES + 1, "%s.%s", command->database, collection);
    return name_valid_database(command->database, failure) && name_valid_namespace(out, failure);
}

bool command_document(const struct command *command, const char *field, const uint8_t **out, struct failure *failure) {
    struct value found;
    *out = NULL;
    if (!bson_find(command->body, field, &found) || found.type == BSON_NULL) return true;
    if (found.type != BSON_DOCUMENT)
        return fail(failure, TYPE_MISMATCH, "BSON field '%s.%s' is the wrong type '%s', expected type 'object'", command->name, field, bson_type_name(found.type));
    *out = found.bytes;
    return true;
}

bool command_flag(const struct command *command, const char *field) {
    struct value found;
    return bson_find(command->body, field, &found) && bson_truth(&found);
}

bool command_count(const struct command *command, const char *field, int64_t *out, struct failure *failure) {
    struct value found;
    if (!bson_find(command->body, field, &found) || found.type == BSON_NULL) return true;
    if (!bson_to_int64(&found, out)) return fail(failure, TYPE_MISMATCH, "BSON field '%s.%s' is the wrong type '%s', expected a whole number", command->name, field, bson_type_name(found.type));
    return *out >= 0 || fail(failure, 51024, "BSON field '%s' value must be >= 0, actual value '%lld'", field, (long long)*out);
}

bool command_documents(const struct command *command, const char *field, struct documents *out, struct failure *failure) {
    struct value found;
    *out = (struct documents){0};
    for (int i = 0; i < command->sequence_count; i++) {
        if (strcmp(command->sequences[i].name, field)) continue;
        out->at = command->sequences[i].bytes;
        out->end = out->at + command->sequences[i].size;
        return true;
    }
    if (!bson_find(command->body, field, &found)) return fail(failure, 40414, "BSON field '%s.%s' is missing but a required field", command->name, field);
    if (found.type != BSON_ARRAY) return fail(failure, TYPE_MISMATCH, "BSON field '%s.%s' is the wrong type '%s', expected type 'array'", command->name, field, bson_type_name(found.type));
    struct bson_iterator all = bson_iterate(found.bytes);
    struct value each;
    while (bson_next(&all, &each))
        if (each.type != BSON_DOCUMENT) return fail(failure, TYPE_MISMATCH, "BSON field '%s.%s.%s' is the wrong type '%s', expected type 'object'", command->name, field, each.name, bson_type_name(each.type));
    out->is_array = true;
    out->array = bson_iterate(found.bytes);
    return true;
}

bool documents_next(struct documents *documents, const uint8_t **out) {
    struct value each;
    if (documents->is_array) {
        if (!bson_next(&documents->array, &each)) return false;
        *out = each.bytes;
        return true;
    }
    if (documents->at >= documents->end) return false;
    *out = documents->at;
    documents->at += bson_size(documents->at);
    return true;
}

bool refuse_fields(const uint8_t *document, const char *const *fields, struct failure *failure) {
    struct value found;
    for (; *fields; fields++) {
        if (!bson_find(document, *fields, &found) || !bson_truth(&found) || (bson_is_container(&found) && bson_size(found.bytes) == 5)) continue;
        return fail_stand_in(failure, "it does not know the option '%s'", *fields);
    }
    return true;
}

bool finish_write(const struct command *command, struct failure *failure) {
    const uint8_t *concern;
    struct value wish;
    if (!store_commit(failure) || !command_document(command, "writeConcern", &concern, failure)) return false;
    bool sync = concern && ((bson_find(concern, "j", &wish) && bson_truth(&wish)) || (bson_find(concern, "fsync", &wish) && bson_truth(&wish)));
    if (sync && !journal_sync(failure)) return false;
    journal_compact_if_worth_it();
    return true;
}
