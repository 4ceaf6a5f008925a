/* HTML: text that cannot become markup, and the frame of every page. */
#include "express.h"
#include <ctype.h>
#include <string.h>

void html_text(struct buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        switch (text[i]) {
        case '<': buffer_text(out, "&lt;"); break;
        case '>': buffer_text(out, "&gt;"); break;
        case '&': buffer_text(out, "&amp;"); break;
        case '"': buffer_text(out, "&quot;"); break;
        case '\'': buffer_text(out, "&#39;"); break;
        default: buffer_byte(out, (uint8_t)text[i]);
        }
    }
}

void html_format(struct buffer *out, const char *format, ...) {
    struct buffer plain = {0};
    va_list list;
    va_start(list, format);
    buffer_vformat(&plain, format, list);
    va_end(list);
    html_text(out, (const char *)plain.bytes, plain.length);
    buffer_free(&plain);
}

void url_part(struct buffer *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (isalnum(byte) || (byte && strchr("-_", byte)) || (byte == '.' && size > 2)) buffer_byte(out, byte);
        else buffer_format(out, "%%%02X", byte);
    }
}

static const char style[] =
    "body{margin:0;font:15px/1.5 system-ui,sans-serif;color:#1d2b2a;background:#f6f4ef}"
    "header{background:#16403a;color:#fff;padding:12px 24px;display:flex;gap:16px;align-items:baseline}"
    "header a{color:#fff;text-decoration:none;font-weight:600}header small{opacity:.75}"
    "main{max-width:980px;margin:24px auto;padding:0 24px}h1{font-size:22px;margin:0 0 12px}h1 a{color:#16403a}"
    "table{border-collapse:collapse;width:100%;background:#fff}td,th{text-align:left;padding:8px 12px;border-bottom:1px solid #e2ded3;vertical-align:top}"
    "a{color:#0f6b5c}pre,textarea,input{font:13px/1.45 ui-monospace,monospace}pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}"
    "textarea{width:100%;box-sizing:border-box;padding:8px;border:1px solid #b9b4a6;border-radius:4px;background:#fff}"
    "input{padding:6px 8px;border:1px solid #b9b4a6;border-radius:4px}"
    "button{font:inherit;padding:5px 12px;border:1px solid #0f6b5c;border-radius:4px;background:#0f6b5c;color:#fff;cursor:pointer}"
    "button.danger{background:#fff;color:#a3301f;border-color:#a3301f}form{margin:12px 0}td form{margin:0}"
    ".problem{background:#fbe9e5;border:1px solid #a3301f;padding:8px 12px;border-radius:4px;margin:12px 0;overflow-wrap:anywhere}"
    ".row{display:flex;gap:8px;align-items:center;flex-wrap:wrap}";

void page_begin(struct buffer *out, const char *title, const char *root) {
    buffer_text(out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    html_format(out, "%s - Mongo Express", title);
    buffer_format(out, "</title><style>%s</style></head><body><header><a href=\"%s\">Mongo Express</a><small>Drydock's own small stand-in for mongo-express, connected to ", style, root);
    html_format(out, "%s:%d", settings.server.host, settings.server.port);
    buffer_text(out, "</small></header><main>");
}

void page_end(struct buffer *out) {
    buffer_text(out, "</main></body></html>\n");
}
