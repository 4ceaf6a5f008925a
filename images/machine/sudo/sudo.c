/*
 * sudo: runs its arguments. The student is root already, so no password is asked and no policy read; -u gives up the rights
 * that the other user lacks, and the flags that only matter to the real one are accepted.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what, const char *why) {
    fprintf(stderr, "sudo: %s: %s\n", what, why);
    exit(1);
}

static void become(const char *name) {
    struct passwd *user = *name == '#' ? getpwuid(atoi(name + 1)) : getpwnam(name);
    if (!user) {
        fprintf(stderr, "sudo: unknown user %s\n", name);
        exit(1);
    }
    setenv("HOME", user->pw_dir, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
    if (initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) || setuid(user->pw_uid)) fail(name, strerror(errno));
}

int main(int argc, char **argv) {
    const char *user = "root";
    int shell = 0, login = 0, i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *flag = argv[i];
        if (!strcmp(flag, "--")) {
            i++;
            break;
        }
        if (!strcmp(flag, "-u") || !strcmp(flag, "--user")) {
            if (++i >= argc) fail(flag, "option requires an argument");
            user = argv[i];
        } else if (!strncmp(flag, "--user=", 7)) {
            user = flag + 7;
        } else if (!strcmp(flag, "-g") || !strcmp(flag, "-C") || !strcmp(flag, "-p") || !strcmp(flag, "-h")) {
            i++;
        } else if (!strcmp(flag, "-V") || !strcmp(flag, "--version")) {
            puts("sudo of Drydock: runs its arguments, as root already");
            return 0;
        } else if (!strncmp(flag, "-u", 2)) {
            user = flag + 2;
        } else {
            for (const char *c = flag + 1; *c && flag[1] != '-'; c++) {
                if (*c == 's') shell = 1;
                if (*c == 'i') login = 1;
            }
        }
    }
    /* NAME=value before the command. */
    for (; i < argc && strchr(argv[i], '=') && argv[i][0] != '='; i++) putenv(argv[i]);

    setenv("SUDO_USER", getenv("USER") ? getenv("USER") : "root", 1);
    setenv("SUDO_UID", "0", 1);
    setenv("SUDO_GID", "0", 1);
    if (strcmp(user, "root")) become(user);
    if (login && chdir(getenv("HOME") ? getenv("HOME") : "/")) perror("sudo");

    if (i < argc && !shell && !login) {
        execvp(argv[i], argv + i);
        fprintf(stderr, "sudo: %s: %s\n", argv[i], errno == ENOENT ? "command not found" : strerror(errno));
        return errno == ENOENT ? 1 : 126;
    }
    if (i >= argc && !shell && !login) {
        fputs("usage: sudo [-EHinsS] [-u user] [VAR=value] [command [arg ...]]\n", stderr);
        return 1;
    }
    /* A shell, with the command as one line when there is one. */
    char line[8192] = "";
    for (; i < argc; i++) {
        if (strlen(line) + strlen(argv[i]) + 2 > sizeof line) fail("command", "too long");
        strcat(strcat(line, argv[i]), i + 1 < argc ? " " : "");
    }
    if (*line)
        execl("/bin/sh", login ? "-sh" : "sh", "-c", line, NULL);
    else
        execl("/bin/sh", login ? "-sh" : "sh", NULL);
    fail("/bin/sh", strerror(errno));
}
