/*
 * The program `node-init`: process 1 of a node. It adopts what loses its parent, as every process 1 does,
 * and reports each end to the agent: that is how the engine learns that a detached container has stopped.
 */
#include "agent.h"

#define REPORT_FD 3

int node_init_main(void) {
  u64 mask = ~0ull;
  SYS(prctl, PR_SET_NAME, "node-init");
  signals_block(mask); /* nobody but the agent, from outside, can end process 1 */
  for (;;) {
    struct {
      int pid, status;
    } end;
    u64 child = SIGNAL_BIT(SIGCHLD);
    SYS(rt_sigtimedwait_time64, &child, 0, 0, 8);
    while ((end.pid = sys_wait(-1, &end.status, WNOHANG)) > 0) write_fully(REPORT_FD, &end, sizeof end);
  }
}
