/*
 * The agent's side of running `docker` commands: their standard streams become channels, their terminal is
 * switched for them, their signals are passed on, and they get their exit code once all output is written.
 */
#include "agent.h"

#define TIOCGDEV_I386 0x80045432

struct stub stubs[MAX_STUBS];
u32 stubs_used;

struct stub *stub_find(u32 id) {
  for (u32 i = 0; id && i < stubs_used; i++)
    if (stubs[i].id == id) return &stubs[i];
  return NULL;
}

/* --- standard streams --- */

/* /dev/tty means something else to each process: the terminal behind it, by its device number. */
static int open_named_terminal(struct stub *stub, int fd, int how) {
  u32 device = 0;
  char path[32];
  if (sys_ioctl(fd, TIOCGDEV_I386, &device) < 0) return -ENXIO;
  u32 major = (device >> 8) & 0xfff, minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  path[0] = 0;
  text_add(path, sizeof path, major == 136 ? "/dev/pts/" : major == 229 ? "/dev/hvc" : minor >= 64 ? "/dev/ttyS" : "/dev/tty");
  text_add_number(path, sizeof path, major == 4 && minor >= 64 ? minor - 64 : minor);
  if (stub_enter(stub) < 0) return -ENXIO;
  int result = sys_open(path, how, 0);
  stub_leave(stub);
  return result;
}

/*
 * A descriptor of the agent's own for a stub's stream. Pipes and terminals are opened anew, so that not
 * waiting is not seen by the shell, which shares the old one; files are used as they are, for their
 * position is shared on purpose. Takes `fd` over. Nothing is opened that the stub could not use itself.
 */
