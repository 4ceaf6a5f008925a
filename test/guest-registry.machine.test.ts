/**
 * A registry that listens inside the machine on its loopback, as a container with a published port will: the engine reaches
 * it through the guest's network. Its server is here, behind a listener of the agent's.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '#engine/api/client.ts';
import { serveConnection } from '#engine/api/http1.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import type { RegistryRequest } from '#engine/image/registry-port.ts';
import { FakeRegistry } from '#engine/testing/fake-registry.ts';
import { channelConnection } from '#emulator/channel-connection.ts';
import type { RunningMachine } from '#emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';

let machine: RunningMachine;
const registry = new FakeRegistry();

beforeAll(async () => {
  machine = await openMachine();
  const { agent } = machine.parts;
  const { id } = await agent.listen(1, { kind: 'tcp', address: Uint8Array.of(127, 0, 0, 1), port: 5000 });
  agent.onConnection((connection) => {
    if (connection.listener === id) void serveConnection(channelConnection(connection.channel), answer);
  });
});
afterAll(() => machine.stop());

const answer: ApiHandler = async ({ method, path, query, headers, body }) => {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const text = [...query].map(([name, values]) => `${name}=${encodeURIComponent(values[0] ?? '')}`).join('&');
  const response = await registry.request({
    method: method as RegistryRequest['method'],
    host: headers['host'] ?? '',
    path: text === '' ? path : `${path}?${text}`,
    headers,
    body: Uint8Array.from(Buffer.concat(parts)),
  });
  return { status: response.status, headers: response.headers, body: { kind: 'stream', chunks: response.body } };
};

test('is pushed to and pulled from', async () => {
  expect(await shell(machine, 'docker pull -q busybox && docker tag busybox localhost:5000/mine')).toMatchObject({ stderr: '', status: 0 });
  const pushed = await shell(machine, 'docker push localhost:5000/mine');
  expect(pushed).toMatchObject({ stderr: '', status: 0, stdout: expect.stringMatching(/: Pushed\nlatest: digest: sha256:/) as string });
  expect(registry.tags.has('localhost:5000/mine:latest')).toBe(true);
  expect(await shell(machine, 'docker rmi -f busybox localhost:5000/mine && docker run --rm localhost:5000/mine echo back')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/back\n$/) as string,
  });
});

test('may be a container of its own', async () => {
  const run = 'docker run -d --network host -e REGISTRY_HTTP_ADDR=127.0.0.1:5001 registry:2';
  expect(await shell(machine, run)).toMatchObject({ status: 0 });
  // It takes a while to come up; until then nothing listens, here or on this computer.
  const push =
    'docker tag localhost:5000/mine localhost:5001/team/app; until docker push -q localhost:5001/team/app 2>/dev/null; do sleep 1; done';
  expect(await shell(machine, push)).toMatchObject({ status: 0, stdout: 'localhost:5001/team/app:latest\n' });
  const pull = 'docker rmi -f localhost:5000/mine localhost:5001/team/app && docker run --rm localhost:5001/team/app echo again';
  expect(await shell(machine, pull)).toMatchObject({ status: 0, stdout: expect.stringMatching(/again\n$/) as string });
});

test('that is not there is looked for on this computer, and missed in Docker’s words', async () => {
  await expect(new ApiClient(machine.api('node1')).get('/distribution/localhost:59999/x/json')).rejects.toThrow(
    'Get "http://localhost:59999/v2/": dial tcp 127.0.0.1:59999: connect: connection refused',
  );
});

test('a login at the prompt hides what is typed', async () => {
  await shell(machine, 'docker tag localhost:5001/team/app localhost:5000/mine');
  registry.logins.set('localhost:5000', { scheme: 'basic', username: 'ada', password: 'secret', identityToken: '', tokens: new Set() });
  const terminal = await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 });
  let shown = '';
  const decoder = new TextDecoder();
  terminal.onData((bytes) => (shown += decoder.decode(bytes)));
  const until = async (text: string): Promise<void> => {
    while (!shown.includes(text)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const type = (text: string): void => void terminal.write(new TextEncoder().encode(text));
  type('docker login localhost:5000\r');
  await until('Username: ');
  type('ada\r');
  await until('Password: ');
  type('secrex\x7ft\r');
  await until('Login Succeeded');
  expect(shown).not.toContain('secre');
  expect((await shell(machine, 'cat ~/.docker/config.json; stat -c %a ~/.docker ~/.docker/config.json')).stdout).toMatch(
    /"localhost:5000": \{\n\t\t\t"auth": "YWRhOnNlY3JldA=="\n[^]*\}700\n600\n$/,
  );
  expect((await shell(machine, 'docker push -q localhost:5000/mine')).stdout).toBe('localhost:5000/mine:latest\n');
  expect((await shell(machine, 'docker logout localhost:5000; cat ~/.docker/config.json; docker push localhost:5000/mine')).stderr).toBe(
    'no basic auth credentials\n',
  );
  terminal.close();
});
