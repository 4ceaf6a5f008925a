/*
 * Starting processes and reporting their ends. The child shares the agent's memory until it execs
 * (CLONE_VM | CLONE_VFORK): copying page tables is what a fork costs in the emulated CPU.
 */
#include "agent.h"

#define CHILD_STACK 65536
#define INTO_CGROUP 0x200000000ull

enum stdio_kind { STDIO_NULL, STDIO_CHANNEL, STDIO_SAME_AS_1, STDIO_PTY };
enum pty_kind { PTY_NONE, PTY_OWN, PTY_CONSOLE_SOCKET };

struct process {
  u32 id;
  int pid; /* 0: free slot */
};
static struct process processes[MAX_PROCESSES];
static u32 used_slots;
static u8 child_stack[CHILD_STACK] __attribute__((aligned(16)));

struct launch {
  u32 id;
  char **argv, **envp;
  const char *directory, *cgroup, *console_path;
  u32 uid, gid, groups[32];
  u16 group_count;
  u8 stdio[3];
  u32 channel[3], credit[3];
  u8 pty_kind;
  u32 pty_channel, pty_credit;
  u16 rows, columns;
  int child_fd[3], own_fd[3];
  struct pty pty;
  int console;
  int inner_pid; /* what the child's getpid says */
  int error;
  const char *failed;
  void *pointers;
  u32 pointers_size;
};

int run_child(void (*work)(void *), void *argument, u64 flags, int cgroup) {
  struct clone_args args = {
      .flags = CLONE_VM | CLONE_VFORK | flags | (cgroup >= 0 ? INTO_CGROUP : 0),
      .exit_signal = SIGCHLD,
      .stack = (u32)child_stack,
      .stack_size = CHILD_STACK,
      .cgroup = cgroup >= 0 ? cgroup : 0,
  };
  return sys_clone3_call(&args, sizeof args, work, argument);
}

/* --- in the child --- */

static void child_fail(struct launch *launch, const char *what, int error) {
  launch->failed = what;
  launch->error = error;
  sys_exit(127);
}

static const char *search_path(char **envp) {
  for (; *envp; envp++)
    if (text_starts(*envp, "PATH=")) return *envp + 5;
  return "/usr/sbin:/usr/bin:/sbin:/bin";
}

static void child_exec(struct launch *launch) {
  const char *name = launch->argv[0];
  int error = SYS(execve, name, launch->argv, launch->envp);
  if (text_find(name, "/")) return child_fail(launch, "exec", error);
  error = -ENOENT;
  for (const char *path = search_path(launch->envp); *path;) {
    char file[512];
    u32 length = 0;
    while (path[length] && path[length] != ':') length++;
    if (length && length < 256) {
      memcpy(file, path, length);
      file[length] = 0;
      text_add(file, sizeof file, "/");
      text_add(file, sizeof file, name);
      int result = SYS(execve, file, launch->argv, launch->envp);
      if (result != -ENOENT && result != -ENOTDIR) error = result;
    }
    path += length + (path[length] == ':');
  }
  child_fail(launch, "exec", error);
}

static void child(void *argument) {
  struct launch *launch = argument;
  int result;
  launch->inner_pid = sys_getpid();
  SYS(setsid);
  if (launch->pty_kind == PTY_OWN) sys_ioctl(launch->pty.slave, TIOCSCTTY, 0);
  for (int i = 0; i < 3; i++) sys_dup2(launch->child_fd[i], i);
  signal_set(SIGPIPE, NULL);
  signals_block(0);
  SYS(umask, 022); /* the agent's own is 0: its operations name whole modes */
  SYS(prlimit64, 0, 7 /* open files */, own_file_limit, 0);
  if ((result = SYS(chdir, launch->directory)) < 0) child_fail(launch, "chdir", result);
  if ((result = SYS(setgroups32, launch->group_count, launch->groups)) < 0 && launch->group_count) child_fail(launch, "setgroups", result);
  if (launch->gid && (result = SYS(setgid32, launch->gid)) < 0) child_fail(launch, "setgid", result);
  if (launch->uid && (result = SYS(setuid32, launch->uid)) < 0) child_fail(launch, "setuid", result);
  child_exec(launch);
}

/* --- in the agent --- */

static char **get_strings(struct reader *reader, char **to, u16 count) {
  for (u16 i = 0; i < count; i++) *to++ = (char *)get_string(reader);
  *to++ = NULL;
  return to;
}

