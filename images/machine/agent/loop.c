/*
 * The epoll loop: waits, calls the handlers of what is ready, then sends what they queued for the host in
 * one go. Ends of children come as a descriptor too (signalfd).
 */
#include "agent.h"

u32 loop_turn = 1;
static int epoll = -1;
static struct watch children;

static int epoll_fd(void) {
  if (epoll < 0) epoll = SYS(epoll_create1, O_CLOEXEC);
  return epoll;
}

int watch_set(struct watch *watch, u32 events) {
  if (watch->fd < 0 || watch->events == events) return 0;
  struct epoll_event event = {events, (u32)watch};
  int operation = !events ? EPOLL_CTL_DEL : watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  int result = SYS(epoll_ctl, epoll_fd(), operation, watch->fd, &event);
  if (result >= 0) watch->events = events;
  return result;
}

void watch_close(struct watch *watch) {
  if (watch->fd < 0) return;
  watch_set(watch, 0);
  sys_close(watch->fd);
  watch->fd = -1;
}

static void children_ready(struct watch *watch, u32 events) {
  (void)events;
  u8 record[128];
  while (sys_read(watch->fd, record, sizeof record) > 0) {
  }
  processes_reap();
}

void loop_run(void) {
  u64 mask = SIGNAL_BIT(SIGCHLD);
  signals_block(mask);
  signal_set(SIGPIPE, (void *)1 /* ignore */);
  children.fd = SYS(signalfd4, -1, &mask, 8, O_NONBLOCK | O_CLOEXEC);
  children.ready = children_ready;
  watch_set(&children, EPOLLIN);
  for (;;) {
    struct epoll_event events[32];
    port_flush();
    int count = SYS(epoll_wait, epoll_fd(), events, count_of(events), -1);
    loop_turn++;
    for (int i = 0; i < count; i++) {
      struct watch *watch = (struct watch *)(u32)events[i].data;
      if (watch->fd >= 0 && watch->events) watch->ready(watch, events[i].events);
    }
  }
}
