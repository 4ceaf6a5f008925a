/* Sockets that the host opens in the guest: dialling out as a channel, listening for connections, answering datagrams. */
#include "agent.h"

enum address_kind { ADDRESS_TCP, ADDRESS_UDP, ADDRESS_UNIX };

struct target {
  u8 kind;
  union {
    u16 family;
    struct sockaddr_un local;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address;
  u32 length;
};

/* Reads `u8 kind`, then a path, or the bytes of an address (4 or 16) and a port. */
static int get_target(struct reader *reader, struct target *target) {
  memset(target, 0, sizeof *target);
  target->kind = get_u8(reader);
  if (target->kind == ADDRESS_UNIX) {
    const char *path = get_string(reader);
    target->length = 2 + text_length(path) + 1;
    if (target->length > sizeof target->address.local) return -ENAMETOOLONG;
    target->address.family = AF_UNIX;
    memcpy(target->address.local.path, path, target->length - 2);
    return 0;
  }
  u32 length;
  const u8 *bytes = get_bytes(reader, &length);
  u16 port = get_u16(reader);
  port = (u16)(port << 8 | port >> 8);
  if (target->kind > ADDRESS_UNIX || (length != 4 && length != 16)) return -EINVAL;
  target->address.v4.port = port;
  target->address.family = length == 4 ? AF_INET : AF_INET6;
  target->length = length == 4 ? sizeof target->address.v4 : sizeof target->address.v6;
  memcpy(length == 4 ? target->address.v4.address : target->address.v6.address, bytes, length);
  return 0;
}

static int target_socket(const struct target *target) {
  int type = target->kind == ADDRESS_UDP ? SOCK_DGRAM : SOCK_STREAM;
  return sys_socket(target->address.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int dial(const struct target *target, u32 id, u32 credit) {
  int fd = target_socket(target);
  if (fd < 0) return fd;
  int result = SYS(connect, fd, &target->address, target->length);
  if (result < 0 && result != -EINPROGRESS) {
    sys_close(fd);
    return result;
  }
  enum fd_kind kind = target->kind == ADDRESS_UDP ? FD_DATAGRAM : FD_SOCKET;
  struct channel *channel = channel_new(id, fd, kind, sys_dup(fd), kind, credit);
  if (!channel) return -EMFILE;
  channel->connecting = 1;
  watch_set(&channel->out, EPOLLOUT); /* ready at once when already connected */
  return 0;
}

/* u32 channel, u32 credit, string network namespace (or empty), target. FRAME_OPENED or STOP follows. */
int op_dial(struct reader *reader, struct writer *writer) {
  (void)writer;
  struct target target;
  u32 id = get_u32(reader), credit = get_u32(reader);
  const char *namespace = get_string(reader);
  int result = get_target(reader, &target);
  if (reader->bad || port_is_quiet) return -EINVAL;
  if (result < 0) return result;
  if ((result = netns_enter(namespace)) < 0) return result;
  result = dial(&target, id, credit);
  if (namespace[0]) netns_leave();
  return result;
}

static int listen_at(const struct target *target, u32 id) {
  int on = 1, fd = target_socket(target);
  if (fd < 0) return fd;
  SYS(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int result = SYS(bind, fd, &target->address, target->length);
  if (result >= 0) result = SYS(listen, fd, 64);
  if (result < 0) {
    sys_close(fd);
    return result;
  }
  return listener_new(id, LISTEN_HOST, fd, node_entered()) ? 0 : -EMFILE;
}

/* u32 listener id, string network namespace (or empty), target (TCP or unix). CONN_OPEN follows for each connection. */
int op_listen(struct reader *reader, struct writer *writer) {
  (void)writer;
  struct target target;
  u32 id = get_u32(reader);
  const char *namespace = get_string(reader);
  int result = get_target(reader, &target);
  if (reader->bad || port_is_quiet || target.kind == ADDRESS_UDP || listener_find(id)) return -EINVAL;
  if (result < 0) return result;
  if ((result = netns_enter(namespace)) < 0) return result;
  result = listen_at(&target, id);
  if (namespace[0]) netns_leave();
  return result;
}

static int bind_at(const struct target *target, u32 id, u32 credit) {
  int fd = target_socket(target);
  if (fd < 0) return fd;
  int result = SYS(bind, fd, &target->address, target->length);
  if (result < 0) {
    sys_close(fd);
    return result;
  }
  struct channel *channel = channel_new(id, fd, FD_BOUND, sys_dup(fd), FD_BOUND, credit);
  if (!channel) return -EMFILE;
  channel_update(channel);
  return 0;
}

/* u32 channel, u32 credit, string network namespace (or empty), target (UDP, IPv4). Each DATA frame is one datagram. */
int op_bind(struct reader *reader, struct writer *writer) {
  (void)writer;
  struct target target;
  u32 id = get_u32(reader), credit = get_u32(reader);
  const char *namespace = get_string(reader);
  int result = get_target(reader, &target);
  if (reader->bad || port_is_quiet || target.kind != ADDRESS_UDP) return -EINVAL;
  if (result < 0) return result;
  if (target.address.family != AF_INET) return -EAFNOSUPPORT;
  if ((result = netns_enter(namespace)) < 0) return result;
  result = bind_at(&target, id, credit);
  if (namespace[0]) netns_leave();
  return result;
}

int bound_receive(int fd, u8 *to, u32 length) {
  struct sockaddr_in from = {0};
  u32 size = sizeof from;
  if (length <= BOUND_HEAD) return -EINVAL;
  int got = SYS(recvfrom, fd, to + BOUND_HEAD, length - BOUND_HEAD, MSG_DONTWAIT, &from, &size);
  if (got < 0) return got;
  memcpy(to, from.address, 4);
  to[4] = from.port >> 8; /* the port is little-endian in our frames, as all numbers are */
  to[5] = from.port & 0xff;
  return got + BOUND_HEAD;
}

/* Takes all of it, like every datagram: one that cannot be sent is lost. */
int bound_send(int fd, const u8 *bytes, u32 length) {
  struct sockaddr_in to = {0};
  if (length < BOUND_HEAD) return -EINVAL;
  to.family = AF_INET;
  to.port = (u16)(bytes[4] << 8 | bytes[5]);
  memcpy(to.address, bytes, 4);
  int sent = SYS(sendto, fd, bytes + BOUND_HEAD, length - BOUND_HEAD, MSG_DONTWAIT | MSG_NOSIGNAL, &to, sizeof to);
  return sent < 0 ? sent : (int)length;
}

/* string path → u32 node whose daemon listens there, or ~0 when something else does. */
int op_daemon_at(struct reader *reader, struct writer *writer) {
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  int fd = connect_unix(path, SOCK_NONBLOCK);
  if (fd < 0) return fd;
  struct peer peer = {0, 0, 0};
  u32 size = sizeof peer;
  SYS(getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  sys_close(fd);
  put_u32(writer, daemon_of_pid(peer.pid));
  return 0;
}
