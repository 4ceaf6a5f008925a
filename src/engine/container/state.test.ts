import { describe, expect, it } from 'vitest';
import type { ContainerStatus } from '../api/types/container.ts';
import { canMove, move, type Move, newState, refusal, type State, type Verb } from './state.ts';

const statuses: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const id = 'abc';
const name = 'web';

/** Every pair of state and command: `ok`, or what Docker answers. */
const expected: Record<Verb, Record<ContainerStatus, string>> = {
  start: {
    created: 'ok',
    running: 'not-modified: container is already running',
    paused: 'conflict: cannot start a paused container, try unpause instead',
    restarting: 'not-modified: container is already running',
    removing: 'conflict: container is marked for removal and cannot be started',
    exited: 'ok',
    dead: 'conflict: container is marked for removal and cannot be started',
  },
  stop: {
    created: 'not-modified: container is already stopped',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'not-modified: container is already stopped',
    exited: 'not-modified: container is already stopped',
    dead: 'not-modified: container is already stopped',
  },
  kill: {
    created: 'conflict: container abc is not running',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'conflict: container abc is not running',
    exited: 'conflict: container abc is not running',
    dead: 'conflict: container abc is not running',
  },
  restart: {
    created: 'ok',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'conflict: container is marked for removal and cannot be started',
    exited: 'ok',
    dead: 'conflict: container is marked for removal and cannot be started',
  },
  pause: {
    created: 'conflict: container abc is not running',
    running: 'ok',
    paused: 'conflict: Container abc is already paused',
    restarting: 'conflict: Container abc is restarting, wait until the container is running',
    removing: 'conflict: container abc is not running',
    exited: 'conflict: container abc is not running',
    dead: 'conflict: container abc is not running',
  },
  unpause: {
    created: 'unknown: Container abc is not paused',
    running: 'unknown: Container abc is not paused',
    paused: 'ok',
    restarting: 'unknown: Container abc is not paused',
    removing: 'unknown: Container abc is not paused',
    exited: 'unknown: Container abc is not paused',
    dead: 'unknown: Container abc is not paused',
  },
  remove: {
    created: 'ok',
    running: 'conflict: cannot remove container "web": container is running: stop the container before removing or force remove',
    paused: 'conflict: cannot remove container "web": container is paused and must be unpaused first',
    restarting: 'conflict: cannot remove container "web": container is restarting: stop the container before removing or force remove',
    removing: 'conflict: removal of container web is already in progress',
    exited: 'ok',
    dead: 'ok',
  },
  exec: {
    created: 'conflict: container abc is not running',
    running: 'ok',
    paused: 'conflict: Container web is paused, unpause the container before exec',
    restarting: 'conflict: Container abc is restarting, wait until the container is running',
    removing: 'conflict: container abc is not running',
    exited: 'conflict: container abc is not running',
    dead: 'conflict: container abc is not running',
  },
  attach: {
    created: 'ok',
    running: 'ok',
    paused: 'conflict: container web is paused, unpause the container before attach',
    restarting: 'conflict: container web is restarting, wait until the container is running',
    removing: 'ok',
    exited: 'ok',
    dead: 'ok',
  },
  resize: {
    created: 'conflict: container abc is not running',
    running: 'ok',
    paused: 'ok',
    restarting: 'conflict: container abc is not running',
    removing: 'conflict: container abc is not running',
    exited: 'conflict: container abc is not running',
    dead: 'conflict: container abc is not running',
  },
  top: {
    created: 'conflict: container abc is not running',
    running: 'ok',
    paused: 'ok',
    restarting: 'conflict: Container abc is restarting, wait until the container is running',
    removing: 'conflict: container abc is not running',
    exited: 'conflict: container abc is not running',
    dead: 'conflict: container abc is not running',
  },
  logs: {
    created: 'ok',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'conflict: can not get logs from container which is dead or marked for removal',
    exited: 'ok',
    dead: 'conflict: can not get logs from container which is dead or marked for removal',
  },
  update: {
    created: 'ok',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'conflict: Cannot update container abc: container is marked for removal and cannot be "update"',
    exited: 'ok',
    dead: 'conflict: Cannot update container abc: container is marked for removal and cannot be "update"',
  },
  connect: {
    created: 'ok',
    running: 'ok',
    paused: 'ok',
    restarting: 'ok',
    removing: 'conflict: Container abc is marked for removal and cannot be connected or disconnected to the network',
    exited: 'ok',
    dead: 'conflict: Container abc is marked for removal and cannot be connected or disconnected to the network',
  },
};

describe('every command in every state', () => {
  const pairs = (Object.keys(expected) as Verb[]).flatMap((verb) => statuses.map((status) => [verb, status] as const));
  it.each(pairs)('%s when %s', (verb, status) => {
    const error = refusal(verb, { id, state: { ...newState, status } }, name);
    expect(error ? `${error.kind}: ${error.message}` : 'ok').toBe(expected[verb][status]);
  });
});

describe('moves', () => {
  const samples: Move[] = [
    { kind: 'start', pid: 5, atMs: 10 },
    { kind: 'start-failure', exitCode: 127, error: 'no' },
    { kind: 'pause' },
    { kind: 'unpause' },
    { kind: 'exit', exitCode: 3, oomKilled: false, atMs: 20 },
    { kind: 'await-restart', exitCode: 3, oomKilled: false, atMs: 20 },
    { kind: 'give-up-restart' },
    { kind: 'begin-removal' },
    { kind: 'fail-removal' },
  ];
  const legal: Record<ContainerStatus, Partial<Record<Move['kind'], ContainerStatus>>> = {
    created: { start: 'running', 'start-failure': 'created', 'begin-removal': 'removing' },
    running: { pause: 'paused', exit: 'exited', 'await-restart': 'restarting' },
    paused: { unpause: 'running', exit: 'exited', 'await-restart': 'restarting' },
    restarting: { start: 'running', 'start-failure': 'exited', 'give-up-restart': 'exited' },
    removing: { 'fail-removal': 'dead' },
    exited: { start: 'running', 'start-failure': 'exited', 'begin-removal': 'removing' },
    dead: { 'begin-removal': 'removing' },
  };
  const pairs = statuses.flatMap((status) => samples.map((sample) => [status, sample.kind, sample] as const));
  it.each(pairs)('%s: %s', (status, kind, sample) => {
    const state: State = { ...newState, status };
    const to = legal[status][kind];
    expect(canMove(status, kind)).toBe(to !== undefined);
    if (to === undefined) expect(() => move(state, sample)).toThrow(/assertion failed/);
    else expect(move(state, sample).status).toBe(to);
  });

  it('forgets the last failure on a start, and keeps it otherwise', () => {
    const failed = move(newState, { kind: 'start-failure', exitCode: 127, error: 'not found' });
    expect(failed).toMatchObject({ status: 'created', exitCode: 127, error: 'not found' });
    const running = move(failed, { kind: 'start', pid: 9, atMs: 1 });
    expect(running).toMatchObject({ exitCode: 0, error: '', pid: 9 });
    expect(move(running, { kind: 'exit', exitCode: 137, oomKilled: true, atMs: 2 })).toMatchObject({
      pid: 0,
      exitCode: 137,
      oomKilled: true,
      finishedMs: 2,
    });
  });
});
