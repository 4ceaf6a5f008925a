/** Starting processes in the guest: what SPAWN is told, and the running process as the host sees it. */
import { AgentError } from './agent-error.ts';
import type { Channel } from './channel.ts';
import { op, type Op } from './op.ts';
import type { PayloadWriter } from './payload.ts';

const OP_SPAWN = 18;

export interface SpawnOptions {
  /** The first is the program; without a slash it is looked for along PATH. */
  argv: readonly string[];
  env?: readonly string[];
  cwd?: string;
  uid?: number;
  gid?: number;
  groups?: readonly number[];
  /** Cgroup below the root of the hierarchy; the node's own leaf without. */
  cgroup?: string;
  stdio: SpawnStdio;
  /** Operations that come first, in the same batch. */
  before?: readonly Op[];
  /** Bytes that may be under way on each output channel. */
  windowBytes?: number;
}

/**
 * Standard streams: nothing; pipes as channels (else nothing); a terminal of the process's own; or a
 * terminal that arrives on a socket that the agent listens on for it (crun's `--console-socket`). The
 * socket's file stays and is the caller's to remove. A terminal that never arrives ends the channel.
 */
export type SpawnStdio =
  | 'null'
  | { stdin?: boolean; stdout?: boolean; stderr?: boolean | 'stdout' }
  | { rows: number; columns: number }
  | { consoleSocket: string; rows: number; columns: number };

/** A process that `AgentClient.spawn` started. Its channels outlive it when others hold the pipes. */
export interface SpawnedProcess {
  /** The client's number for it: what a saved state names. */
  id: number;
  /** As the guest counts. */
  pid: number;
  /** As its node counts. */
  nodePid: number;
  channels: SpawnChannels;
  /** Wait status as wait(2) has it: `exitCode` makes a shell's number of it. Resolves once, after the process was reaped. */
  exit: Promise<number>;
  kill(signal: number): Promise<void>;
}

/** One for a terminal, else up to three. */
export interface SpawnChannels {
  terminal?: Channel;
  stdin?: Channel;
  stdout?: Channel;
  stderr?: Channel;
}

/** A wait status as a shell counts it: the exit code, or 128 and the signal. */
export function exitCode(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

/** Which of the three streams are pipes, and whether there is a terminal. */
export function streamsOf(stdio: SpawnStdio): { stdin: Stream; stdout: Stream; stderr: Stream; terminal: boolean } {
  if (stdio === 'null' || 'consoleSocket' in stdio) return { stdin: 'null', stdout: 'null', stderr: 'null', terminal: stdio !== 'null' };
  if ('rows' in stdio) return { stdin: 'pty', stdout: 'pty', stderr: 'pty', terminal: true };
  const pipe = (wanted: boolean | undefined): Stream => (wanted ? 'pipe' : 'null');
  return {
    stdin: pipe(stdio.stdin),
    stdout: pipe(stdio.stdout),
    stderr: stdio.stderr === 'stdout' ? 'stdout' : pipe(stdio.stderr),
    terminal: false,
  };
}

type Stream = keyof typeof streamKind;
const streamKind = { null: 0, pipe: 1, stdout: 2, pty: 3 } as const;

export function spawnOp(id: number, options: SpawnOptions, channels: SpawnChannels): Op<{ pid: number; nodePid: number }> {
  const encode = (w: PayloadWriter): void => {
    const env = options.env ?? [];
    w.u32(id)
      .u16(options.argv.length)
      .u16(env.length)
      .texts(options.argv)
      .texts(env)
      .text(options.cwd ?? '/');
    w.u32(options.uid ?? 0)
      .u32(options.gid ?? 0)
      .u16(options.groups?.length ?? 0);
    for (const group of options.groups ?? []) w.u32(group);
    w.text(options.cgroup ?? '');
    const streams = streamsOf(options.stdio);
    for (const name of ['stdin', 'stdout', 'stderr'] as const) {
      w.u8(streamKind[streams[name]]);
      const channel = channels[name];
      if (channel) w.u32(channel.id).u32(channel.initialCredit);
    }
    encodeTerminal(w, options, channels.terminal);
  };
  return op(OP_SPAWN, `spawn ${options.argv[0] ?? ''}`, encode, (r) => ({ pid: r.u32(), nodePid: r.u32() }));
}

function encodeTerminal(w: PayloadWriter, { stdio }: SpawnOptions, channel: Channel | undefined): void {
  if (!channel || stdio === 'null' || !('rows' in stdio)) {
    w.u8(0);
    return;
  }
  const socket = 'consoleSocket' in stdio ? stdio.consoleSocket : undefined;
  w.u8(socket === undefined ? 1 : 2)
    .u32(channel.id)
    .u32(channel.initialCredit)
    .u16(stdio.rows)
    .u16(stdio.columns);
  if (socket !== undefined) w.text(socket);
}

/** What the agent would call malformed is refused here. */
export function checkSpawn(options: SpawnOptions): void {
  if (options.argv.length === 0) throw new AgentError(0, 22, 'spawn', 'no program');
  if ((options.groups?.length ?? 0) > 32) throw new AgentError(0, 22, 'spawn', 'too many groups');
}
