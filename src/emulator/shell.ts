/** Shells on a node: the login shell of a terminal, and single commands for `drydock exec`. */
import type { AgentClient } from './agent/client.ts';
import type { SpawnedProcess } from './agent/spawn.ts';

const environment = [
  'HOME=/root',
  'USER=root',
  'LOGNAME=root',
  'SHELL=/bin/sh',
  'LANG=C.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
];
/** Output under way to a terminal: enough for full speed, little enough that Ctrl-C is felt at once. */
const WINDOW_BYTES = 128 * 1024;

export function loginShell(
  agent: AgentClient,
  node: number,
  size: { rows: number; columns: number },
  cwd = '/root',
): Promise<SpawnedProcess> {
  return agent.spawn(
    { node },
    {
      argv: ['/bin/sh', '-l'],
      env: [...environment, 'TERM=xterm-256color'],
      cwd,
      stdio: size,
      windowBytes: WINDOW_BYTES,
    },
  );
}

/** Runs a command line with pipes, as a shell script of one line would. */
export function shellCommand(agent: AgentClient, node: number, command: string): Promise<SpawnedProcess> {
  return agent.spawn(
    { node },
    { argv: ['/bin/sh', '-c', command], env: environment, cwd: '/root', stdio: { stdin: true, stdout: true, stderr: true } },
  );
}
