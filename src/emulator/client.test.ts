/** A worker that dies without a word is noticed. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectMachine, type MessageEnd } from './client.ts';
import type { PageMessage, WorkerMessage } from './protocol.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers every call until told to be silent. */
function fakeWorker(loadMs = 0): { end: MessageEnd; die: () => void; closed: () => boolean; fail: (error: unknown) => void } {
  let listener: (message: WorkerMessage) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  let [alive, closed] = [true, false];
  const startedMs = Date.now();
  const end: MessageEnd = {
    post(message: PageMessage) {
      const answer = (): void => listener({ kind: 'result', id: message.kind === 'call' ? message.id : 0, value: undefined });
      const waitMs = startedMs + loadMs - Date.now();
      if (alive && message.kind === 'call') void (waitMs > 0 ? setTimeout(answer, waitMs) : Promise.resolve().then(answer));
    },
    onMessage: (next) => (listener = next),
    onError: (next) => (fail = next),
    close: () => (closed = true),
  };
  return { end, die: () => (alive = false), closed: () => closed, fail: (error) => fail(error) };
}

describe('the client', () => {
  it('takes a worker that answers no more for dead', async () => {
    const crashes: string[] = [];
    const { end, die, closed } = fakeWorker();
    const machine = await connectMachine(end, { baseUrl: '', onCrash: ({ message }) => crashes.push(message) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(crashes).toEqual([]);
    die();
    const pending = machine.status();
    pending.catch(() => {});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(crashes).toEqual(['The machine stopped answering.']);
    expect(closed()).toBe(true);
    await expect(pending).rejects.toThrow('stopped answering');
  });

  it('waits for a worker whose code is long on its way', async () => {
    const crashes: string[] = [];
    const { end, die } = fakeWorker(45_000);
    const connected = connectMachine(end, { baseUrl: '', onCrash: ({ message }) => crashes.push(message) });
    await vi.advanceTimersByTimeAsync(50_000);
    await connected;
    expect(crashes).toEqual([]);
    die();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(crashes).toEqual(['The machine stopped answering.']);
  });

  it('passes on what the browser says of a worker that fails', async () => {
    const crashes: string[] = [];
    const { end, fail } = fakeWorker();
    await connectMachine(end, { baseUrl: '', onCrash: ({ message }) => crashes.push(message) });
    fail(new Error('out of memory'));
    fail(new Error('and again'));
    expect(crashes).toEqual(['out of memory']);
  });

  it('is silent after it was stopped', async () => {
    const crashes: string[] = [];
    const { end, die } = fakeWorker();
    const machine = await connectMachine(end, { baseUrl: '', onCrash: ({ message }) => crashes.push(message) });
    await machine.stop();
    die();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(crashes).toEqual([]);
  });
});
