/* A web page that lists what a MongoDB server has, as mongo-express does: our own code and design, a stand-in for it. */
#pragma once
#include "../stand-in/client.h"
#include "../stand-in/http.h"
#include "../stand-in/json.h"

struct settings {
    struct database_address server;
    int port;
    bool basic_auth, read_only;
    char user[256], password[256];
};

extern struct settings settings;

/* settings.c: from the environment; ends the program for what makes no sense. */
void read_settings(struct settings *);

/* server.c: commands to the MongoDB server, connecting again when the connection was lost. */
bool server_connect(char *error, size_t size);
/* The reply, or NULL with server_error(). The command is an open document. */
const uint8_t *server_run(const char *database, struct buffer *command);
const char *server_error(void);
/* Databases or collections as an array of texts. */
bool server_databases(struct buffer *out);
bool server_collections(const char *database, struct buffer *out);
int64_t server_count(const char *database, const char *collection, const uint8_t *filter);

/* html.c */
void html_text(struct buffer *out, const char *text, size_t size);
void html_format(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A part of a URL's path, with all but letters, digits and -_. as %XX. */
void url_part(struct buffer *out, const char *text, size_t size);
/* Head and navigation. @param root relative path to the first page */
void page_begin(struct buffer *out, const char *title, const char *root);
void page_end(struct buffer *out);

/* What a path names; empty texts for what it does not. */
struct place {
    char database[64], collection[256];
    /* The document's id as text, decoded. */
    struct buffer id;
    char root[64];
};

/* pages.c: what GET shows. False: nothing is there, or the server is not; reply says what. */
void show_databases(const struct place *, const char *problem, struct http_reply *);
void show_collections(const struct place *, const char *problem, struct http_reply *);
void show_documents(const struct place *, const struct http_request *, const char *problem, const char *text, struct http_reply *);
void show_document(const struct place *, const char *problem, const char *text, struct http_reply *);
void show_problem(const struct place *, int status, const char *problem, struct http_reply *);
/* The document of an id as the path has it; NULL when there is none. */
const uint8_t *find_document(const struct place *, struct buffer *id_holder, struct value *id);
/* Hidden in every form, so that no other site's page can send one. */
const char *form_token(void);

/* changes.c: what POST does; answers with the page to see next. */
void change(const struct place *, const struct http_request *, struct http_reply *);

/* answers.c */
http_handler answer_request;
