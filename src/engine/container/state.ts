/**
 * A container's lifecycle: its states, the legal moves between them as a table, and what each command may do
 * in each state, with Docker's words for what it may not. State changes here and nowhere else.
 */
import type { ContainerStatus } from '../api/types/container.ts';
import { assert } from '../assert.ts';
import { EngineError, type ErrorKind } from '../errors.ts';

export interface State {
  readonly status: ContainerStatus;
  /** Of the first process, as the node sees it; 0 when there is none. */
  readonly pid: number;
  /** Of the last run; 0 before the first end. */
  readonly exitCode: number;
  /** Why the last start failed; empty when it did not. */
  readonly error: string;
  readonly oomKilled: boolean;
  /** Milliseconds since the epoch; undefined: never. */
  readonly startedMs: number | undefined;
  readonly finishedMs: number | undefined;
}

export const newState: State = {
  status: 'created',
  pid: 0,
  exitCode: 0,
  error: '',
  oomKilled: false,
  startedMs: undefined,
  finishedMs: undefined,
};

/** Everything that can happen to a container. */
export type Move =
  | { kind: 'start'; pid: number; atMs: number }
  /** It did not come to run. A container that never ran stays created. */
  | { kind: 'start-failure'; exitCode: number; error: string }
  | { kind: 'pause' }
  | { kind: 'unpause' }
  | { kind: 'exit'; exitCode: number; oomKilled: boolean; atMs: number }
  /** It ended and will be started again after a while. */
  | { kind: 'await-restart'; exitCode: number; oomKilled: boolean; atMs: number }
  | { kind: 'give-up-restart' }
  | { kind: 'begin-removal' }
  /** The removal stopped half-way. */
  | { kind: 'fail-removal' };

/** Which moves each state allows, and where they lead. */
const moves: Record<Move['kind'], Partial<Record<ContainerStatus, ContainerStatus>>> = {
  start: { created: 'running', exited: 'running', restarting: 'running' },
  'start-failure': { created: 'created', exited: 'exited', restarting: 'exited' },
  pause: { running: 'paused' },
  unpause: { paused: 'running' },
  exit: { running: 'exited', paused: 'exited' },
  'await-restart': { running: 'restarting', paused: 'restarting' },
  'give-up-restart': { restarting: 'exited' },
  'begin-removal': { created: 'removing', exited: 'removing', dead: 'removing' },
  'fail-removal': { removing: 'dead' },
};

export function canMove(status: ContainerStatus, kind: Move['kind']): boolean {
  return moves[kind][status] !== undefined;
}

export function move(state: State, next: Move): State {
  const status = moves[next.kind][state.status];
  assert(status !== undefined, `a ${state.status} container does not ${next.kind}`);
  switch (next.kind) {
    case 'start':
      return { ...state, status, pid: next.pid, exitCode: 0, error: '', oomKilled: false, startedMs: next.atMs };
    case 'start-failure':
      return { ...state, status, pid: 0, exitCode: next.exitCode, error: next.error };
    case 'exit':
    case 'await-restart':
      return { ...state, status, pid: 0, exitCode: next.exitCode, oomKilled: next.oomKilled, finishedMs: next.atMs };
    case 'pause':
    case 'unpause':
    case 'give-up-restart':
    case 'begin-removal':
    case 'fail-removal':
      return { ...state, status };
  }
}

/** Has a process, or will have one again without anybody asking. */
export function isUp(status: ContainerStatus): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

export type Verb =
  | 'start'
  | 'stop'
  | 'kill'
  | 'restart'
  | 'pause'
  | 'unpause'
  | 'remove'
  | 'exec'
  | 'attach'
  | 'resize'
  | 'top'
  | 'logs'
  | 'update'
  | 'connect';

interface Refusal {
  kind: ErrorKind;
  /** `id` is the whole id, `name` what the user called the container. */
  message: (id: string, name: string) => string;
}

const refuse = (kind: ErrorKind, message: Refusal['message']): Refusal => ({ kind, message });

