/*
 * Channels: byte streams between a descriptor in the guest and the host, with credits in both directions.
 * The agent reads a descriptor only while the host takes bytes, and grants the host what it has written.
 * One channel holds at most WINDOW bytes that its descriptor did not take yet.
 */
#include "agent.h"

struct channel channels[MAX_CHANNELS];
static u32 used_slots; /* every slot from here on was never used: keeps searches short and pages untouched */
static u32 next_id = 1;

static void in_ready(struct watch *watch, u32 events);
static void out_ready(struct watch *watch, u32 events);

/* With nothing to write, only the last reader's going is of interest. */
static void watch_idle(struct channel *channel) {
  int one_way = channel->in.fd < 0 && channel->out_kind == FD_POLLED && !channel->terminal;
  watch_set(&channel->out, one_way ? EPOLLERR : 0);
}

struct channel *channel_find(u32 id) {
  if (!id) return NULL;
  for (u32 i = 0; i < used_slots; i++)
    if (channels[i].id == id) return &channels[i];
  return NULL;
}

u32 channel_next_id(void) {
  next_id = (next_id + 1) & ~AGENT_ID;
  return next_id | AGENT_ID;
}

void channel_refuse(u32 id, u32 error) {
  frame_send_u32(FRAME_STOP, id, error);
  frame_send(FRAME_CLOSE, id, NULL, 0);
}

struct channel *channel_new(u32 id, int in_fd, enum fd_kind in_kind, int out_fd, enum fd_kind out_kind, u32 credit) {
  for (u32 i = 0; i < MAX_CHANNELS; i++) {
    struct channel *channel = &channels[i];
    if (channel->id || channel->freed_turn == loop_turn) continue;
    if (i >= used_slots) used_slots = i + 1;
    memset(channel, 0, sizeof *channel);
    channel->id = id;
    channel->in.fd = in_fd;
    channel->in.ready = in_ready;
    channel->in_kind = in_kind;
    channel->in_open = in_fd >= 0;
    channel->out.fd = out_fd;
    channel->out.ready = out_ready;
    channel->out_kind = out_kind;
    channel->out_open = out_fd >= 0;
    channel->credit = credit;
    channel->granted = WINDOW;
    watch_idle(channel);
    return channel;
  }
  if (in_fd >= 0) sys_close(in_fd);
  if (out_fd >= 0) sys_close(out_fd);
  return NULL;
}

static void pending_free(struct channel *channel) {
  if (channel->pending) pages_free(channel->pending, WINDOW);
  channel->pending = NULL;
  channel->pending_length = 0;
}

static void settle(struct channel *channel) {
  if (channel->in_open || channel->out_open || !channel->id) return;
  struct stub *stub = channel->stub;
  channel->id = 0;
  channel->freed_turn = loop_turn;
  if (!stub) return;
  for (int i = 0; i < 3; i++)
    if (stub->streams[i] == channel) stub->streams[i] = NULL;
}

static void end_output(struct channel *channel) {
  if (channel->out_kind == FD_SOCKET && channel->in_open && channel->out.fd >= 0) SYS(shutdown, channel->out.fd, SHUT_WR);
  watch_close(&channel->out);
  pending_free(channel);
  channel->out_open = 0;
  if (channel->stub) stub_progress(channel->stub);
  settle(channel);
}

/* Nobody reads what the host sends. */
static void break_output(struct channel *channel, u32 error) {
  if (!channel->out_open) return;
  frame_send_u32(FRAME_STOP, channel->id, error);
  end_output(channel);
}

static void end_input(struct channel *channel) {
  watch_close(&channel->in);
  channel->in_open = 0;
}

void channel_drop(struct channel *channel) {
  struct stub *stub = channel->stub;
  channel->stub = NULL;
  if (stub)
    for (int i = 0; i < 3; i++)
      if (stub->streams[i] == channel) stub->streams[i] = NULL;
  watch_close(&channel->in);
  watch_close(&channel->out);
  pending_free(channel);
  channel->in_open = channel->out_open = 0;
  settle(channel);
}

int channel_is_drained(struct channel *channel) { return !channel || !channel->out_open || !channel->pending_length; }

/* --- guest to host --- */

/* What may be sent now: of a bound socket nothing below one packet, which would be cut off. */
static u32 room(struct channel *channel) {
  return channel->in_kind == FD_BOUND && channel->credit < BOUND_MIN ? 0 : channel->credit;
}

static int read_some(struct channel *channel, u8 *to, u32 length) {
  if (channel->in_kind == FD_BOUND) return bound_receive(channel->in.fd, to, length);
  if (channel->in_kind >= FD_SOCKET) return sys_recv(channel->in.fd, to, length, MSG_DONTWAIT);
  return sys_read(channel->in.fd, to, length);
}

/* Sends at most one DATA frame. Returns 0 when there is nothing more for now. */
static int send_some(struct channel *channel) {
  u32 limit = min(room(channel), DATA_MAX), length = 0;
  if (!limit || !channel->in_open) return 0;
  u8 *to = frame_begin(FRAME_DATA, channel->id, limit);
  int got;
  do {
    got = read_some(channel, to + length, limit - length);
    if (got > 0) length += got;
    /* A pty gives at most 4 KB at a time: after a large piece there is likely more. */
  } while (got >= 1024 && length < limit && channel->in_kind < FD_DATAGRAM && channel->in_kind != FD_CAREFUL);
  if (length || (got == 0 && channel->in_kind >= FD_DATAGRAM)) {
    frame_end(length);
    channel->credit -= length;
  }
  if (got > 0 || channel->in_kind >= FD_DATAGRAM) return got >= 0;
  if (got == -EAGAIN || got == -EINTR) return 0;
  end_input(channel); /* end of file, or EIO: the terminal's last user has gone */
  frame_send(FRAME_CLOSE, channel->id, NULL, 0);
  if (channel->terminal) break_output(channel, EIO);
  settle(channel);
  return 0;
}

