/*
 * docker-init: process 1 of a container made with --init. It starts its arguments as a child in a process group of its own,
 * passes every signal on to it, waits for whatever ends below it, and ends as the child did: with its exit code, or with
 * 128 and the number of the signal that killed it.
 *
 * No C library: system calls of Linux on i386.
 */
typedef unsigned long long sigset;

enum {
    SYS_FORK = 2,
    SYS_WRITE = 4,
    SYS_WAITPID = 7,
    SYS_EXECVE = 11,
    SYS_GETPID = 20,
    SYS_KILL = 37,
    SYS_IOCTL = 54,
    SYS_SETPGID = 57,
    SYS_SIGPROCMASK = 175,
    SYS_SIGTIMEDWAIT = 177,
    SYS_EXIT_GROUP = 252,
};
enum { WNOHANG = 1, SIG_SETMASK = 2, SIGCHLD = 17, TIOCSPGRP = 0x5410, ENOENT = 2, EINTR = 4, EACCES = 13 };

static long call(long number, long a, long b, long c, long d) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}

static void say(const char *text) {
    long length = 0;
    while (text[length]) length++;
    call(SYS_WRITE, 2, (long)text, length, 0);
}

__attribute__((noreturn)) static void leave(int code) {
    for (;;) call(SYS_EXIT_GROUP, code, 0, 0, 0);
}

/* What a program makes of these concerns init itself: it would be of no use to the child. */
static sigset forwarded(void) {
    static const char own[] = {4 /* ILL */, 5 /* TRAP */, 6 /* ABRT */, 7 /* BUS */, 8 /* FPE */, 11 /* SEGV */, 31 /* SYS */};
    sigset set = ~0ull;
    for (unsigned i = 0; i < sizeof own; i++) set &= ~(1ull << (own[i] - 1));
    return set;
}

static int has_slash(const char *name) {
    for (; *name; name++)
        if (*name == '/') return 1;
    return 0;
}

static const char *path_of(char **environment) {
    for (; *environment; environment++) {
        const char *e = *environment;
        if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=') return e + 5;
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* Replaces the process, looking along PATH as execvp does. Returns the error that counts. */
static long execute(char **arguments, char **environment) {
    static char file[4096 + 256];
    const char *name = arguments[0];
    if (has_slash(name)) return call(SYS_EXECVE, (long)name, (long)arguments, (long)environment, 0);
    long problem = -ENOENT;
    for (const char *path = path_of(environment);; path++) {
        unsigned length = 0;
        for (; *path && *path != ':'; path++)
            if (length < 4096) file[length++] = *path;
        if (length > 0) file[length++] = '/';
        for (const char *c = name; *c && length < sizeof file - 1; c++) file[length++] = *c;
        file[length] = 0;
        long result = call(SYS_EXECVE, (long)file, (long)arguments, (long)environment, 0);
        if (result == -EACCES) problem = result;
        else if (result != -ENOENT && problem == -ENOENT) problem = result;
        if (!*path) return problem;
    }
}

__attribute__((noreturn)) static void become(char **arguments, char **environment, const sigset *mask) {
    call(SYS_SETPGID, 0, 0, 0, 0);
    /* The terminal's foreground, where there is one; SIGTTOU is blocked still. */
    int group = call(SYS_GETPID, 0, 0, 0, 0);
    call(SYS_IOCTL, 0, TIOCSPGRP, (long)&group, 0);
    call(SYS_SIGPROCMASK, SIG_SETMASK, (long)mask, 0, sizeof *mask);
    long problem = execute(arguments, environment);
    say("[FATAL tini (7)] exec ");
    say(arguments[0]);
    say(problem == -ENOENT ? " failed: No such file or directory\n" : problem == -EACCES ? " failed: Permission denied\n" : " failed: Exec format error\n");
    leave(problem == -ENOENT ? 127 : problem == -EACCES ? 126 : 1);
}

/* Waits for everything that has ended; leaves when the child is among it. */
static void reap(int child) {
    int status;
    for (int pid; (pid = call(SYS_WAITPID, -1, (long)&status, WNOHANG, 0)) > 0;) {
        if (pid != child) continue;
        int signal = status & 0x7f;
        leave(signal ? 128 + signal : status >> 8 & 0xff);
    }
}

__attribute__((noreturn, used)) static void run(long *stack) {
    int count = stack[0];
    char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
    int first = count > 1 && arguments[1][0] == '-' && arguments[1][1] == '-' && !arguments[1][2] ? 2 : 1;
    if (first >= count) {
        say("docker-init: no program to run\n");
        leave(1);
    }
    sigset wanted = forwarded(), before = 0;
    call(SYS_SIGPROCMASK, SIG_SETMASK, (long)&wanted, (long)&before, sizeof before);
    int child = call(SYS_FORK, 0, 0, 0, 0);
    if (child < 0) {
        say("docker-init: fork failed\n");
        leave(1);
    }
    if (child == 0) become(arguments + first, environment, &before);
    for (;;) {
        long signal = call(SYS_SIGTIMEDWAIT, (long)&wanted, 0, 0, sizeof wanted);
        if (signal > 0 && signal != SIGCHLD) call(SYS_KILL, child, signal, 0, 0);
        reap(child);
    }
}

__asm__(".globl _start\n_start: mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call run\n");
