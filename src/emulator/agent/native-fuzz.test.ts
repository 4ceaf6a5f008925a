/**
 * The real agent under stress: many channels over a link that cuts and delays as it likes, and frames
 * that make no sense. `SEED=123` repeats a run. Nothing here may do harm outside: the agent is root.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_ID, encodeFrame, frameType, FrameReader, HEADER_BYTES } from './frames.ts';
import { AgentClient } from './client.ts';
import { encodeBatch, type Op } from './op.ts';
import { info, mayFail, netlink, readdir, readFile, stat } from './ops.ts';
import { PayloadWriter } from './payload.ts';
import { startBareAgent, startNativeAgent, type NativeAgent, type SocketLink } from './testing.ts';
import type { ByteLink } from '../machine/byte-link.ts';

const seed = Number(process.env['SEED'] ?? 20261);
const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'];

/** mulberry32 */
function generator(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Bytes that differ by channel and position, so that a loss or swap shows. */
function pattern(channel: number, at: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => ((at + i) * 131 + ((at + i) >> 8) * 17 + channel * 59) & 0xff);
}

/** Passes bytes on in pieces of any size, each after any number of turns of the event loop; the order stays. */
class ErraticLink implements ByteLink {
  #toGuest: Uint8Array[] = [];
  #toHost: Uint8Array[] = [];
  #listener: (bytes: Uint8Array) => void = () => {};
  #busy = new Set<Uint8Array[]>();

  constructor(
    private readonly inner: SocketLink,
    private readonly random: (below: number) => number,
  ) {
    inner.onData((bytes) => this.#queue(this.#toHost, bytes, (piece) => this.#listener(piece)));
  }

  get queuedBytes(): number {
    return this.#toGuest.reduce((sum, bytes) => sum + bytes.length, this.inner.queuedBytes);
  }

  write(bytes: Uint8Array): void {
    this.#queue(this.#toGuest, bytes.slice(), (piece) => this.inner.write(piece));
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  drained(): Promise<void> {
    return this.inner.drained();
  }

  #queue(queue: Uint8Array[], bytes: Uint8Array, pass: (piece: Uint8Array) => void): void {
    queue.push(bytes.slice());
    if (this.#busy.has(queue)) return;
    this.#busy.add(queue);
    const step = (): void => {
      const [first] = queue;
      if (!first) return void this.#busy.delete(queue);
      const length = this.random(4) === 0 ? 1 + this.random(16) : 1 + this.random(9000);
      pass(first.slice(0, length));
      if (length >= first.length) queue.shift();
      else queue[0] = first.subarray(length);
      if (this.random(200) === 0) setTimeout(step, 1);
      else setImmediate(step);
    };
    setImmediate(step);
  }
}

describe(`channels over an erratic link (seed ${seed})`, () => {
  let agent: Omit<NativeAgent, 'client'>;
  let client: AgentClient;

  beforeAll(async () => {
    agent = await startBareAgent();
    client = new AgentClient(new ErraticLink(agent.link, generator(seed)));
    await client.ready;
  });

  afterAll(() => agent.stop());

  test('several at once, both ways, slow and fast readers: nothing lost, nothing swapped', async () => {
    const total = 1_500_000;
    const random = generator(seed + 1);
    const cats = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        client.spawn({ node: 0 }, { argv: ['cat'], env, stdio: { stdin: true, stdout: true }, windowBytes: 4096 << (i % 5) }),
      ),
    );
    await Promise.all(
      cats.map(async ({ channels, exit }, index) => {
        const writing = (async () => {
          for (let at = 0; at < total;) {
            const length = Math.min(total - at, 1 + random(50_000));
            await channels.stdin!.write(pattern(index, at, length));
            at += length;
          }
          channels.stdin!.end();
        })();
        let at = 0;
        for await (const bytes of channels.stdout!.read()) {
          expect(Buffer.compare(bytes, pattern(index, at, bytes.length))).toBe(0);
          at += bytes.length;
          if (random(20) === 0) await new Promise((resolve) => setTimeout(resolve, random(3)));
        }
        await writing;
        expect(at).toBe(total);
        expect(await exit).toBe(0);
      }),
    );
  });

  test('the agent stays small', async () => {
    const { agentBytes } = await client.run({ node: 0 }, info());
    expect(agentBytes).toBeLessThan(8_000_000);
  });
});

