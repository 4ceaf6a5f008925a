/** Which daemon an address leads a command of the guest to. The agent is played: it knows sockets, and dials our own HTTP server. */
import { describe, expect, test } from 'vitest';
import { json } from '#engine/api/answer.ts';
import { ApiClient } from '#engine/api/client.ts';
import { connectionPair } from '#engine/api/connection.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { serveConnection } from '#engine/api/http1.ts';
import type { CliFiles } from '#cli/environment.ts';
import { AgentError } from './agent/agent-error.ts';
import type { AgentClient } from './agent/client.ts';
import type { DialTarget } from './agent/dial.ts';
import type { Op } from './agent/op.ts';
import type { Stub } from './agent/stub.ts';
import { daemonOf } from './stub-daemon.ts';

const HOSTS = '127.0.0.1 localhost\n# 10.0.0.9 old\n10.0.0.2 node2 second # the other\n';
/** Path → node whose daemon listens there; undefined for somebody else's. */
const SOCKETS: Record<string, number | undefined> = { '/run/two.sock': 2, '/run/other.sock': undefined };

class Agent {
  readonly dialled: string[] = [];

  async run(_place: object, { name }: Op<unknown>): Promise<number | undefined> {
    const path = Object.keys(SOCKETS).find((each) => name.includes(each));
    if (path === undefined) throw new AgentError(0, 2, 'daemon at', 'no such file');
    return SOCKETS[path];
  }

  async dial(place: number | { stub: number }, target: DialTarget): Promise<object> {
    const address = target.kind === 'unix' ? target.path : `${target.address.join('.')}:${target.port}`;
    this.dialled.push(`${JSON.stringify(place)} ${address}`);
    if (target.kind !== 'unix' && target.port === 1) throw new AgentError(0, 111, 'dial', 'connection refused');
    const [ours, theirs] = connectionPair();
    void serveConnection(theirs, answering(`behind ${address}`)).finally(() => theirs.close());
    return { write: ours.write, read: () => ours.input, end: () => void ours.closeWrite(), abort: () => ours.close() };
  }
}

function answering(text: string): ApiHandler {
  return async ({ path, headers }) => json(200, { text, path, host: headers['host'] });
}

async function ask(host: string, env: Record<string, string> = {}): Promise<{ answer: unknown; dialled: string[] }> {
  const agent = new Agent();
  const stub = { id: 7, hello: { node: 1, daemon: 1, env } } as unknown as Stub;
  const files = { read: async () => new TextEncoder().encode(HOSTS) } as unknown as CliFiles;
  const handler = await daemonOf(agent as unknown as AgentClient, stub, files, host, (node) => answering(`node ${node}`));
  return { answer: await new ApiClient(handler).get('/info'), dialled: agent.dialled };
}

describe('the daemon at', () => {
  test.each([
    ['unix:///var/run/docker.sock', {}, 'node 1'],
    ['unix:///x', { DOCKER_HOST: 'unix:///x' }, 'node 1'],
    ['unix:///run/two.sock', {}, 'node 2'],
  ])('%s is an engine of the machine', async (host, env, text) => {
    expect(await ask(host, env as Record<string, string>)).toMatchObject({ answer: { text }, dialled: [] });
  });

  test.each([
    ['unix:///run/other.sock', '{"stub":7} /run/other.sock', 'api.moby.localhost', '/v1.50/info'],
    ['tcp://10.0.0.2:2375', '1 10.0.0.2:2375', '10.0.0.2:2375', '/v1.50/info'],
    ['tcp://node2:2375/below/', '1 10.0.0.2:2375', 'node2:2375', '/below/v1.50/info'],
    ['tcp://second', '1 10.0.0.2:80', 'second', '/v1.50/info'],
    ['http://localhost:2375', '1 127.0.0.1:2375', 'localhost:2375', '/v1.50/info'],
  ])('%s is asked over HTTP', async (address, dialled, host, path) => {
    expect(await ask(address)).toEqual({ answer: { text: `behind ${dialled.split(' ')[1] ?? ''}`, path, host }, dialled: [dialled] });
  });

  test.each([
    ['unix:///no/such.sock', /daemon at/],
    ['tcp://10.0.0.2:1', /^Cannot connect to the Docker daemon at tcp:\/\/10\.0\.0\.2:1\. /],
    ['tcp://old:2375', /^error during connect: dial tcp: lookup old: no such host$/],
    ['fd://3', /^fd:\/\/3 cannot be reached from here$/],
  ])('%s is not there', async (host, problem) => {
    await expect(ask(host)).rejects.toThrow(problem);
  });
});
