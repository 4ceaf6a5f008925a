/*
 * The control port: one byte stream to and from the host, cut into frames. Sending never fails: what the
 * device does not take at once is queued, and a full queue waits for the host, the only one it may wait for.
 */
#include "agent.h"

#define RECEIVE_SIZE (FRAME_MAX + 4 + 65536)
#define SEND_SIZE (FRAME_MAX + 512 * 1024)
#define SEND_HIGH (256 * 1024) /* above this the agent waits for the host before it produces more */
#define WRITE_MAX 32768        /* the virtio device takes no more in one piece */

void frame_dispatch(u8 type, u32 id, const u8 *payload, u32 length);

int port_is_quiet;
static struct watch port = {.fd = -1};
static u8 *received, *queue;
static u32 received_length;
static u32 queue_head, queue_tail, queue_peak;

void fatal(const char *text) {
  if (!port_is_quiet && port.fd >= 0 && queue) {
    frame_send(FRAME_FATAL, 0, text, text_length(text));
    while (queue_head < queue_tail) {
      struct pollfd wait = {port.fd, POLLOUT, 0};
      if (sys_poll(&wait, 1, 2000) <= 0) break;
      int written = sys_write(port.fd, queue + queue_head, min(queue_tail - queue_head, WRITE_MAX));
      if (written <= 0) break;
      queue_head += written;
    }
  }
  print(2, "drydock-agent: ");
  print(2, text);
  print(2, "\n");
  sys_exit(1);
}

void port_flush(void) {
  if (port_is_quiet) return;
  while (queue_head < queue_tail) {
    int written = sys_write(port.fd, queue + queue_head, min(queue_tail - queue_head, WRITE_MAX));
    if (written == -EINTR) continue;
    if (written == -EAGAIN) {
      watch_set(&port, EPOLLIN | EPOLLOUT);
      return;
    }
    if (written <= 0) sys_exit(1);
    queue_head += written;
  }
  if (queue_peak > 2 * SEND_HIGH) {
    SYS(madvise, queue, SEND_SIZE, 4 /* the pages are not needed */);
    queue_peak = 0;
  }
  queue_head = queue_tail = 0;
  watch_set(&port, EPOLLIN);
}

/* Waits for the host until the queue is empty. */
static void flush_fully(void) {
  for (;;) {
    port_flush();
    if (queue_head >= queue_tail) return;
    struct pollfd wait = {port.fd, POLLOUT, 0};
    sys_poll(&wait, 1, -1);
  }
}

u8 *frame_begin(u8 type, u32 id, u32 capacity) {
  if (queue_tail - queue_head > SEND_HIGH || queue_tail + FRAME_HEADER + capacity > SEND_SIZE) flush_fully();
  u8 *frame = queue + queue_tail;
  frame[4] = type;
  memcpy(frame + 5, &id, 4);
  return frame + FRAME_HEADER;
}

void frame_end(u32 payload_length) {
  u32 length = payload_length + FRAME_HEADER - 4;
  memcpy(queue + queue_tail, &length, 4);
  queue_tail += 4 + length;
  if (queue_tail > queue_peak) queue_peak = queue_tail;
}

void frame_send(u8 type, u32 id, const void *payload, u32 length) {
  if (port_is_quiet) return;
  u8 *to = frame_begin(type, id, length);
  memcpy(to, payload, length);
  frame_end(length);
}

void frame_send_u32(u8 type, u32 id, u32 value) { frame_send(type, id, &value, 4); }

/* Handles every whole frame in the buffer and keeps the rest. */
static void frames_handle(void) {
  u32 at = 0;
  while (received_length - at >= 4) {
    u32 length;
    memcpy(&length, received + at, 4);
    if (length < FRAME_HEADER - 4) fatal("frame too short");
    if (length > FRAME_MAX) fatal("frame too long");
    if (received_length - at < 4 + length) break;
    u32 id;
    memcpy(&id, received + at + 5, 4);
    frame_dispatch(received[at + 4], id, received + at + FRAME_HEADER, length + 4 - FRAME_HEADER);
    at += 4 + length;
  }
  if (!at) return;
  received_length -= at;
  memmove(received, received + at, received_length);
  if (at > 128 * 1024 && received_length < 4096) SYS(madvise, received + 4096, RECEIVE_SIZE - 4096, 4);
}

static void port_ready(struct watch *watch, u32 events) {
  (void)events;
  for (u32 budget = 256 * 1024; budget;) {
    int got = sys_read(watch->fd, received + received_length, min(RECEIVE_SIZE - received_length, 65536));
    if (got == -EAGAIN || got == -EINTR) return;
    if (got < 0) fatal("the control port cannot be read");
    if (got == 0) sys_exit(0);
    received_length += got;
    frames_handle();
    budget -= min(budget, (u32)got);
  }
}

/* The device of the port that is named "drydock.agent" (or that v86 names "virtio-0"): /dev/vportNpM, without hvc in between. */
static int open_device(void) {
  int list = sys_open("/sys/class/virtio-ports", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (list < 0) return list;
  char entries[2048], path[64], name[32];
  int result = -ENODEV, length;
  while (result < 0 && (length = sys_getdents(list, entries, sizeof entries)) > 0) {
    for (int at = 0; at < length && result < 0;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + at);
      at += entry->length;
      if (entry->name[0] == '.' || text_length(entry->name) > 24) continue;
      path[0] = 0;
      text_add(path, sizeof path, entry->name);
      text_add(path, sizeof path, "/name");
      if (read_all(list, path, name, sizeof name) <= 0) continue;
      if (!text_starts(name, "drydock.agent") && !text_starts(name, "virtio-0")) continue;
      path[0] = 0;
      text_add(path, sizeof path, "/dev/");
      text_add(path, sizeof path, entry->name);
      result = sys_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
    }
  }
  sys_close(list);
  return result;
}

/* `where`: a device or tty path, `unix:PATH`, `fd:N`, or NULL to look for the device. */
void port_open(const char *where) {
  if (!where)
    port.fd = open_device();
  else if (text_starts(where, "unix:"))
    port.fd = connect_unix(where + 5, 0);
  else if (text_starts(where, "fd:"))
    port.fd = text_number(where + 3, NULL);
  else
    port.fd = sys_open(where, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (port.fd < 0) fatal("no control port");
  sys_fcntl(port.fd, F_SETFL, O_RDWR | O_NONBLOCK);
  sys_fcntl(port.fd, F_SETFD, FD_CLOEXEC);
  struct termios unused;
  terminal_raw(port.fd, 1, &unused);
  received = pages_new(RECEIVE_SIZE);
  queue = pages_new(SEND_SIZE);
  if (!received || !queue) fatal("out of memory");
  port.ready = port_ready;
  watch_set(&port, EPOLLIN);
  frame_send_u32(FRAME_HELLO, 0, PROTOCOL_VERSION);
}