static int open_stream(struct stub *stub, int fd, int writing, enum fd_kind *kind) {
  struct statx stat;
  char path[32] = "self/fd/";
  int flags = sys_fcntl(fd, F_GETFL, 0), how = (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, own = -1;
  int access = flags & O_ACCMODE;
  if (sys_statx(fd, "", AT_EMPTY_PATH, &stat) < 0 || (flags & O_PATH) || access == (writing ? O_RDONLY : O_WRONLY)) {
    sys_close(fd);
    return -1;
  }
  *kind = FD_POLLED;
  switch (stat.stx_mode & S_IFMT) {
    case S_IFREG: /* a file of /proc may wait for its content */
      *kind = writing ? FD_FILE : FD_CAREFUL;
      return fd;
    case S_IFSOCK:
      *kind = FD_SOCKET;
      return fd;
    case S_IFCHR:
    case S_IFIFO:
      text_add_number(path, sizeof path, fd);
      own = sys_openat(own_proc, path, how, 0);
      if (own < 0 && S_ISCHR(stat.stx_mode)) own = open_named_terminal(stub, fd, how);
  }
  sys_close(fd);
  return own;
}

static int is_terminal(int fd) {
  struct termios unused;
  return fd >= 0 && sys_ioctl(fd, TCGETS, &unused) >= 0;
}

/* --- life --- */

static void terminal_restore(struct stub *stub) {
  if (stub->raw && stub->terminal >= 0) terminal_raw(stub->terminal, 0, &stub->saved);
  stub->raw = 0;
}

void stub_drop(struct stub *stub) {
  terminal_restore(stub);
  for (int i = 0; i < 3; i++)
    if (stub->streams[i]) channel_drop(stub->streams[i]);
  watch_close(&stub->control);
  if (stub->terminal >= 0) sys_close(stub->terminal);
  sys_close(stub->pidfd);
  sys_close(stub->root);
  sys_close(stub->directory);
  stub->id = 0;
  stub->freed_turn = loop_turn;
}

static void stub_gone(struct stub *stub) {
  frame_send(FRAME_STUB_GONE, stub->id, NULL, 0);
  stub_drop(stub);
}

void stub_progress(struct stub *stub) {
  if (!stub->id || !stub->exiting || !channel_is_drained(stub->streams[1]) || !channel_is_drained(stub->streams[2])) return;
  u8 message[2] = {'E', stub->code};
  int control = stub->control.fd;
  terminal_restore(stub);
  /* The streams are closed before the program ends: whoever reads them has everything then. */
  for (int i = 0; i < 3; i++)
    if (stub->streams[i]) channel_drop(stub->streams[i]);
  sys_send(control, message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
  stub_gone(stub);
}

void stub_exit(struct stub *stub, u8 code) {
  stub->exiting = 1;
  stub->code = code;
  if (stub->streams[0]) channel_stop_input(stub->streams[0]);
  stub_progress(stub);
}

void stub_raw(struct stub *stub, int on) {
  if (stub->terminal < 0 || stub->raw == !!on) return;
  if (!on) return terminal_restore(stub);
  stub->raw = terminal_raw(stub->terminal, 1, &stub->saved) >= 0;
}

int stub_may_read(struct stub *stub, struct channel *channel) {
  if (channel != stub->streams[0] || stub->foreground || stub->terminal < 0) return 1;
  if (!channel->terminal) return 1;
  sys_send(stub->control.fd, "T", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  return 0;
}

static void send_size(struct stub *stub) {
  u16 size[2];
  if (stub->terminal < 0 || terminal_size(stub->terminal, &size[0], &size[1]) < 0) return;
  frame_send(FRAME_STUB_SIZE, stub->id, size, sizeof size);
}

/* Messages of two bytes: 'S' and a signal; 'F' and whether the stub has its terminal (2: it never will). */
static void control_ready(struct watch *watch, u32 events) {
  struct stub *stub = container_of(watch, struct stub, control);
  (void)events;
  u8 message[2];
  int got = sys_recv(watch->fd, message, sizeof message, MSG_DONTWAIT);
  if (got == -EAGAIN || got == -EINTR) return;
  if (got != sizeof message) return stub_gone(stub);
  if (message[0] == 'S') {
    if (message[1] == SIGWINCH) send_size(stub);
    frame_send(FRAME_STUB_SIGNAL, stub->id, message + 1, 1);
  } else if (message[0] == 'F') {
    stub->foreground = message[1] == 1;
    if (message[1] == 2 && stub->streams[0]) {
      u32 id = stub->streams[0]->id;
      channel_drop(stub->streams[0]);
      frame_send(FRAME_CLOSE, id, NULL, 0);
    } else if (stub->streams[0])
      channel_update(stub->streams[0]);
  }
}

struct stub_hello {
  u32 node, daemon, pid, uid, gid;
  struct {
    u32 channel;
    u8 terminal;
  } __attribute__((packed)) streams[3];
  u16 rows, columns;
} __attribute__((packed));

static void hello_send(struct stub *stub, const struct stub_hello *hello, const u8 *payload, u32 length) {
  u8 *to = frame_begin(FRAME_STUB_HELLO, stub->id, sizeof *hello + length);
  memcpy(to, hello, sizeof *hello);
  memcpy(to + sizeof *hello, payload, length);
  frame_end(sizeof *hello + length);
}

/* Takes `fd` and the five descriptors over. */
void stub_greeting(int fd, struct peer *peer, u32 daemon, const u8 *payload, u32 length, int *fds) {
  struct stub *stub = NULL;
  int pidfd = SYS(pidfd_open, peer->pid, 0);
  for (u32 i = 0; i < MAX_STUBS && !stub; i++)
    if (!stubs[i].id && stubs[i].freed_turn != loop_turn) {
      stub = &stubs[i];
      if (i >= stubs_used) stubs_used = i + 1;
    }
  if (!stub || pidfd < 0 || length < 5) {
    for (int i = 0; i < STUB_FDS; i++) sys_close(fds[i]);
    if (pidfd >= 0) sys_close(pidfd);
    sys_close(fd);
    return;
  }
  memset(stub, 0, sizeof *stub);
  stub->id = channel_next_id();
  stub->control.fd = fd;
  stub->control.ready = control_ready;
  stub->pid = peer->pid;
  stub->peer = *peer;
  stub->node = node_of_pid(peer->pid);
  stub->pidfd = pidfd;
  stub->root = fds[3];
  stub->directory = fds[4];
  stub->terminal = -1;
  stub->foreground = payload[4];
  struct stub_hello hello = {stub->node ? stub->node : daemon, daemon, peer->pid, peer->uid, peer->gid, {{0, 0}, {0, 0}, {0, 0}}, 0, 0};
  int missing[3];
  for (int i = 0; i < 3; i++) {
    enum fd_kind kind = FD_FILE;
    int own = open_stream(stub, fds[i], i > 0, &kind);
    u32 id = hello.streams[i].channel = channel_next_id();
    hello.streams[i].terminal = is_terminal(own);
    if (hello.streams[i].terminal && stub->terminal < 0) stub->terminal = sys_dup(own);
    missing[i] = own < 0;
    if (own < 0) continue;
    struct channel *channel = i == 0 ? channel_new(id, own, kind, -1, 0, 0) : channel_new(id, -1, 0, own, kind, 0);
    if (!channel) {
      missing[i] = 1;
      continue;
    }
    channel->stub = stub;
    channel->terminal = hello.streams[i].terminal;
    if (channel->terminal) watch_set(&channel->out, 0);
    stub->streams[i] = channel;
  }
  u16 rows, columns;
  if (stub->terminal >= 0 && terminal_size(stub->terminal, &rows, &columns) >= 0) {
    hello.rows = rows;
    hello.columns = columns;
  }
  watch_set(&stub->control, EPOLLIN);
  hello_send(stub, &hello, payload, length);
  for (int i = 0; i < 3; i++)
    if (missing[i]) channel_refuse(hello.streams[i].channel, EBADF);
}