void channel_update(struct channel *channel) {
  if (!channel->in_open || channel->connecting) return;
  if (!room(channel) || (channel->stub && !stub_may_read(channel->stub, channel))) {
    watch_set(&channel->in, 0);
    return;
  }
  if (channel->in_kind != FD_FILE && watch_set(&channel->in, EPOLLIN) != -EPERM) return;
  /* Files and devices such as /dev/null cannot be waited for: they are always ready. */
  channel->in_kind = FD_FILE;
  while (send_some(channel)) {
  }
}

static void in_ready(struct watch *watch, u32 events) {
  struct channel *channel = container_of(watch, struct channel, in);
  u32 id = channel->id;
  send_some(channel);
  if (channel->id != id) return;
  if ((events & EPOLLHUP) && !channel->in_open && channel->in_kind == FD_SOCKET) break_output(channel, EPIPE);
  if (channel->id == id && channel->in_open && !room(channel)) channel_update(channel);
}

void channel_credit(struct channel *channel, u32 bytes) {
  if (channel->credit + bytes < channel->credit) fatal("more credit than fits");
  channel->credit += bytes;
  channel_update(channel);
}

void channel_stop_input(struct channel *channel) {
  if (!channel->in_open) return;
  if (channel->in_kind == FD_SOCKET && channel->out_open) SYS(shutdown, channel->in.fd, SHUT_RD);
  end_input(channel);
  settle(channel);
}

/* --- host to guest --- */

static int write_some(struct channel *channel, const u8 *bytes, u32 length) {
  if (channel->out_kind == FD_BOUND) return bound_send(channel->out.fd, bytes, length);
  if (channel->out_kind >= FD_SOCKET) return sys_send(channel->out.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sys_write(channel->out.fd, bytes, length);
}

/* Gives the host back what was written, in pieces worth a frame. */
static void grant(struct channel *channel, u32 written) {
  channel->written += written;
  if (channel->written < WINDOW / 4 || channel->out_ending) return;
  frame_send_u32(FRAME_CREDIT, channel->id, channel->written);
  channel->granted += channel->written;
  channel->written = 0;
}

void channel_data(struct channel *channel, const u8 *bytes, u32 length) {
  if (!channel->out_open) return; /* crossed with our STOP */
  if (channel->out_ending) fatal("data after close");
  if (length > channel->granted) fatal("more data than granted");
  channel->granted -= length;
  while (length && !channel->pending_length && !channel->connecting) {
    int wrote = write_some(channel, bytes, length);
    if (wrote < 0 && channel->out_kind >= FD_DATAGRAM) wrote = length; /* a datagram may be lost */
    if (wrote == -EAGAIN || wrote == -EINTR) break;
    if (wrote < 0) return break_output(channel, -wrote);
    bytes += wrote;
    length -= wrote;
    grant(channel, wrote);
    if (wrote == 0) break;
  }
  if (!length) return;
  if (!channel->pending) {
    channel->pending = pages_new(WINDOW);
    channel->pending_at = 0;
    if (!channel->pending) return break_output(channel, ENOMEM);
  }
  u32 at = (channel->pending_at + channel->pending_length) % WINDOW, first = min(length, WINDOW - at);
  memcpy(channel->pending + at, bytes, first);
  memcpy(channel->pending, bytes + first, length - first);
  channel->pending_length += length;
  if (!channel->connecting) watch_set(&channel->out, EPOLLOUT);
}

static void connected(struct channel *channel);

static void out_ready(struct watch *watch, u32 events) {
  struct channel *channel = container_of(watch, struct channel, out);
  if (channel->connecting) return connected(channel);
  if (!channel->pending_length && (events & (EPOLLERR | EPOLLHUP))) return break_output(channel, EPIPE);
  while (channel->pending_length) {
    u32 piece = min(channel->pending_length, WINDOW - channel->pending_at);
    int wrote = write_some(channel, channel->pending + channel->pending_at, piece);
    if (wrote == -EAGAIN || wrote == -EINTR || wrote == 0) return;
    if (wrote < 0) return break_output(channel, -wrote);
    channel->pending_at = (channel->pending_at + wrote) % WINDOW;
    channel->pending_length -= wrote;
    grant(channel, wrote);
  }
  watch_idle(channel);
  pending_free(channel);
  if (channel->out_ending) return end_output(channel);
  if (channel->stub) stub_progress(channel->stub);
}

void channel_close_output(struct channel *channel) {
  if (!channel->out_open || channel->out_ending) return;
  channel->out_ending = 1;
  if (!channel->pending_length && !channel->connecting) end_output(channel);
}

/* --- dialled sockets --- */

static void connected(struct channel *channel) {
  int error = 0;
  u32 size = sizeof error, id = channel->id;
  SYS(getsockopt, channel->out.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  watch_set(&channel->out, 0);
  channel->connecting = 0;
  if (error) {
    channel_drop(channel);
    return channel_refuse(id, error);
  }
  frame_send(FRAME_OPENED, id, NULL, 0);
  if (channel->pending_length)
    watch_set(&channel->out, EPOLLOUT);
  else if (channel->out_ending)
    end_output(channel);
  if (channel->id == id) channel_update(channel);
}
