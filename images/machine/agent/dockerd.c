/*
 * The program `dockerd` in a node: owns the node's pid file and socket, and stands for the engine, whose
 * head is beside the machine. The listening socket is handed to the agent; when this process ends, the
 * agent closes it and the engine learns that its daemon is gone.
 */
#include "agent.h"

#define PID_FILE "/var/run/docker.pid"
#define SOCKET "/var/run/docker.sock"
/* The socket until the engine is ready: whoever waits for it finds an engine that answers. */
#define STARTING_SOCKET "/var/run/docker.sock.starting"
#define STOP_TIMEOUT_MS 10000

static void add_padded(char *to, u32 size, u32 number, int digits) {
  u32 limit = 1;
  for (int i = 1; i < digits; i++) limit *= 10;
  for (; limit > 1 && number < limit; limit /= 10) text_add(to, size, "0");
  text_add_number(to, size, number);
}

/* Civil date of a day count since 1970 (Howard Hinnant's days-to-civil). */
static void add_date(char *to, u32 size, u32 days) {
  u32 z = days + 719468, era = z / 146097, day_of_era = z % 146097;
  u32 year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  u32 day = day_of_era - (365 * year + year / 4 - year / 100), shifted = (5 * day + 2) / 153;
  u32 month = shifted < 10 ? shifted + 3 : shifted - 9;
  add_padded(to, size, year + era * 400 + (month <= 2), 4);
  text_add(to, size, "-");
  add_padded(to, size, month, 2);
  text_add(to, size, "-");
  add_padded(to, size, day - (153 * shifted + 2) / 5 + 1, 2);
}

static void log_line(const char *level, const char *message) {
  char line[1400] = "time=\"";
  struct time64 now = {0, 0};
  SYS(clock_gettime64, 0 /* real time */, &now);
  u32 seconds = (u32)now.seconds, in_day = seconds % 86400;
  add_date(line, sizeof line, seconds / 86400);
  text_add(line, sizeof line, "T");
  add_padded(line, sizeof line, in_day / 3600, 2);
  text_add(line, sizeof line, ":");
  add_padded(line, sizeof line, in_day / 60 % 60, 2);
  text_add(line, sizeof line, ":");
  add_padded(line, sizeof line, in_day % 60, 2);
  text_add(line, sizeof line, ".");
  add_padded(line, sizeof line, (u32)now.nanoseconds, 9);
  text_add(line, sizeof line, "Z\" level=");
  text_add(line, sizeof line, level);
  text_add(line, sizeof line, " msg=\"");
  text_add(line, sizeof line, message);
  text_add(line, sizeof line, "\"\n");
  print(2, line);
}

static NORETURN void start_failed(const char *why, int number, const char *more) {
  char line[256] = "failed to start daemon, ";
  text_add(line, sizeof line, why);
  if (number) text_add_number(line, sizeof line, number);
  text_add(line, sizeof line, more);
  text_add(line, sizeof line, "\n");
  print(2, line);
  sys_exit(1);
}

/* The pid of another dockerd that lives, as the pid file names it; 0 when there is none. */
static int running_daemon(void) {
  char text[32], path[40] = "/proc/";
  if (read_all(AT_FDCWD, PID_FILE, text, sizeof text) <= 0) return 0;
  int pid = text_number(text, NULL);
  if (pid <= 0 || pid == sys_getpid()) return 0;
  text_add_number(path, sizeof path, pid);
  text_add(path, sizeof path, "/comm");
  return read_all(AT_FDCWD, path, text, sizeof text) > 0 && text_equal(text, "dockerd\n") ? pid : 0;
}

static void pid_file_write(void) {
  char text[16] = "";
  text_add_number(text, sizeof text, sys_getpid());
  int fd = sys_open(PID_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) start_failed("cannot write ", 0, PID_FILE);
  write_fully(fd, text, text_length(text));
  sys_close(fd);
}

static int hand_over(int listening) {
  int agent = connect_unix(AGENT_SOCKET, 0);
  if (agent < 0) return agent;
  u8 head[GREETING_LENGTH] = {0, GREETING_DAEMON, 1, 1}, answer;
  u32 length = sizeof SOCKET;
  memcpy(head + 4, &length, 4);
  int result = send_with_fds(agent, head, sizeof head, &listening, 1);
  if (result >= 0) result = write_fully(agent, SOCKET, length);
  if (result >= 0 && (sys_recv(agent, &answer, 1, 0) != 1 || answer != 'A')) result = -EBUSY;
  if (result < 0) {
    sys_close(agent);
    return result;
  }
  return agent;
}

