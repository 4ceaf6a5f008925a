/*
 * Listening sockets and who comes to them: to the agent's own socket stubs and daemons, to a daemon's socket
 * stubs and HTTP clients, to a console socket the terminal of a container, to a host's socket anyone.
 * A visitor is a connection that has not said yet what it is; a stub's or daemon's first byte is 0.
 */
#include "agent.h"

struct visitor {
  struct watch watch; /* ready NULL: free slot */
  u32 freed_turn, since_turn;
  struct listener *listener;
  u32 listener_id;
  u8 kind, greeting;
  u32 node;
  int fds[MAX_PASSED_FDS];
  u32 fd_count;
  u8 *bytes;
  u32 length, got;
};

struct listener listeners[MAX_LISTENERS];
static struct visitor visitors[MAX_VISITORS];

static void visitor_ready(struct watch *watch, u32 events);

/* --- listeners --- */

static void listener_ready(struct watch *watch, u32 events);

struct listener *listener_new(u32 id, enum listener_kind kind, int fd, u32 node) {
  for (u32 i = 0; i < MAX_LISTENERS; i++) {
    struct listener *listener = &listeners[i];
    if (listener->id || listener->freed_turn == loop_turn) continue;
    memset(listener, 0, sizeof *listener);
    listener->id = id;
    listener->kind = kind;
    listener->node = node;
    listener->watch.fd = fd;
    listener->watch.ready = listener_ready;
    watch_set(&listener->watch, EPOLLIN);
    return listener;
  }
  sys_close(fd);
  return NULL;
}

struct listener *listener_find(u32 id) {
  for (u32 i = 0; i < MAX_LISTENERS; i++)
    if (listeners[i].id == id && listeners[i].kind == LISTEN_HOST) return &listeners[i];
  return NULL;
}

void listener_close(struct listener *listener) {
  watch_close(&listener->watch);
  listener->id = 0;
  listener->freed_turn = loop_turn;
}

void visitors_listen(const char *path) {
  int fd = listen_unix(path, 0666, SOCK_NONBLOCK);
  if (fd < 0) fatal("cannot listen on the agent's socket");
  listener_new(AGENT_ID, LISTEN_AGENT, fd, 0);
}

/* --- visitors --- */