/** Operations that do no harm, whatever a mutation makes of their arguments. */
const harmless: Op[] = [
  stat('/etc/passwd'),
  readFile('/etc/hostname', 1000),
  readdir('/etc'),
  info(),
  mayFail(readFile('/no/such', 10)),
  netlink(0, '', { bytes: Uint8Array.from([20, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }),
];

function batchFrame(random: (below: number) => number): Uint8Array {
  const writer = new PayloadWriter();
  encodeBatch(
    writer,
    { node: 0 },
    Array.from({ length: 1 + random(4) }, () => harmless[random(harmless.length)]!),
    random(8) === 0,
  );
  return writer.finish(frameType.batch, 1 + random(1000)).slice();
}

/** A frame that is wrong somewhere behind its header: shorter, longer, or with another byte in a length. */
function damagedBatch(random: (below: number) => number): Uint8Array {
  const frame = batchFrame(random);
  const kind = random(3);
  if (kind === 0) return encodeFrame(frameType.batch, 1, frame.subarray(HEADER_BYTES, HEADER_BYTES + random(frame.length - HEADER_BYTES)));
  if (kind === 1) return encodeFrame(frameType.batch, 1, Buffer.concat([frame.subarray(HEADER_BYTES), bytes(random, 1 + random(20))]));
  // Bytes 8 and 9 of the payload are the first op's code and flags: those stay, so that it stays harmless.
  const at = HEADER_BYTES + 10 + random(4);
  frame[at] = random(256);
  return frame;
}

const harmlessTypes = [...Object.values(frameType).filter((type) => type !== frameType.batch), 0, 0x20, 0x7f, 0xff];

function nonsense(random: (below: number) => number): Uint8Array {
  const ids = [0, 1, 2, AGENT_ID, AGENT_ID + 1, 0xffff_ffff];
  return encodeFrame(harmlessTypes[random(harmlessTypes.length)]!, ids[random(ids.length)]!, bytes(random, random(40)));
}

function bytes(random: (below: number) => number, length: number): Uint8Array {
  return new Uint8Array(length).map(() => random(256));
}

describe(`frames that make no sense (seed ${seed})`, () => {
  test('end the agent with a word, never with a crash, or are let pass', async () => {
    const random = generator(seed + 2);
    let fatal = 0;
    for (let round = 0; round < 40; round++) {
      const agent = await startBareAgent();
      let said = '';
      // Its last frame may be lost with the socket, as it would not be with the device; it says the same here.
      agent.process.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
      let answered = 0;
      const reader = new FrameReader(({ type }) => {
        if (type === frameType.pong) answered++;
      });
      agent.link.onData((data) => reader.push(data));
      const kind = random(4);
      for (let i = 0; i < 20; i++) {
        agent.link.write(batchFrame(random));
        if (kind === 0) agent.link.write(nonsense(random));
        if (kind === 1) agent.link.write(damagedBatch(random));
        if (kind === 2)
          agent.link.write(bytes(random, 4 + random(30)).map((byte, at) => (at === 4 && byte === frameType.batch ? 0 : byte)));
        agent.link.write(encodeFrame(frameType.ping, 7));
      }
      const ended = await Promise.race([agent.exited, settled(() => answered === 20), after(1000)]);
      if (typeof ended === 'number') {
        expect(ended).toBe(1);
        expect(agent.process.signalCode).toBeNull();
        await expect.poll(() => said).toMatch(/^(drydock-agent: [a-zA-Z ]+\n)+$/);
        fatal++;
      } else expect(agent.process.exitCode ?? agent.process.signalCode).toBeNull();
      await agent.stop();
    }
    expect(fatal).toBeGreaterThan(10);
  });

  test('from programs of the guest are turned away, and the agent goes on', async () => {
    const random = generator(seed + 3);
    const agent = await startNativeAgent();
    let stubs = 0;
    agent.client.onStub((stub) => {
      stubs++;
      void stub.exit(0);
    });
    for (let round = 0; round < 150; round++) {
      const channel = await agent.client.dial(0, { kind: 'unix', path: '/run/drydock/agent.sock' });
      const greeting = new Uint8Array(8 + random(60)).map(() => random(256));
      const view = new DataView(greeting.buffer);
      if (random(4) > 0) view.setUint16(0, 'SD'.charCodeAt(random(2)) << 8, true);
      if (random(3) > 0) view.setUint16(2, 1, true);
      if (random(3) > 0) view.setUint32(4, random(2) === 0 ? greeting.length - 8 : random(1 << 30), true);
      await channel.write(greeting.subarray(0, random(5) === 0 ? 1 + random(8) : greeting.length)).catch(() => {});
      if (random(2) === 0) channel.abort();
      else channel.end();
    }
    const { agentBytes } = await agent.client.run({ node: 0 }, info());
    expect(agentBytes).toBeLessThan(8_000_000);
    expect(stubs).toBe(0);
    await agent.stop();
  });

  test('more data than granted is a fault; for a channel that has ended it is not', async () => {
    const agent = await startNativeAgent();
    const { channels } = await agent.client.spawn({ node: 0 }, { argv: ['sleep', '100'], env, stdio: { stdin: true } });
    agent.link.write(encodeFrame(frameType.data, 12345, new Uint8Array(100_000)));
    await agent.client.ping();
    agent.link.write(encodeFrame(frameType.data, channels.stdin!.id, new Uint8Array(40_000)));
    expect(await agent.exited).toBe(1);
    await expect.poll(() => agent.client.describe()).toBe('agent lost: the agent gave up: more data than granted');
    await expect(agent.client.ping()).rejects.toThrow('gave up');
    await agent.stop();
  });
});

const after = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('time'), ms));

async function settled(condition: () => boolean): Promise<string> {
  while (!condition()) await after(5);
  return 'settled';
}
