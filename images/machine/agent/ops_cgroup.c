/* Cgroups: who is in one, and making one go away with all that runs in it. */
#include "agent.h"

#define MAX_DEPTH 12
#define MAX_PIDS 1024

/* --- removal --- */

static void remove_below(int directory, int depth) {
  char entries[1024];
  int length;
  while ((length = sys_getdents(directory, entries, sizeof entries)) > 0) {
    for (int at = 0; at < length;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + at);
      at += entry->length;
      if (entry->type != DT_DIR || entry->name[0] == '.' || depth >= MAX_DEPTH) continue;
      int inner = sys_openat(directory, entry->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      if (inner < 0) continue;
      remove_below(inner, depth + 1);
      sys_close(inner);
      SYS(unlinkat, directory, entry->name, AT_REMOVEDIR);
    }
  }
}

/* Kills what runs there and removes the directories as soon as they are empty; gives up after `timeout_ms`. */
int cgroup_remove_at(int parent, const char *name, u32 timeout_ms) {
  u32 waited = 0, pause = 1;
  for (;;) {
    int directory = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (directory == -ENOENT) return 0;
    if (directory < 0) return directory;
    if (!waited) {
      write_path(directory, "cgroup.freeze", "0");
      write_path(directory, "cgroup.kill", "1");
    }
    remove_below(directory, 0);
    sys_close(directory);
    int result = SYS(unlinkat, parent, name, AT_REMOVEDIR);
    if (result >= 0 || result == -ENOENT) return 0;
    if (result != -EBUSY || waited >= timeout_ms) return result;
    sleep_ms(pause);
    waited += pause;
    if (pause < 8) pause *= 2;
  }
}

int op_cgroup_remove(struct reader *reader, struct writer *writer) {
  (void)writer;
  const char *path = get_string(reader);
  u32 timeout_ms = get_u32(reader);
  return reader->bad ? -EINVAL : cgroup_remove_at(AT_FDCWD, path, min(timeout_ms, 1000));
}

/* --- processes --- */

struct members {
  int pids[MAX_PIDS];
  u32 count;
};

static void collect(struct members *members, int directory, int depth) {
  static char text[8192];
  char entries[1024];
  int length = read_all(directory, "cgroup.procs", text, sizeof text);
  const char *at = text;
  int pid;
  while (length > 0 && members->count < MAX_PIDS && (pid = text_number(at, &at)) >= 0) {
    if (pid > 0) members->pids[members->count++] = pid;
    if (*at == '\n') at++;
  }
  while (depth < MAX_DEPTH && (length = sys_getdents(directory, entries, sizeof entries)) > 0) {
    for (int offset = 0; offset < length;) {
      struct directory_entry *entry = (struct directory_entry *)(entries + offset);
      offset += entry->length;
      if (entry->type != DT_DIR || entry->name[0] == '.') continue;
      int inner = sys_openat(directory, entry->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      if (inner < 0) continue;
      collect(members, inner, depth + 1);
      sys_close(inner);
    }
  }
}

/* The process id one namespace further in than the guest's, from the NSpid line of /proc/PID/status. */
static int inner_pid(int pid) {
  char path[32] = "", status[2048];
  text_add_number(path, sizeof path, pid);
  text_add(path, sizeof path, "/status");
  if (read_all(own_proc, path, status, sizeof status) < 0) return -1;
  const char *line = text_find(status, "\nNSpid:\t");
  if (!line) return -1;
  int outer = text_number(line + 8, &line);
  if (*line != '\t') return outer;
  return text_number(line + 1, NULL);
}

static void put_file(struct writer *writer, int directory, int pid, const char *name) {
  static char text[4096];
  char path[40] = "";
  text_add_number(path, sizeof path, pid);
  text_add(path, sizeof path, name);
  int length = read_all(directory, path, text, sizeof text);
  put_bytes(writer, text, length > 0 ? length : 0);
}

/* Each process of a cgroup and those below it, numbered and described as the current node sees it. */
int op_procs(struct reader *reader, struct writer *writer) {
  static struct members members;
  const char *path = get_string(reader);
  if (reader->bad) return -EINVAL;
  int directory = sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return directory;
  members.count = 0;
  collect(&members, directory, 0);
  sys_close(directory);
  int proc = node_entered() ? sys_open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0) : own_proc;
  if (proc < 0) return proc;
  put_u32(writer, members.count);
  for (u32 i = 0; i < members.count; i++) {
    int pid = node_entered() ? inner_pid(members.pids[i]) : members.pids[i];
    put_u32(writer, pid);
    put_file(writer, proc, pid, "/stat");
    put_file(writer, proc, pid, "/status");
    put_file(writer, proc, pid, "/cmdline");
  }
  if (proc != own_proc) sys_close(proc);
  return 0;
}
