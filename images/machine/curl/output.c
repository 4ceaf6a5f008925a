/* What is printed beside the answer: -w's format and the progress meter's last line. */
#include "curl.h"
#include <stdio.h>
#include <string.h>

static void print_variable(const char *name, int length, const struct transfer *transfer) {
#define IS(text) (length == (int)sizeof text - 1 && !memcmp(name, text, length))
    if (IS("http_code") || IS("response_code")) printf("%03d", transfer->status);
    else if (IS("time_total")) printf("%.6f", transfer->seconds);
    else if (IS("time_connect")) printf("%.6f", transfer->connect_seconds);
    else if (IS("size_download")) printf("%zu", transfer->received);
    else if (IS("url_effective")) printf("%s", transfer->effective);
    else if (IS("remote_ip")) printf("%s", transfer->remote_ip);
    else if (IS("remote_port")) printf("%s", transfer->remote_port);
    else if (IS("num_redirects")) printf("%d", transfer->redirects);
    else if (IS("content_type")) printf("%s", transfer->content_type);
    else if (IS("method")) printf("%s", transfer->method ? transfer->method : "GET");
    else if (IS("speed_download")) printf("%.0f", transfer->seconds > 0 ? transfer->received / transfer->seconds : 0.0);
    else fprintf(stderr, "curl: unknown --write-out variable: '%.*s'\n", length, name);
#undef IS
}

void print_write_out(const char *format, const struct transfer *transfer) {
    for (const char *c = format; *c; c++) {
        const char *end;
        if (*c == '%' && c[1] == '{' && (end = strchr(c, '}'))) {
            print_variable(c + 2, end - c - 2, transfer);
            c = end;
        } else if (*c == '%' && c[1] == '%') {
            putchar(*c++);
        } else if (*c == '\\' && c[1]) {
            c++;
            putchar(*c == 'n' ? '\n' : *c == 't' ? '\t' : *c == 'r' ? '\r' : *c);
        } else {
            putchar(*c);
        }
    }
}

void print_meter(const struct transfer *transfer) {
    unsigned speed = transfer->seconds > 0.001 ? transfer->received / transfer->seconds : transfer->received;
    fprintf(stderr,
            "  %% Total    %% Received %% Xferd  Average Speed   Time    Time     Time  Current\n"
            "                                 Dload  Upload   Total   Spent    Left  Speed\n"
            "100 %5zu  100 %5zu    0     0  %5u      0 --:--:-- --:--:-- --:--:-- %5u\n",
            transfer->received, transfer->received, speed, speed);
}
