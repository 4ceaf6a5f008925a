/*
 * The program `docker` (and `docker-compose`) in the guest: hands its arguments, environment, directory and
 * standard streams to the agent over the daemon's socket, passes signals on, and exits as it is told.
 */
#include "agent.h"

#define DEFAULT_SOCKET "/var/run/docker.sock"
#define FORWARDED                                                                                                        \
  (SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGUSR2) | \
   SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGTSTP))

static int control, signals;
static struct termios settings;
static int settings_known;

static u32 count_strings(char **strings, u32 *bytes) {
  u32 count = 0;
  for (; strings[count]; count++) *bytes += 4 + text_length(strings[count]) + 1;
  return count;
}

/* Whether the terminal on standard input is this job's at the moment. */
static int has_terminal(void) {
  int group = 0;
  if (sys_ioctl(0, TIOCGPGRP, &group) < 0) return 1; /* none, or not the controlling one */
  return group == SYS(getpgrp);
}

static void say(u8 kind, u8 value) {
  u8 message[2] = {kind, value};
  sys_send(control, message, sizeof message, MSG_NOSIGNAL);
}

/* unix socket path of DOCKER_HOST, the default, or NULL when it names another kind of address. */
static const char *socket_path(char **envp) {
  for (; *envp; envp++) {
    if (!text_starts(*envp, "DOCKER_HOST=") || !(*envp)[12]) continue;
    return text_starts(*envp + 12, "unix://") ? *envp + 19 : NULL;
  }
  return DEFAULT_SOCKET;
}

static int hello(int argc, char **argv, char **envp, const char *program, u32 unreachable) {
  static char directory[4096];
  u32 bytes = 64 + sizeof directory + text_length(program);
  u32 arguments = count_strings(argv + min(argc, 1), &bytes), variables = count_strings(envp, &bytes);
  if (bytes > GREETING_MAX) {
    print(2, "docker: argument list too long\n");
    sys_exit(1);
  }
  u8 *payload = pages_new(bytes);
  if (!payload) sys_exit(1);
  if (SYS(getcwd, directory, sizeof directory) < 0) directory[0] = 0;
  struct writer writer = {payload, payload + bytes, 0};
  put_u32(&writer, unreachable);
  put_u8(&writer, has_terminal());
  put_string(&writer, program);
  put_u32(&writer, arguments);
  for (u32 i = 0; i < arguments; i++) put_string(&writer, argv[1 + i]);
  put_u32(&writer, variables);
  for (u32 i = 0; i < variables; i++) put_string(&writer, envp[i]);
  put_string(&writer, directory);
  int fds[STUB_FDS] = {0, 1, 2, sys_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0), sys_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0)};
  if (fds[4] < 0) fds[4] = fds[3];
  u8 head[GREETING_LENGTH] = {0, GREETING_STUB, 1, STUB_FDS};
  u32 length = writer.at - payload;
  memcpy(head + 4, &length, 4);
  int result = send_with_fds(control, head, sizeof head, fds, STUB_FDS);
  return result < 0 ? result : write_fully(control, payload, length);
}

static NORETURN void interrupted(void) {
  if (settings_known) sys_ioctl(0, TCSETS, &settings);
  print(2, "docker: the command was interrupted because the machine was restored or the engine went away\n");
  sys_exit(1);
}

/* Stops until continued, as the terminal asked; the terminal is not read meanwhile. */
static void suspend(void) {
  say('F', 0);
  sys_kill(sys_getpid(), SIGSTOP);
  say('F', has_terminal());
}

/* The command wants to read the terminal: like a program that reads it in the background, this one stops. */
static void want_terminal(void) {
  for (int attempt = 0; !has_terminal(); attempt++) {
    if (attempt == 3) return say('F', 2);
    sys_kill(0, SIGTTIN);
    if (attempt) sleep_ms(20);
  }
  say('F', 1);
}

static void handle_signals(void) {
  struct {
    u32 number;
    u8 rest[124];
  } signal;
  while (sys_read(signals, &signal, sizeof signal) == sizeof signal) {
    if (signal.number == SIGTSTP)
      suspend();
    else {
      if (signal.number == SIGCONT) say('F', has_terminal());
      say('S', signal.number);
    }
  }
}

int stub_main(int argc, char **argv, char **envp, const char *program) {
  u64 mask = FORWARDED;
  const char *path = socket_path(envp);
  /* A stream that the caller closed must not be taken by one of our own descriptors. */
  for (int fd = 0; fd < 3; fd++)
    if (sys_fcntl(fd, F_GETFD, 0) == -EBADF) sys_dup2(sys_open("/dev/null", O_RDWR, 0), fd);
  signals_block(mask);
  signal_set(SIGPIPE, (void *)1 /* ignore */);
  signals = SYS(signalfd4, -1, &mask, 8, O_NONBLOCK | O_CLOEXEC);
  settings_known = sys_ioctl(0, TCGETS, &settings) >= 0;
  control = path ? connect_unix(path, 0) : -EPROTONOSUPPORT;
  u32 unreachable = control < 0 ? -control : 0;
  if (control < 0) control = connect_unix(AGENT_SOCKET, 0);
  if (control < 0) {
    print(2, "docker: the engine of this machine does not answer\n");
    return 1;
  }
  if (hello(argc, argv, envp, program, unreachable) < 0) interrupted();
  for (;;) {
    struct pollfd ready[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    u8 message, code;
    sys_poll(ready, 2, -1);
    if (ready[1].revents) handle_signals();
    if (!ready[0].revents) continue;
    if (sys_recv(control, &message, 1, 0) != 1) interrupted();
    if (message == 'T') want_terminal();
    if (message == 'E' && sys_recv(control, &code, 1, 0) == 1) return code;
  }
}
