/** The agent itself, run natively: operations, processes, terminals. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from './channel.ts';
import { exitCode } from './spawn.ts';
import * as ops from './ops.ts';
import { startNativeAgent, type NativeAgent } from './testing.ts';

let agent: NativeAgent;
let dir: string;
const guest = { node: 0 };
const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'];

beforeAll(async () => {
  agent = await startNativeAgent();
  dir = mkdtempSync(join(tmpdir(), 'drydock-test-'));
});

afterAll(async () => {
  await agent?.stop();
  rmSync(dir, { recursive: true, force: true });
});

export async function text(channel: Channel | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for await (const bytes of channel!.read()) all += decoder.decode(bytes, { stream: true });
  return all;
}

const bytesOf = (input: string): Uint8Array => new TextEncoder().encode(input);

describe('processes', () => {
  test('output and exit status', async () => {
    const process = await agent.client.spawn(guest, { argv: ['sh', '-c', 'echo out; echo err >&2; exit 7'], env, stdio: { stdout: true, stderr: true } });
    expect(await text(process.channels.stdout)).toBe('out\n');
    expect(await text(process.channels.stderr)).toBe('err\n');
    expect(exitCode(await process.exit)).toBe(7);
  });

  test('input through and end of input', async () => {
    const process = await agent.client.spawn(guest, { argv: ['cat'], env, stdio: { stdin: true, stdout: true } });
    const output = text(process.channels.stdout);
    await process.channels.stdin!.write(bytesOf('one '));
    await process.channels.stdin!.write(bytesOf('two'));
    process.channels.stdin!.end();
    expect(await output).toBe('one two');
    expect(await process.exit).toBe(0);
  });
});
