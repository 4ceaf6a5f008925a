import { describe, expect, test } from 'vitest';
import { connectionPair, type ClosableConnection } from '#engine/api/connection.ts';
import { encodeFrame } from '#engine/api/stdcopy.ts';
import { Channel } from '#engine/channel.ts';
import type { CliInput } from '../environment.ts';
import { FakeOutput } from '../testing.ts';
import { DetachError, streamHijacked, type HijackedStream, type HijackedStreamOptions } from './hijacked-stream.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A person at a terminal, and the process at the other end. */
class Scene {
  readonly output = new FakeOutput();
  readonly errors = new FakeOutput();
  readonly warnings: string[] = [];
  /** What the terminal was told, in order. */
  readonly raw: boolean[] = [];
  readonly process: ClosableConnection;
  /** What the process has read; complete when `inputEnded`. */
  received = '';
  inputEnded = false;
  #connection: ClosableConnection;
  #keys = new Channel<Uint8Array>();

  constructor() {
    [this.#connection, this.process] = connectionPair();
    void this.#receive();
  }

  async start(options: Partial<HijackedStreamOptions> = {}): Promise<HijackedStream> {
    return streamHijacked({
      connection: this.#connection,
      input: this.#input(),
      output: this.output,
      errors: this.errors,
      tty: true,
      detachKeys: '',
      warn: async (message) => void this.warnings.push(message),
      ...options,
    });
  }

  type(text: string): void {
    this.#keys.push(bytes(text));
  }

  endInput(): void {
    this.#keys.end();
  }

  async prints(text: string): Promise<void> {
    await this.process.write(bytes(text));
  }

  #input(): CliInput {
    return {
      isTerminal: true,
      chunks: () => this.#keys,
      setRaw: async (raw) => void this.raw.push(raw),
    };
  }

  async #receive(): Promise<void> {
    for await (const chunk of this.process.input) this.received += new TextDecoder().decode(chunk);
    this.inputEnded = true;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('with a terminal', () => {
  test('bytes go both ways, raw in between', async () => {
    const scene = new Scene();
    const stream = await scene.start();
    expect(scene.raw).toEqual([true]);
    scene.type('ls\r');
    await scene.prints('a b\r\n');
    await settle();
    expect(scene).toMatchObject({ received: 'ls\r', raw: [true] });
    scene.process.close();
    await stream.done;
    expect(scene).toMatchObject({ raw: [true, false] });
    expect(scene.output.text).toBe('a b\r\n');
  });

  test.each([
    ['', '\x10\x11'],
    ['ctrl-a,x', '\x01x'],
  ])('the detach keys (%j) leave', async (detachKeys, keys) => {
    const scene = new Scene();
    const stream = await scene.start({ detachKeys });
    scene.type(`ls${keys[0]}`);
    scene.type(`${keys[1]}more`);
    await expect(stream.done).rejects.toThrow(DetachError);
    expect(scene).toMatchObject({ received: 'ls', raw: [true, false], inputEnded: false });
  });

  test('keys that are none are warned of, and the usual ones are looked for', async () => {
    const scene = new Scene();
    const stream = await scene.start({ detachKeys: 'ctrl-?' });
    scene.type('\x10\x11');
    await expect(stream.done).rejects.toThrow('read escape sequence');
    expect(scene.warnings).toEqual(["invalid detach escape keys, using default: Unknown character: 'ctrl-?'"]);
  });

  test('a terminal that cannot be made raw', async () => {
    const scene = new Scene();
    const input: CliInput = { isTerminal: true, chunks: () => new Channel(), setRaw: () => Promise.reject(new Error('bad ioctl')) };
    await expect(scene.start({ input })).rejects.toThrow(
      'unable to setup input stream: unable to set IO streams as raw terminal: bad ioctl',
    );
  });

  test('is back to normal when let go of', async () => {
    const scene = new Scene();
    const stream = await scene.start();
    stream.stop();
    await stream.done;
    expect(scene.raw).toEqual([true, false]);
  });
});

describe('without a terminal', () => {
  const piped = { tty: false };

  test('output is taken apart, and nothing is made raw', async () => {
    const scene = new Scene();
    const stream = await scene.start(piped);
    await scene.process.write(encodeFrame('stdout', bytes('out')));
    await scene.process.write(encodeFrame('stderr', bytes('err')));
    scene.process.close();
    await stream.done;
    expect([scene.output.text, scene.errors.text, scene.raw]).toEqual(['out', 'err', []]);
  });

  test('the end of input is passed on, and output goes on until its own end', async () => {
    const scene = new Scene();
    const stream = await scene.start(piped);
    scene.type('data');
    scene.endInput();
    await settle();
    expect(scene).toMatchObject({ received: 'data', inputEnded: true });
    await scene.process.write(encodeFrame('stdout', bytes('late')));
    scene.process.close();
    await stream.done;
    expect(scene.output.text).toBe('late');
  });

  test('detach keys are data', async () => {
    const scene = new Scene();
    const stream = await scene.start(piped);
    scene.type('\x10\x11');
    scene.endInput();
    await settle();
    scene.process.close();
    await stream.done;
    expect(scene.received).toBe('\x10\x11');
  });

  test('without output, the end of input is the end', async () => {
    const scene = new Scene();
    const stream = await scene.start({ ...piped, output: undefined, errors: undefined });
    scene.endInput();
    await stream.done;
    expect(scene.inputEnded).toBe(true);
  });

  test('without input, the process reads end of file', async () => {
    const scene = new Scene();
    const stream = await scene.start({ ...piped, input: undefined });
    await settle();
    expect(scene.inputEnded).toBe(true);
    scene.process.close();
    await stream.done;
  });

  test('a reader that has gone ends it', async () => {
    const scene = new Scene();
    const output = { isTerminal: false, write: () => Promise.reject(new Error('broken pipe')), size: () => undefined };
    const stream = await scene.start({ ...piped, output });
    await scene.process.write(encodeFrame('stdout', bytes('x')));
    await expect(stream.done).rejects.toThrow('broken pipe');
  });
});
