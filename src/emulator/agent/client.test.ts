/** The client against an agent that is played by the test, frame by frame. */
import { describe, expect, test } from 'vitest';
import type { ByteLink } from '../machine/byte-link.ts';
import { AgentClient } from './client.ts';
import { AGENT_ID, encodeFrame, frameType } from './frames.ts';
import { PayloadWriter } from './payload.ts';

function playedLink(): { link: ByteLink; say: (frame: Uint8Array) => void } {
  let listener: (bytes: Uint8Array) => void = () => {};
  const link: ByteLink = {
    queuedBytes: 0,
    write: () => {},
    onData: (next) => (listener = next),
    drained: () => Promise.resolve(),
  };
  return { link, say: (frame) => listener(frame) };
}

function hello(id: number, variables: string[] = []): Uint8Array {
  const writer = new PayloadWriter().u32(1).u32(1).u32(100).u32(0).u32(0);
  for (let stream = 1; stream <= 3; stream++) writer.u32(AGENT_ID + id + stream).u8(0);
  writer.u16(24).u16(80).u32(0).u8(1).text('docker').u32(1).text('ps').u32(variables.length).texts(variables).text('/root');
  return writer.finish(frameType.stubHello, AGENT_ID + id);
}

const connection = (id: number): Uint8Array =>
  encodeFrame(frameType.connectionOpen, AGENT_ID + id, new Uint8Array(new Uint32Array([1, 0, 100, 0, 0]).buffer));

test('a command has the variables that it was given, whatever their names, and no others', () => {
  const { link, say } = playedLink();
  const seen: Record<string, string | undefined>[] = [];
  new AgentClient(link).onStub(({ hello: { env } }) => seen.push(env));
  say(hello(1, ['A=1', '__proto__=x', 'constructor=', 'bare']));
  expect(Object.entries(seen[0] ?? {})).toEqual([
    ['A', '1'],
    ['__proto__', 'x'],
    ['constructor', ''],
    ['bare', ''],
  ]);
  expect(seen[0]?.['toString']).toBeUndefined();
});

describe('after a restore', () => {
  test('who came before the agent has heard what is known is dropped by both sides', async () => {
    const { link, say } = playedLink();
    const client = AgentClient.restore(link, {
      version: 1,
      nextId: 5,
      partial: new Uint8Array(0),
      channels: [],
      processes: [],
      listeners: [],
    });
    const came: string[] = [];
    client.onStub(({ id, hello: { args } }) => came.push(`stub ${id - AGENT_ID} ${args.join(' ')}`));
    client.onConnection(({ channel }) => came.push(`connection ${channel.id - AGENT_ID}`));
    const synced = client.resync();
    say(hello(10));
    say(connection(20));
    say(new PayloadWriter().u32(1).u32(0).u32(0).finish(frameType.synced, 0));
    expect(await synced).toEqual({ nodes: [], daemons: [] });
    expect(client.describe()).toBe('agent: 0 batches, 0 channels, 0 processes, 0 stubs');
    say(hello(30));
    say(connection(40));
    expect(came).toEqual(['stub 30 ps', 'connection 40']);
  });
});
