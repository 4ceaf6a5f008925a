/* Commands: what a message asks for, and the functions that answer. */
#pragma once
#include "../../stand-in/scram.h"
#include "failure.h"
#include "store.h"

enum { SEQUENCES = 8 };

/* The other end of a connection, as commands see it. */
struct client {
    int32_t id;
    char remote[72];
    bool authenticated;
    char user[SCRAM_NAME_BYTES], user_database[64];
    struct scram_server scram;
    /* The saslStart that waits for its saslContinue, and what that is to say. */
    enum { SASL_NONE, SASL_CHALLENGED, SASL_EMPTY } sasl;
    bool sasl_skips_empty, sasl_known_user;
    char sasl_database[64];
    int32_t sasl_conversation;
};

/* Documents that came beside the body, one behind the other. */
struct sequence {
    const char *name;
    const uint8_t *bytes;
    size_t size;
};

struct command {
    const char *name, *database;
    /* The first field, which is named as the command. */
    struct value subject;
    const uint8_t *body;
    struct sequence sequences[SEQUENCES];
    int sequence_count;
    struct client *client;
};

/* Appends fields to the reply, whose document is open. False: the reply is the failure. */
typedef bool command_handler(const struct command *, struct buffer *reply, struct failure *);

/* Runs the command that the body's first field names; the reply is a whole document. */
void run_command(struct client *, const uint8_t *body, const struct sequence *, int sequence_count, struct buffer *reply);

/* Options, from the command line. */
extern bool auth_required;
extern int server_port;

/* arguments.c: what commands take. */
/* `database.collection`, with the collection that the command's first field names. */
bool command_namespace(const struct command *, char out[NAMESPACE_BYTES + 1], struct failure *);
/* NULL when the field is absent; a failure when it is no document. */
bool command_document(const struct command *, const char *field, const uint8_t **out, struct failure *);
bool command_flag(const struct command *, const char *field);
bool command_count(const struct command *, const char *field, int64_t *out, struct failure *);
/* The documents of a field, in the body as an array or beside it. */
struct documents {
    const uint8_t *at, *end;
    struct bson_iterator array;
    bool is_array, bad;
};
bool command_documents(const struct command *, const char *field, struct documents *, struct failure *);
bool documents_next(struct documents *, const uint8_t **out);
/* Refuses the fields that the server would act on and this one cannot. */
bool refuse_fields(const uint8_t *document, const char *const *fields, struct failure *);
/* Writes and, if the write concern says so, syncs. */
bool finish_write(const struct command *, struct failure *);

command_handler command_hello, command_ping, command_build_info, command_list_databases, command_list_collections, command_create, command_drop,
    command_drop_database, command_insert, command_find, command_get_more, command_kill_cursors, command_update, command_delete, command_count_documents,
    command_distinct, command_find_and_modify, command_aggregate, command_create_indexes, command_list_indexes, command_drop_indexes,
    command_get_parameter, command_connection_status, command_whatsmyuri, command_server_status, command_logout, command_sasl_start,
    command_sasl_continue, command_create_user, command_drop_user, command_users_info, command_database_stats, command_collection_stats,
    command_get_log, command_line_options, command_list_commands, command_host_info;

/* users.c */
bool create_user(const char *database, const char *user, const char *password, const uint8_t *roles, struct failure *);
bool find_secret(const char *database, const char *user, struct scram_secret *);
/* sasl.c: the part of hello that is a saslStart already; nothing is added when it fails. */
void speculative_authenticate(struct client *, const uint8_t *start, struct buffer *reply);
