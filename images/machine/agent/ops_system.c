/* Operations on the guest as a whole: clock, randomness, names, facts, nodes. */
#include "agent.h"

#define RNDADDENTROPY 0x40085203
#define RNDRESEEDCRNG 0x5207
#define CLOCK_REALTIME 0
#define CLOCK_BOOTTIME 7

int op_settime(struct reader *reader, struct writer *writer) {
  (void)writer;
  struct time64 time;
  time.seconds = get_u64(reader);
  time.nanoseconds = get_u32(reader);
  return reader->bad ? -EINVAL : SYS(clock_settime64, CLOCK_REALTIME, &time);
}

int op_seed(struct reader *reader, struct writer *writer) {
  (void)writer;
  struct {
    int bits, length;
    u8 bytes[512];
  } entropy;
  u32 length;
  const u8 *bytes = get_bytes(reader, &length);
  if (reader->bad || length > sizeof entropy.bytes) return -EINVAL;
  entropy.bits = length * 8;
  entropy.length = length;
  memcpy(entropy.bytes, bytes, length);
  int fd = sys_open("/dev/random", O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  int result = sys_ioctl(fd, RNDADDENTROPY, &entropy);
  if (result >= 0) result = sys_ioctl(fd, RNDRESEEDCRNG, NULL);
  sys_close(fd);
  return result;
}

int op_sethostname(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *name = get_string(reader);
  return reader->bad ? -EINVAL : SYS(sethostname, name, text_length(name));
}

static void put_clock(struct writer *writer, int clock) {
  struct time64 time = {0, 0};
  SYS(clock_gettime64, clock, &time);
  put_u64(writer, time.seconds);
  put_u32(writer, time.nanoseconds);
}

int op_info(struct reader *reader, struct writer *writer) {
  (void)reader;
  char names[6][65], text[4096];
  memset(names, 0, sizeof names);
  SYS(uname, names);
  for (int i = 0; i < 5; i++) put_string(writer, names[i]);
  put_clock(writer, CLOCK_REALTIME);
  put_clock(writer, CLOCK_BOOTTIME);
  int length = read_all(own_proc, "meminfo", text, sizeof text);
  put_bytes(writer, text, length > 0 ? length : 0);
  length = read_all(own_proc, "self/status", text, sizeof text);
  put_bytes(writer, text, length > 0 ? length : 0);
  return 0;
}

int op_node_new(struct reader *reader, struct writer *writer) {
  u32 id = get_u32(reader);
  const char *name = get_string(reader);
  if (reader->bad || port_is_quiet) return -EINVAL;
  u32 before = node_entered();
  int pid = node_new(id, name);
  node_enter(before);
  if (pid < 0) return pid;
  put_u32(writer, pid);
  return 0;
}

int op_node_stop(struct reader *reader, struct writer *writer) {
  (void)writer;
  u32 id = get_u32(reader);
  return reader->bad || port_is_quiet ? -EINVAL : node_stop(id);
}
