/** The page's client and the worker's edge together, over messages that are copied as between threads. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '#engine/api/client.ts';
import { connectMachine, type MessageEnd } from './client.ts';
import { nodePlatform } from './host.ts';
import type { Machine, StartProgress } from './machine-api.ts';
import type { WorkerMessage } from './protocol.ts';
import { ensureState } from './state/build.ts';
import { WorkerEdge } from './worker-edge.ts';

let machine: Machine;
let edge: WorkerEdge;
const progress: StartProgress[] = [];
const crashes: { message: string }[] = [];

/** A worker in this thread. */
function workerEnd(): MessageEnd {
  let listener: (message: WorkerMessage) => void = () => {};
  edge = new WorkerEdge(
    (message, transfer = []) => {
      const moved = structuredClone(message, { transfer: transfer as ArrayBuffer[] });
      setImmediate(() => listener(moved));
    },
    () => nodePlatform(),
  );
  return {
    post(message, transfer) {
      const moved: unknown = structuredClone(message, { transfer: transfer as ArrayBuffer[] });
      setImmediate(() => edge.handle(moved));
    },
    onMessage: (next) => (listener = next),
    onError: () => {},
    close: () => {},
  };
}

beforeAll(async () => {
  await ensureState();
  machine = await connectMachine(workerEnd(), {
    baseUrl: 'http://localhost/',
    onProgress: (step) => progress.push(step),
    onCrash: (crash) => crashes.push(crash),
  });
});
afterAll(() => machine.stop());

describe('the machine over messages', () => {
  it('tells how it comes', () => {
    expect(progress.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['fetching', 'restoring', 'ready']));
    expect(progress.length).toBeLessThan(40);
  });

  it('has terminals', async () => {
    const terminal = await machine.openTerminal({ node: 'node1', rows: 30, columns: 100 });
    let screen = '';
    terminal.onData((bytes) => {
      screen += new TextDecoder().decode(bytes);
      terminal.acknowledge(bytes.length);
    });
    terminal.write(new TextEncoder().encode('stty size; head -c 2000000 /dev/zero | tr "\\0" x | tail -c 1000000; echo; exit 6\n'));
    expect(await terminal.exited).toBe(6);
    expect(screen).toContain('30 100\r\n');
    expect(screen.match(/x{1000000}/)).not.toBeNull();
  });

  it('has the Engine API', async () => {
    const api = new ApiClient(machine.api('node1'));
    expect((await api.negotiate()).osType).toBe('linux');
    await expect(api.get('/containers/nosuch/json')).rejects.toThrow('No such container: nosuch');
    await expect(new ApiClient(machine.api('node9')).get('/info')).rejects.toThrow('there is no node node9');
  });

  it('has the home directory, and tells of the guest’s changes', async () => {
    const home = machine.home('node1');
    const changed = new Promise<string>((resolve) => home.watch(resolve));
    await home.write('a/b.txt', new TextEncoder().encode('text'));
    expect((await home.list('a')).map(({ name }) => name)).toEqual(['b.txt']);
    const terminal = await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 });
    terminal.write(new TextEncoder().encode('cp a/b.txt copied.txt; exit\n'));
    expect(await changed).toBe('copied.txt');
    expect(new TextDecoder().decode(await home.read('copied.txt'))).toBe('text');
    await home.remove('a');
    await expect(home.read('a/b.txt')).rejects.toThrow('ENOENT');
  });

  it('has status and sessions', async () => {
    const { memoryTotalBytes, memoryUsedBytes, openFids } = await machine.status();
    expect(memoryTotalBytes).toBeGreaterThan(200e6);
    expect(memoryUsedBytes).toBeLessThan(40e6);
    expect(openFids).toBeGreaterThan(0);
    const saved = await machine.saveSession('here');
    expect(await machine.sessions()).toEqual([saved]);
  });

  it('says so when it crashes; everything pending ends with the reason', async () => {
    const terminal = await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 });
    edge.crash(new Error('something that should hold did not'));
    await expect(terminal.exited).rejects.toThrow('should hold');
    expect(crashes).toMatchObject([{ message: 'something that should hold did not' }]);
    await expect(machine.status()).rejects.toThrow('should hold');
    expect((await machine.api('node1')({ method: 'GET', path: '/info', query: new Map(), headers: {}, body: nothing() })).status).toBe(500);
  });
});

async function* nothing(): AsyncIterable<Uint8Array> {}