static int parse(struct reader *reader, struct launch *launch) {
  launch->id = get_u32(reader);
  u16 argc = get_u16(reader), envc = get_u16(reader);
  /* Each string takes at least five bytes of the frame. */
  if (reader->bad || ((u32)argc + envc) * 5 > (u32)(reader->end - reader->at)) fatal("malformed SPAWN");
  launch->pointers_size = ((u32)argc + envc + 2) * sizeof(char *);
  launch->pointers = pages_new(launch->pointers_size);
  if (!launch->pointers) return -ENOMEM;
  launch->argv = launch->pointers;
  launch->envp = get_strings(reader, launch->argv, argc);
  get_strings(reader, launch->envp, envc);
  launch->directory = get_string(reader);
  launch->uid = get_u32(reader);
  launch->gid = get_u32(reader);
  launch->group_count = get_u16(reader);
  if (launch->group_count > count_of(launch->groups)) fatal("malformed SPAWN");
  for (u16 i = 0; i < launch->group_count; i++) launch->groups[i] = get_u32(reader);
  launch->cgroup = get_string(reader);
  for (int i = 0; i < 3; i++) {
    launch->stdio[i] = get_u8(reader);
    if (launch->stdio[i] > STDIO_PTY || (launch->stdio[i] == STDIO_SAME_AS_1 && i != 2)) fatal("malformed SPAWN");
    if (launch->stdio[i] != STDIO_CHANNEL) continue;
    launch->channel[i] = get_u32(reader);
    launch->credit[i] = get_u32(reader);
  }
  launch->pty_kind = get_u8(reader);
  if (launch->pty_kind > PTY_CONSOLE_SOCKET) fatal("malformed SPAWN");
  launch->console_path = "";
  if (launch->pty_kind != PTY_NONE) {
    launch->pty_channel = get_u32(reader);
    launch->pty_credit = get_u32(reader);
    launch->rows = get_u16(reader);
    launch->columns = get_u16(reader);
  }
  if (launch->pty_kind == PTY_CONSOLE_SOCKET) launch->console_path = get_string(reader);
  if (reader->bad || reader->at != reader->end || !argc) fatal("malformed SPAWN");
  for (int i = 0; i < 3; i++)
    if (launch->stdio[i] == STDIO_PTY && launch->pty_kind != PTY_OWN) fatal("malformed SPAWN");
  return 0;
}

static int stdio_open(struct launch *launch, int i) {
  int pipe[2], result;
  switch (launch->stdio[i]) {
    case STDIO_NULL:
      return launch->child_fd[i] = sys_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
    case STDIO_SAME_AS_1:
      return launch->child_fd[i] = sys_dup(launch->child_fd[1]);
    case STDIO_PTY:
      return launch->child_fd[i] = sys_dup(launch->pty.slave);
  }
  if ((result = sys_pipe(pipe, O_CLOEXEC)) < 0) return result;
  launch->child_fd[i] = pipe[i == 0 ? 0 : 1];
  launch->own_fd[i] = pipe[i == 0 ? 1 : 0];
  return sys_fcntl(launch->own_fd[i], F_SETFL, O_NONBLOCK | (i == 0 ? O_WRONLY : O_RDONLY));
}

static int descriptors_open(struct launch *launch) {
  int result = 0;
  if (launch->pty_kind == PTY_OWN && (result = pty_open(&launch->pty, launch->rows, launch->columns)) < 0) return result;
  for (int i = 0; i < 3; i++)
    if ((result = stdio_open(launch, i)) < 0) return result;
  if (launch->pty_kind == PTY_CONSOLE_SOCKET) {
    result = launch->console = listen_unix(launch->console_path, 0600, SOCK_NONBLOCK);
    if (result < 0) op_note("console socket");
  }
  return result < 0 ? result : 0;
}

static void close_given(int *fd) {
  if (*fd >= 0) sys_close(*fd);
  *fd = -1;
}

static void child_side_close(struct launch *launch) {
  for (int i = 0; i < 3; i++) close_given(&launch->child_fd[i]);
  close_given(&launch->pty.slave);
}

static void own_side_close(struct launch *launch) {
  for (int i = 0; i < 3; i++) close_given(&launch->own_fd[i]);
  close_given(&launch->pty.master);
  close_given(&launch->console);
}

