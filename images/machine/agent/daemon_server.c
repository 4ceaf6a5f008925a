/* The agent's side of the nodes' `dockerd` processes: holds their listening sockets and tells the host of them. */
#include "agent.h"

struct daemon {
  u32 node; /* 0: the guest's own */
  u8 used, stopping;
  u32 freed_turn;
  int pid;
  struct watch control;
  struct listener *listener;
  u32 listener_id;
};
static struct daemon daemons[MAX_NODES];

static void tell_host(const struct daemon *daemon, u8 event) {
  u8 message[5] = {event};
  memcpy(message + 1, &daemon->pid, 4);
  frame_send(FRAME_DAEMON, daemon->node, message, sizeof message);
}

static struct daemon *daemon_find(u32 node) {
  for (u32 i = 0; i < MAX_NODES; i++)
    if (daemons[i].used && daemons[i].node == node) return &daemons[i];
  return NULL;
}

u32 daemon_of_pid(int pid) {
  for (u32 i = 0; i < MAX_NODES; i++)
    if (daemons[i].used && daemons[i].pid == pid) return daemons[i].node;
  return ~0u;
}

void daemons_describe(struct writer *writer) {
  u32 count = 0;
  for (u32 i = 0; i < MAX_NODES; i++) count += daemons[i].used;
  put_u32(writer, count);
  for (u32 i = 0; i < MAX_NODES; i++) {
    if (!daemons[i].used) continue;
    put_u32(writer, daemons[i].node);
    put_u32(writer, daemons[i].pid);
    put_u8(writer, daemons[i].stopping ? DAEMON_STOPPING : DAEMON_UP);
  }
}

static void gone(struct daemon *daemon) {
  watch_close(&daemon->control);
  if (daemon->listener->id == daemon->listener_id) listener_close(daemon->listener);
  daemon->used = 0;
  daemon->freed_turn = loop_turn;
  tell_host(daemon, DAEMON_GONE);
}

/* 'Q': it was told to stop and waits for the engine. 'H': it was told to read its configuration anew. */
static void control_ready(struct watch *watch, u32 events) {
  struct daemon *daemon = container_of(watch, struct daemon, control);
  (void)events;
  u8 message;
  int got = sys_recv(watch->fd, &message, 1, MSG_DONTWAIT);
  if (got == -EAGAIN || got == -EINTR) return;
  if (got != 1) return gone(daemon);
  if (message == 'H') tell_host(daemon, DAEMON_RELOAD);
  if (message != 'Q' || daemon->stopping) return;
  daemon->stopping = 1;
  tell_host(daemon, DAEMON_STOPPING);
}

void daemon_stopped(u32 node) {
  struct daemon *daemon = daemon_find(node);
  if (daemon) sys_send(daemon->control.fd, "Q", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A line for the daemon's log, that it is ready, or why it cannot start: u8 kind, u16 length, text. */
void daemon_log(u32 node, const u8 *text, u32 length) {
  struct daemon *daemon = daemon_find(node);
  u8 message[1027];
  if (!daemon || !length) return;
  u16 size = min(length - 1, 1024);
  message[0] = text[0];
  memcpy(message + 1, &size, 2);
  memcpy(message + 3, text + 1, size);
  sys_send(daemon->control.fd, message, 3 + size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Only root may be a node's daemon. Takes both descriptors over. */
void daemon_greeting(int fd, struct peer *peer, const u8 *payload, u32 length, int listening_fd) {
  (void)payload, (void)length;
  struct daemon *daemon = NULL;
  u32 node = node_of_pid(peer->pid);
  static u32 next = 1;
  for (u32 i = 0; i < MAX_NODES && !daemon; i++)
    if (!daemons[i].used && daemons[i].freed_turn != loop_turn) daemon = &daemons[i];
  if (peer->uid || !daemon || daemon_find(node)) {
    sys_send(fd, "R", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    sys_close(listening_fd);
    sys_close(fd);
    return;
  }
  memset(daemon, 0, sizeof *daemon);
  sys_fcntl(listening_fd, F_SETFL, O_RDWR | O_NONBLOCK);
  u32 id = AGENT_ID | ++next;
  daemon->listener = listener_new(id, LISTEN_DAEMON, listening_fd, node);
  if (!daemon->listener) {
    sys_close(fd);
    return;
  }
  daemon->listener_id = id;
  daemon->used = 1;
  daemon->node = node;
  daemon->pid = peer->pid;
  daemon->control.fd = fd;
  daemon->control.ready = control_ready;
  watch_set(&daemon->control, EPOLLIN);
  sys_send(fd, "A", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  tell_host(daemon, DAEMON_UP);
}