static NORETURN void leave(int code) {
  sys_unlink(STARTING_SOCKET);
  sys_unlink(SOCKET);
  sys_unlink(PID_FILE);
  sys_exit(code);
}

static NORETURN void end(int code) {
  log_line("info", "Daemon shutdown complete");
  leave(code);
}

/* What the engine says: a line for the log, that it is ready, or why it cannot start. */
static void engine_says(int agent, u8 kind) {
  u16 length;
  char text[1026];
  if (sys_recv(agent, &length, 2, 0) != 2 || length >= sizeof text - 1) return;
  for (u32 got = 0; got < length;) {
    int more = sys_recv(agent, text + got, length - got, 0);
    if (more <= 0) return;
    got += more;
  }
  text[length] = 0;
  if (kind == DAEMON_LINE) log_line("info", text);
  if (kind == DAEMON_FAILED) {
    text_add(text, sizeof text, "\n");
    print(2, text);
    leave(1);
  }
  if (kind != DAEMON_READY) return;
  SYS(renameat, AT_FDCWD, STARTING_SOCKET, AT_FDCWD, SOCKET);
  log_line("info", "Daemon has completed initialization");
  log_line("info", "API listen on " SOCKET);
}

static void run(int agent, int signals) {
  int stopping = 0;
  for (;;) {
    struct pollfd ready[2] = {{agent, POLLIN, 0}, {signals, POLLIN, 0}};
    u8 record[128], message;
    int count = sys_poll(ready, 2, stopping ? STOP_TIMEOUT_MS : -1);
    if (count == 0) end(0);
    if (ready[1].revents && sys_read(signals, record, sizeof record) > 0) {
      u32 number;
      memcpy(&number, record, sizeof number);
      if (number == SIGHUP) {
        log_line("info", "Got signal to reload configuration, reloading from: /etc/docker/daemon.json");
        write_fully(agent, "H", 1);
        continue;
      }
      if (!stopping) log_line("info", "Processing signal 'terminated'");
      if (!stopping) write_fully(agent, "Q", 1);
      stopping = 1;
    }
    if (!ready[0].revents) continue;
    if (sys_recv(agent, &message, 1, 0) != 1) {
      log_line("error", "the engine went away");
      end(1);
    }
    if (message == 'Q') end(0);
    if (message == DAEMON_LINE || message == DAEMON_READY || message == DAEMON_FAILED) engine_says(agent, message);
  }
}

/* What the package that is installed says; the engine reads the same file when it starts. */
static void print_version(void) {
  char text[1024], line[64] = "Docker version ";
  int length = read_all(AT_FDCWD, "/usr/lib/docker/engine.json", text, sizeof text);
  const char *version = length > 0 ? text_find(text, "\"version\": \"") : NULL;
  for (version = version ? version + 12 : "unknown\""; *version && *version != '"'; version++) {
    char one[2] = {*version, 0};
    text_add(line, sizeof line, one);
  }
  text_add(line, sizeof line, ", build drydock\n");
  print(1, line);
}

int daemon_main(int argc, char **argv, char **envp) {
  (void)envp;
  for (int i = 1; i < argc; i++) {
    if (!text_equal(argv[i], "--version") && !text_equal(argv[i], "-v")) continue;
    print_version();
    return 0;
  }
  u64 mask = SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGHUP);
  signals_block(mask | SIGNAL_BIT(SIGPIPE));
  int signals = SYS(signalfd4, -1, &mask, 8, O_CLOEXEC);
  int other = running_daemon();
  if (other) start_failed("ensure docker is not running or delete " PID_FILE ": process with PID ", other, " is still running");
  log_line("info", "Starting up");
  pid_file_write();
  sys_unlink(STARTING_SOCKET);
  sys_unlink(SOCKET);
  int listening = listen_unix(STARTING_SOCKET, 0660, SOCK_NONBLOCK);
  if (listening < 0) start_failed("cannot listen on ", 0, SOCKET);
  int agent = hand_over(listening);
  sys_close(listening);
  if (agent < 0) {
    sys_unlink(STARTING_SOCKET);
    sys_unlink(PID_FILE);
    start_failed("the engine of this machine does not answer", 0, "");
  }
  run(agent, signals);
  return 0;
}