/* Turns the agent's ends into channels. */
static void channels_open(struct launch *launch) {
  struct channel *channel;
  for (int i = 0; i < 3; i++) {
    if (launch->stdio[i] != STDIO_CHANNEL) continue;
    channel = i == 0 ? channel_new(launch->channel[i], -1, 0, launch->own_fd[i], FD_POLLED, 0)
                     : channel_new(launch->channel[i], launch->own_fd[i], FD_POLLED, -1, 0, launch->credit[i]);
    launch->own_fd[i] = -1;
    if (!channel)
      channel_refuse(launch->channel[i], EMFILE);
    else
      channel_update(channel);
  }
  if (launch->pty_kind == PTY_OWN) {
    channel = channel_new(launch->pty_channel, launch->pty.master, FD_POLLED, sys_dup(launch->pty.master), FD_POLLED, launch->pty_credit);
    launch->pty.master = -1;
    if (!channel)
      channel_refuse(launch->pty_channel, EMFILE);
    else {
      channel->terminal = 1;
      channel_update(channel);
    }
  }
  if (launch->pty_kind == PTY_CONSOLE_SOCKET) {
    struct listener *listener = listener_new(launch->id, LISTEN_CONSOLE, launch->console, node_entered());
    launch->console = -1;
    if (!listener) {
      channel_refuse(launch->pty_channel, EMFILE);
      return;
    }
    listener->console_channel = launch->pty_channel;
    listener->console_credit = launch->pty_credit;
    listener->rows = launch->rows;
    listener->columns = launch->columns;
  }
}

static int start(struct launch *launch, struct process **process) {
  for (u32 i = 0; i < MAX_PROCESSES && !*process; i++)
    if (!processes[i].pid) {
      *process = &processes[i];
      if (i >= used_slots) used_slots = i + 1;
    }
  if (!*process) return -EAGAIN;
  int result = descriptors_open(launch);
  if (result < 0) return result;
  int cgroup = cgroup_open(launch->cgroup);
  if (cgroup < 0 && launch->cgroup[0]) {
    op_note("cgroup");
    return cgroup;
  }
  int pid = run_child(child, launch, 0, cgroup);
  if (cgroup >= 0) sys_close(cgroup);
  if (pid < 0) {
    op_note("clone");
    return pid;
  }
  if (launch->error) {
    sys_wait(pid, NULL, 0); /* it has ended already */
    op_note(launch->failed);
    return launch->error;
  }
  return pid;
}

int op_spawn(struct reader *reader, struct writer *writer) {
  struct launch launch;
  memset(&launch, 0, sizeof launch);
  for (int i = 0; i < 3; i++) launch.child_fd[i] = launch.own_fd[i] = -1;
  launch.pty.master = launch.pty.slave = launch.console = -1;
  struct process *process = NULL;
  int result = parse(reader, &launch);
  if (port_is_quiet) return -EINVAL;
  if (result == 0) result = start(&launch, &process);
  child_side_close(&launch);
  if (result >= 0) {
    process->id = launch.id;
    process->pid = result;
    channels_open(&launch);
    put_u32(writer, result);
    put_u32(writer, launch.inner_pid);
  }
  own_side_close(&launch);
  if (launch.pointers) pages_free(launch.pointers, launch.pointers_size);
  return result;
}

void processes_reap(void) {
  int status, pid;
  while ((pid = sys_wait(-1, &status, WNOHANG)) > 0) {
    struct process *process = NULL;
    for (u32 i = 0; i < used_slots && !process; i++)
      if (processes[i].pid == pid) process = &processes[i];
    if (!process) {
      node_ended(pid, status);
      continue;
    }
    process->pid = 0;
    console_finish(process->id);
    if (process->id) frame_send_u32(FRAME_EXIT, process->id, status);
  }
}

/* Ends of processes that the host does not know are not reported to it. */
void processes_resync(int (*keep)(u32 id)) {
  for (u32 i = 0; i < used_slots; i++)
    if (processes[i].pid && !keep(processes[i].id)) processes[i].id = 0;
}

/* --- signals --- */

struct inner_kill {
  int pid, signal, error;
};

static void inner_kill_child(void *argument) {
  struct inner_kill *kill = argument;
  kill->error = sys_kill(kill->pid, kill->signal);
  sys_exit(0);
}

/* A process id as a node counts it means something only to a process inside: a short-lived child sends the signal. */
static int kill_inside(int pid, int signal) {
  struct inner_kill kill = {pid, signal, 0};
  int child_pid = run_child(inner_kill_child, &kill, 0, -1);
  if (child_pid < 0) return child_pid;
  sys_wait(child_pid, NULL, 0);
  return kill.error;
}

int op_kill(struct reader *reader, struct writer *writer) {
  (void)writer;
  u8 kind = get_u8(reader);
  int target = get_u32(reader), signal = get_u32(reader);
  if (reader->bad) return -EINVAL;
  switch (kind) {
    case 0: /* as the guest counts */
      return sys_kill(target, signal);
    case 1: /* as the current node counts */
      return node_entered() ? kill_inside(target, signal) : sys_kill(target, signal);
    case 2: /* by the id that the host gave to SPAWN */
      for (u32 i = 0; i < used_slots; i++)
        if (processes[i].pid && processes[i].id == (u32)target) return sys_kill(processes[i].pid, signal);
      return -ESRCH;
  }
  return -EINVAL;
}
