/*
 * One binary, several programs, by the name it is called by: the guest's agent, a node's `dockerd`, the
 * `docker` command and a node's process 1. They share code, and the page cache holds one small file.
 */
#include "agent.h"

static const char *base_name(const char *path) {
  const char *name = path;
  for (; *path; path++)
    if (*path == '/') name = path + 1;
  return name;
}

u64 own_file_limit[2];

/* drydock-agent [PORT] [--socket PATH] [--cgroup PATH] */
static NORETURN void agent_main(int argc, char **argv) {
  const char *port = NULL, *socket = AGENT_SOCKET, *cgroup = "/sys/fs/cgroup";
  for (int i = 1; i < argc; i++) {
    if (text_equal(argv[i], "--socket") && i + 1 < argc)
      socket = argv[++i];
    else if (text_equal(argv[i], "--cgroup") && i + 1 < argc)
      cgroup = argv[++i];
    else
      port = argv[i];
  }
  for (int fd = 0; fd < 3; fd++)
    if (sys_fcntl(fd, F_GETFD, 0) == -EBADF) sys_open("/dev/null", O_RDWR, 0);
  SYS(close_range, 3, ~0u, 4 /* close on exec: what we inherited is nobody else's business */);
  SYS(prlimit64, 0, 7 /* open files */, 0, own_file_limit);
  u64 limit[2] = {16384, own_file_limit[1] > 16384 ? own_file_limit[1] : 16384};
  if (own_file_limit[0] < limit[0]) SYS(prlimit64, 0, 7, limit, 0);
  node_init_own(cgroup);
  sys_mkdir("/run/drydock", 0755);
  port_open(port);
  visitors_listen(socket);
  loop_run();
}

int main(int argc, char **argv, char **envp) {
  const char *name = argc ? base_name(argv[0]) : "";
  if (text_equal(name, "docker") || text_equal(name, "docker-compose")) return stub_main(argc, argv, envp, name);
  if (text_equal(name, "dockerd")) return daemon_main(argc, argv, envp);
  if (text_equal(name, "node-init")) return node_init_main();
  agent_main(argc, argv);
}
