/*
 * Nodes: sandboxes that look like a host of their own (process ids, network, mounts, names, cgroups), and
 * being inside one. The agent lives outside, in the guest itself, and steps into a node's namespaces
 * before it works for it; it stays there until something for another place comes.
 */
#include "agent.h"

#define NODE_NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWPID)

struct node nodes[MAX_NODES];
int own_proc = -1;
static int cgroup_root = -1; /* directory of the cgroup2 hierarchy */
static u32 entered;
static int own_namespaces[6], own_root = -1;
static const char *const namespace_names[6] = {"mnt", "net", "uts", "ipc", "cgroup", "pid_for_children"};
static const u32 namespace_flags[6] = {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP, CLONE_NEWPID};

void node_init_own(const char *cgroup_path) {
  char path[64];
  own_proc = sys_open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  own_root = sys_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  cgroup_root = sys_open(cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  for (u32 i = 0; i < count_of(own_namespaces); i++) {
    path[0] = 0;
    text_add(path, sizeof path, "self/ns/");
    text_add(path, sizeof path, namespace_names[i]);
    own_namespaces[i] = sys_openat(own_proc, path, O_RDONLY | O_CLOEXEC, 0);
    if (own_namespaces[i] < 0) fatal("no namespace files in /proc");
  }
}

int own_open(const char *path, int flags) {
  return path[0] == '/' ? sys_openat(own_root, path + 1, flags | O_NOFOLLOW | O_CLOEXEC, 0) : -EINVAL;
}

struct node *node_find(u32 id) {
  for (u32 i = 0; id && i < MAX_NODES; i++)
    if (nodes[i].id == id) return &nodes[i];
  return NULL;
}

u32 node_entered(void) { return entered; }

static int leave(void) {
  for (u32 i = 0; i < count_of(own_namespaces); i++) {
    int result = sys_setns(own_namespaces[i], namespace_flags[i]);
    if (result < 0) fatal("cannot return to the guest's namespaces");
  }
  SYS(fchdir, own_root);
  entered = 0;
  return 0;
}

int node_enter(u32 id) {
  if (id == entered) return 0;
  if (!id) return leave();
  struct node *node = node_find(id);
  if (!node) return -ENOENT;
  int result = sys_setns(node->pidfd, NODE_NAMESPACES);
  if (result < 0) return result;
  entered = id;
  return 0;
}

/* --- a stub's view of files --- */

int stub_enter(struct stub *stub) {
  node_enter(0);
  int result = sys_setns(stub->pidfd, CLONE_NEWNS);
  if (result >= 0) result = SYS(fchdir, stub->root);
  if (result >= 0) result = SYS(chroot, ".");
  if (result >= 0) result = SYS(fchdir, stub->directory);
  if (result < 0) {
    leave();
    return result;
  }
  /* Files are touched with the caller's rights, not the agent's. */
  SYS(setgroups32, 0, 0);
  SYS(setfsgid32, stub->peer.gid);
  SYS(setfsuid32, stub->peer.uid);
  return 0;
}

void stub_leave(struct stub *stub) {
  (void)stub;
  SYS(setfsuid32, 0);
  SYS(setfsgid32, 0);
  leave();
}

/* --- network namespaces that are bind-mounted at a path --- */

int netns_enter(const char *path) {
  if (!path[0]) return 0;
  int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  int result = sys_setns(fd, CLONE_NEWNET);
  sys_close(fd);
  return result;
}

void netns_leave(void) {
  struct node *node = node_find(entered);
  int result = node ? sys_setns(node->pidfd, CLONE_NEWNET) : sys_setns(own_namespaces[1], CLONE_NEWNET);
  if (result < 0) fatal("cannot return to a network namespace");
}

/* --- cgroups --- */

static void cgroup_path(char *to, u32 size, const struct node *node, const char *more) {
  to[0] = 0;
  text_add(to, size, node->name);
  text_add(to, size, more);
}

int cgroup_open(const char *path) {
  char leaf[80];
  struct node *node = node_find(entered);
  if (!path[0]) {
    if (!node) return -1;
    cgroup_path(leaf, sizeof leaf, node, "/init");
    path = leaf;
  }
  return sys_openat(cgroup_root, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/* Makes every controller of a cgroup available to its children. */
static void cgroup_delegate(int cgroup) {
  char names[256], change[32];
  if (read_all(cgroup, "cgroup.controllers", names, sizeof names) <= 0) return;
  for (char *at = names; *at;) {
    char *end = at;
    while (*end && *end != ' ' && *end != '\n') end++;
    char after = *end;
    *end = 0;
    change[0] = 0;
    text_add(change, sizeof change, "+");
    text_add(change, sizeof change, at);
    write_path(cgroup, "cgroup.subtree_control", change);
    at = end + (after != 0);
  }
}

static int cgroup_new(struct node *node) {
  char leaf[80];
  cgroup_delegate(cgroup_root);
  int result = SYS(mkdirat, cgroup_root, node->name, 0755);
  if (result < 0 && result != -EEXIST) return result;
  cgroup_path(leaf, sizeof leaf, node, "/init");
  result = SYS(mkdirat, cgroup_root, leaf, 0755);
  return result == -EEXIST ? 0 : result;
}

/* --- making a node --- */

struct birth {
  struct node *node;
  int report, executable;
  int failed_step, error;
};

/* The file systems of a host of its own: private mounts, own /proc, /sys, cgroup tree, /run and /tmp. */
static int birth_mounts(struct birth *birth) {
  int *step = &birth->failed_step, result;
  char agent_files[32] = "/proc/self/fd/";
#define STEP(call) \
  (*step)++;       \
  if ((result = (call)) < 0) return result
  /* What the guest mounts appears here, not the other way; within the node mounts propagate as on any host. */
  STEP(sys_mount("", "/", NULL, MS_REC | MS_SLAVE, NULL));
  STEP(sys_mount("", "/", NULL, MS_REC | MS_SHARED, NULL));
  int shared = sys_open("/run/drydock", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  STEP(sys_mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"));
  if (shared >= 0) {
    text_add_number(agent_files, sizeof agent_files, shared);
    STEP(sys_mkdir("/run/drydock", 0755));
    STEP(sys_mount(agent_files, "/run/drydock", NULL, MS_BIND | MS_REC, NULL));
    sys_close(shared);
  }
  STEP(sys_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
  sys_umount("/sys", MNT_DETACH);
  STEP(sys_mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  STEP(sys_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  sys_umount("/proc", MNT_DETACH);
  STEP(sys_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
#undef STEP
  return 0;
}

int loopback_up(void);
int cgroup_remove_at(int parent, const char *name, u32 timeout_ms);

/* Runs as the new node's pid 1 in memory that it shares with the waiting agent, until it becomes node-init. */
static void birth_child(void *argument) {
  struct birth *birth = argument;
  struct node *node = birth->node;
  char *arguments[] = {"node-init", NULL}, *environment[] = {NULL};
  SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
  birth->failed_step = 0;
  /* The cgroup namespace's root is the cgroup that the process is in when it is made. */
  if ((birth->error = SYS(unshare, CLONE_NEWCGROUP)) < 0) return;
  birth->failed_step++;
  char leaf[80];
  cgroup_path(leaf, sizeof leaf, node, "/init/cgroup.procs");
  if ((birth->error = write_path(cgroup_root, leaf, "0")) < 0) return;
  birth->failed_step++;
  if ((birth->error = SYS(sethostname, node->name, text_length(node->name))) < 0) return;
  birth->failed_step++;
  if ((birth->error = loopback_up()) < 0) return;
  if ((birth->error = birth_mounts(birth)) < 0) return;
  int null = sys_open("/dev/null", O_RDWR, 0);
  for (int fd = 0; fd < 3; fd++) sys_dup2(null, fd);
  sys_dup2(birth->report, 3);
  SYS(close_range, 4, birth->executable - 1, 0);
  SYS(close_range, birth->executable + 1, ~0u, 0);
  SYS(setsid);
  SYS(chdir, "/");
  birth->error = SYS(execveat, birth->executable, "", arguments, environment, AT_EMPTY_PATH);
}

static void report_ready(struct watch *watch, u32 events) {
  struct node *node = container_of(watch, struct node, report);
  (void)events;
  for (;;) {
    int got = sys_read(watch->fd, node->partial + node->partial_length, 8 - node->partial_length);
    if (got == -EAGAIN || got == -EINTR) return;
    if (got <= 0) return watch_close(watch);
    node->partial_length += got;
    if (node->partial_length < 8) continue;
    node->partial_length = 0;
    frame_send(FRAME_ORPHAN_EXIT, node->id, node->partial, 8);
  }
}

static void birth_note(const struct birth *birth) {
  op_note("step ");
  op_note_number(birth->failed_step);
}

int node_new(u32 id, const char *name) {
  struct node *node = NULL;
  if (!id || node_find(id)) return -EEXIST;
  if (!name[0] || text_length(name) >= sizeof node->name || text_find(name, "/") || name[0] == '.') return -EINVAL;
  for (u32 i = 0; i < MAX_NODES && !node; i++)
    if (!nodes[i].id) node = &nodes[i];
  if (!node) return -ENOSPC;
  node_enter(0);
  memset(node, 0, sizeof *node);
  text_add(node->name, sizeof node->name, name);
  int result = cgroup_new(node), pipe[2];
  if (result < 0) return result;
  if ((result = sys_pipe(pipe, O_CLOEXEC)) < 0) return result;
  struct birth birth = {node, pipe[1], sys_openat(own_proc, "self/exe", O_RDONLY | O_CLOEXEC, 0), 0, 0};
  int cgroup = sys_openat(cgroup_root, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  int pid = run_child(birth_child, &birth, NODE_NAMESPACES & ~CLONE_NEWCGROUP, cgroup);
  sys_close(cgroup);
  sys_close(birth.executable);
  sys_close(pipe[1]);
  if (pid < 0 || birth.error < 0) {
    sys_close(pipe[0]);
    if (pid >= 0) sys_wait(pid, NULL, 0);
    cgroup_remove_at(cgroup_root, name, 100);
    birth_note(&birth);
    return pid < 0 ? pid : birth.error;
  }
  node->id = id;
  node->pid = pid;
  node->pidfd = SYS(pidfd_open, pid, 0);
  sys_fcntl(node->pidfd, F_SETFD, FD_CLOEXEC);
  sys_fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  node->report.fd = pipe[0];
  node->report.ready = report_ready;
  watch_set(&node->report, EPOLLIN);
  cgroup = sys_openat(cgroup_root, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  cgroup_delegate(cgroup);
  sys_close(cgroup);
  return pid;
}

/* Ends every process of a node; `node_ended` follows when its pid 1 was reaped. */
int node_stop(u32 id) {
  struct node *node = node_find(id);
  if (!node) return -ENOENT;
  return sys_kill(node->pid, SIGKILL);
}

void node_ended(int pid, int status) {
  for (u32 i = 0; i < MAX_NODES; i++) {
    struct node *node = &nodes[i];
    if (!node->id || node->pid != pid) continue;
    if (entered == node->id) leave();
    report_ready(&node->report, 0);
    watch_close(&node->report);
    sys_close(node->pidfd);
    node_enter(0);
    cgroup_remove_at(cgroup_root, node->name, 200);
    frame_send_u32(FRAME_NODE_GONE, node->id, status);
    node->id = 0;
    return;
  }
}

/* --- whose process is it? --- */

static u64 namespace_of(int pid) {
  char path[40] = "";
  struct statx stat;
  text_add_number(path, sizeof path, pid);
  text_add(path, sizeof path, "/ns/pid");
  return sys_statx(own_proc, path, 0, &stat) < 0 ? 0 : stat.stx_ino;
}

/* By pid namespace, or for a process in a container of the node by its cgroup; 0 when it is the guest's own. */
u32 node_of_pid(int pid) {
  char path[40] = "", text[512];
  u64 space = namespace_of(pid);
  for (u32 i = 0; i < MAX_NODES; i++)
    if (nodes[i].id && space && namespace_of(nodes[i].pid) == space) return nodes[i].id;
  text_add_number(path, sizeof path, pid);
  text_add(path, sizeof path, "/cgroup");
  node_enter(0); /* the file shows paths as the reader's cgroup namespace sees them */
  if (read_all(own_proc, path, text, sizeof text) < 0) return 0;
  const char *unified = text_find(text, "0::/");
  if (!unified) return 0;
  unified += 4;
  for (u32 i = 0; i < MAX_NODES; i++) {
    u32 length = text_length(nodes[i].name);
    if (nodes[i].id && text_starts(unified, nodes[i].name) && (unified[length] == '/' || unified[length] == '\n')) return nodes[i].id;
  }
  return 0;
}