static struct peer peer_of(int fd) {
  struct peer peer = {0, ~0u, ~0u};
  u32 size = sizeof peer;
  SYS(getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return peer;
}

static void visitor_free(struct visitor *visitor) {
  watch_close(&visitor->watch);
  for (u32 i = 0; i < visitor->fd_count; i++)
    if (visitor->fds[i] >= 0) sys_close(visitor->fds[i]);
  if (visitor->bytes) pages_free(visitor->bytes, visitor->length);
  visitor->bytes = NULL;
  visitor->fd_count = 0;
  visitor->watch.ready = NULL;
  visitor->freed_turn = loop_turn;
}

/* Takes the connection out of the visitor's hands. */
static int visitor_release(struct visitor *visitor) {
  int fd = visitor->watch.fd;
  watch_set(&visitor->watch, 0);
  visitor->watch.fd = -1;
  return fd;
}

static void connection_open(int fd, u32 node, u32 listener) {
  struct peer peer = peer_of(fd);
  struct sockaddr_in from = {0};
  u32 id = channel_next_id(), size = sizeof from;
  u8 about[32];
  struct writer writer = {about, about + sizeof about, 0};
  SYS(getpeername, fd, &from, &size);
  put_u32(&writer, node);
  put_u32(&writer, listener);
  put_u32(&writer, peer.pid);
  put_u32(&writer, peer.uid);
  put_bytes(&writer, from.address, from.family == AF_INET ? 4 : 0);
  if (channel_new(id, fd, FD_SOCKET, sys_dup(fd), FD_SOCKET, 0)) frame_send(FRAME_CONN_OPEN, id, about, writer.at - about);
}

/* A free slot; NULL when there is none, and then the one who has kept silent longest goes, for the next turn. */
static struct visitor *visitor_slot(void) {
  struct visitor *oldest = NULL;
  for (u32 i = 0; i < MAX_VISITORS; i++) {
    struct visitor *visitor = &visitors[i];
    if (visitor->watch.ready) {
      if (!oldest || visitor->since_turn < oldest->since_turn) oldest = visitor;
    } else if (visitor->freed_turn != loop_turn)
      return visitor;
  }
  if (oldest) visitor_free(oldest);
  return NULL;
}

static void visitor_new(struct visitor *visitor, struct listener *listener, int fd) {
  memset(visitor, 0, sizeof *visitor);
  visitor->watch.fd = fd;
  visitor->watch.ready = visitor_ready;
  visitor->since_turn = loop_turn;
  visitor->listener = listener;
  visitor->listener_id = listener->id;
  visitor->kind = listener->kind;
  visitor->node = listener->node;
  watch_set(&visitor->watch, EPOLLIN);
}

static void listener_ready(struct watch *watch, u32 events) {
  struct listener *listener = container_of(watch, struct listener, watch);
  (void)events;
  for (int budget = 16; budget; budget--) {
    struct visitor *visitor = listener->kind == LISTEN_HOST ? NULL : visitor_slot();
    if (!visitor && listener->kind != LISTEN_HOST) return;
    int fd = SYS(accept4, watch->fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (visitor)
      visitor_new(visitor, listener, fd);
    else
      connection_open(fd, listener->node, listener->id);
  }
}

/* --- greetings of stubs and daemons --- */

static void greeting_complete(struct visitor *visitor) {
  struct peer peer = peer_of(visitor->watch.fd);
  int fd = visitor_release(visitor);
  if (visitor->greeting == GREETING_STUB && visitor->fd_count == STUB_FDS) {
    stub_greeting(fd, &peer, visitor->kind == LISTEN_DAEMON ? visitor->node : 0, visitor->bytes, visitor->length, visitor->fds);
    visitor->fd_count = 0;
  } else if (visitor->greeting == GREETING_DAEMON && visitor->fd_count == 1 && visitor->kind == LISTEN_AGENT) {
    daemon_greeting(fd, &peer, visitor->bytes, visitor->length, visitor->fds[0]);
    visitor->fd_count = 0;
  } else
    sys_close(fd);
  visitor_free(visitor);
}

/* Reads the fixed head with its descriptors. Returns 0 when the visitor is to be turned away. */
static int greeting_begin(struct visitor *visitor) {
  u8 head[GREETING_LENGTH];
  int got = receive_with_fds(visitor->watch.fd, head, sizeof head, MSG_DONTWAIT, visitor->fds, &visitor->fd_count);
  if (got != sizeof head || head[0] != 0) return 0;
  memcpy(&visitor->length, head + 4, 4);
  if (visitor->fd_count != head[3] || !visitor->length || visitor->length > GREETING_MAX) return 0;
  visitor->bytes = pages_new(visitor->length);
  visitor->greeting = head[1];
  return visitor->bytes != NULL;
}

static void console_receive(struct visitor *visitor);

static void visitor_ready(struct watch *watch, u32 events) {
  struct visitor *visitor = container_of(watch, struct visitor, watch);
  (void)events;
  if (visitor->kind == LISTEN_CONSOLE) return console_receive(visitor);
  if (!visitor->bytes) {
    u8 first;
    int got = sys_recv(watch->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == -EAGAIN || got == -EINTR) return;
    if (got == 1 && first && visitor->kind == LISTEN_DAEMON) {
      connection_open(visitor_release(visitor), visitor->node, 0);
      return visitor_free(visitor);
    }
    if (got != 1 || first || !greeting_begin(visitor)) return visitor_free(visitor);
  }
  int got = sys_recv(watch->fd, visitor->bytes + visitor->got, visitor->length - visitor->got, MSG_DONTWAIT);
  if (got == -EAGAIN || got == -EINTR) return;
  if (got <= 0) return visitor_free(visitor);
  visitor->got += got;
  if (visitor->got == visitor->length) greeting_complete(visitor);
}

/* --- console sockets --- */

/* The terminal of a container arrives: it becomes the channel that SPAWN named. */
static void console_receive(struct visitor *visitor) {
  u8 name[256];
  struct listener *listener = visitor->listener;
  if (listener->id != visitor->listener_id || listener->kind != LISTEN_CONSOLE) return visitor_free(visitor);
  int got = receive_with_fds(visitor->watch.fd, name, sizeof name, MSG_DONTWAIT, visitor->fds, &visitor->fd_count);
  if (got == -EAGAIN || got == -EINTR) return;
  if (got <= 0 || visitor->fd_count != 1) return visitor_free(visitor);
  int master = visitor->fds[0];
  u32 id = listener->console_channel;
  visitor->fd_count = 0;
  sys_fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
  terminal_resize(master, listener->rows, listener->columns);
  struct channel *channel = channel_new(id, master, FD_POLLED, sys_dup(master), FD_POLLED, listener->console_credit);
  visitor_free(visitor);
  listener_close(listener);
  if (!channel) return channel_refuse(id, EMFILE);
  channel->terminal = 1;
  frame_send(FRAME_OPENED, id, NULL, 0);
  channel_update(channel);
}

void console_finish(u32 process) {
  for (u32 i = 0; i < MAX_LISTENERS; i++) {
    struct listener *listener = &listeners[i];
    if (listener->kind != LISTEN_CONSOLE || listener->id != process || !process) continue;
    /* What it sent before it ended is still in the sockets. */
    listener_ready(&listener->watch, 0);
    for (u32 k = 0; k < MAX_VISITORS; k++)
      if (visitors[k].watch.ready && visitors[k].listener == listener && listener->id == process) console_receive(&visitors[k]);
    if (listener->id != process) return;
    u32 channel = listener->console_channel;
    listener_close(listener);
    channel_refuse(channel, ENOENT);
  }
}