const notRunning = refuse('conflict', (id) => `container ${id} is not running`);
const isRestarting = refuse('conflict', (id) => `Container ${id} is restarting, wait until the container is running`);
const markedForRemoval = refuse('conflict', () => 'container is marked for removal and cannot be started');
const alreadyRunning = refuse('not-modified', () => 'container is already running');
const alreadyStopped = refuse('not-modified', () => 'container is already stopped');
const notPaused = refuse('unknown', (id) => `Container ${id} is not paused`);
const cannotUpdate = refuse('conflict', (id) => `Cannot update container ${id}: container is marked for removal and cannot be "update"`);
const noLogs = refuse('conflict', () => 'can not get logs from container which is dead or marked for removal');
const beingRemoved = refuse(
  'conflict',
  (id) => `Container ${id} is marked for removal and cannot be connected or disconnected to the network`,
);
const cannotRemove = (why: string): Refusal => refuse('conflict', (_, name) => `cannot remove container "${name}": ${why}`);

/** What a state does not let a command do. */
const refusals: Record<Verb, Partial<Record<ContainerStatus, Refusal>>> = {
  start: {
    running: alreadyRunning,
    restarting: alreadyRunning,
    paused: refuse('conflict', () => 'cannot start a paused container, try unpause instead'),
    removing: markedForRemoval,
    dead: markedForRemoval,
  },
  stop: { created: alreadyStopped, exited: alreadyStopped, removing: alreadyStopped, dead: alreadyStopped },
  kill: { created: notRunning, exited: notRunning, removing: notRunning, dead: notRunning },
  restart: { removing: markedForRemoval, dead: markedForRemoval },
  pause: {
    created: notRunning,
    exited: notRunning,
    removing: notRunning,
    dead: notRunning,
    paused: refuse('conflict', (id) => `Container ${id} is already paused`),
    restarting: isRestarting,
  },
  unpause: { created: notPaused, running: notPaused, restarting: notPaused, removing: notPaused, exited: notPaused, dead: notPaused },
  remove: {
    running: cannotRemove('container is running: stop the container before removing or force remove'),
    restarting: cannotRemove('container is restarting: stop the container before removing or force remove'),
    paused: cannotRemove('container is paused and must be unpaused first'),
    removing: refuse('conflict', (_, name) => `removal of container ${name} is already in progress`),
  },
  exec: {
    created: notRunning,
    exited: notRunning,
    removing: notRunning,
    dead: notRunning,
    paused: refuse('conflict', (_, name) => `Container ${name} is paused, unpause the container before exec`),
    restarting: isRestarting,
  },
  attach: {
    paused: refuse('conflict', (_, name) => `container ${name} is paused, unpause the container before attach`),
    restarting: refuse('conflict', (_, name) => `container ${name} is restarting, wait until the container is running`),
  },
  resize: { created: notRunning, exited: notRunning, removing: notRunning, dead: notRunning, restarting: notRunning },
  top: { created: notRunning, exited: notRunning, removing: notRunning, dead: notRunning, restarting: isRestarting },
  logs: { removing: noLogs, dead: noLogs },
  update: { removing: cannotUpdate, dead: cannotUpdate },
  connect: { removing: beingRemoved, dead: beingRemoved },
};

/** Why a command may not do its work now; undefined when it may. */
export function refusal(verb: Verb, container: { id: string; state: State }, name: string): EngineError | undefined {
  const refused = refusals[verb][container.state.status];
  return refused && new EngineError(refused.kind, refused.message(container.id, name));
}

/** @throws EngineError with Docker's words when the state does not allow it */
export function permit(verb: Verb, container: { id: string; state: State }, name: string): void {
  const error = refusal(verb, container, name);
  if (error) throw error;
}

export function describeState({ status, pid, exitCode, oomKilled }: State): string {
  if (status === 'running' || status === 'paused') return `${status} pid=${pid}`;
  return status === 'created' ? status : `${status} exit=${exitCode}${oomKilled ? ' oom' : ''}`;
}
