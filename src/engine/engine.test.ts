import { defaultDaemonConfig } from './daemon-config.ts';
import fc from 'fast-check';
import { packTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { ApiClient } from './api/client.ts';
import { serveConnection } from './api/http1.ts';
import { connectionPair } from './api/connection.ts';
import { createEngine } from './engine.ts';
import { testEngine, type TestEngine } from './testing/test-engine.ts';

fc.configureGlobal({ seed: 28 });

async function withBusybox(): Promise<TestEngine> {
  const docker = await testEngine();
  await docker.registry.add(['docker.io/library/busybox:latest'], [await packTar([{ header: { name: 'bin/sh', size: 2 }, body: 'sh' }])]);
  await docker.pull('busybox', 'latest');
  return docker;
}

describe('createEngine', () => {
  it('refuses requests while it does not run, and finds everything after', async () => {
    const docker = await withBusybox();
    await docker.engine.shutdown();
    expect(docker.engine.describe()).toBe('not running');
    await expect(docker.client.get('/images/json')).rejects.toMatchObject({ status: 503 });
    await Promise.all([docker.engine.start(), docker.engine.start()]);
    expect(await docker.client.get('/images/json')).toHaveLength(1);
  });

  it('another engine over the same storage is the same daemon, restarted', async () => {
    const docker = await withBusybox();
    await docker.engine.shutdown();
    const again = createEngine(docker.ports);
    await again.start();
    expect(again.describe()).toContain('busybox:latest');
  });

  it('a session that goes on keeps its events', async () => {
    const docker = await withBusybox();
    const saved = JSON.parse(JSON.stringify(docker.engine.save())) as ReturnType<typeof docker.engine.save>;
    const again = createEngine(docker.ports, saved);
    await again.start();
    expect(again.events.past({ sinceMs: 0 }).map(({ action }) => action)).toEqual(['pull']);
  });

  it('gives containers the cgroup namespace that its configuration says', async () => {
    const docker = await withBusybox();
    const modeOf = async (given: string): Promise<string> => {
      const json = { Image: 'busybox', Cmd: ['true'], HostConfig: { CgroupnsMode: given } };
      const { Id } = await docker.client.post<{ Id: string }>('/containers/create', { json });
      const { HostConfig } = await docker.client.get<{ HostConfig: { CgroupnsMode: string } }>(`/containers/${Id}/json`);
      return HostConfig.CgroupnsMode;
    };
    expect([await modeOf(''), await modeOf('host')]).toEqual(['private', 'host']);
    await docker.engine.shutdown();
    docker.engine = createEngine({ ...docker.ports, config: { ...defaultDaemonConfig, defaultCgroupnsMode: 'host' } });
    await docker.engine.start();
    docker.client = new ApiClient(docker.engine.api);
    expect([await modeOf(''), await modeOf('private')]).toEqual(['host', 'private']);
  });

  it('serves a client on a socket', async () => {
    const docker = await withBusybox();
    const [client, server] = connectionPair();
    const served = serveConnection(server, docker.engine.api).then(() => server.close());
    await client.write(new TextEncoder().encode('GET /v1.50/images/json HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n'));
    let received = '';
    for await (const chunk of client.input) received += new TextDecoder().decode(chunk);
    await served;
    expect(received).toMatch(/^HTTP\/1.1 200 OK\r\nApi-Version: 1.50\r\n/);
    expect(received).toContain('"RepoTags":["busybox:latest"]');
  });

  it('answers whatever it is asked, and never by a bug (fuzz)', async () => {
    const docker = await withBusybox();
    const bugs: unknown[] = [];
    docker.ports.onBug = (error) => bugs.push(error);
    await docker.engine.shutdown();
    const engine = createEngine(docker.ports);
    await engine.start();
    const name = fc.oneof(
      fc.constantFrom('busybox', 'nosuch', 'a/b:c', 'sha256:', '%', '..', 'bridge', 'json', 'ab'),
      fc.string({ minLength: 1, maxLength: 12 }),
    );
    const path = fc
      .tuple(
        fc.constantFrom(
          '/images',
          '/containers',
          '/exec',
          '/networks',
          '/volumes',
          '/distribution',
          '/events',
          '/info',
          '/system/df',
          '/plugins',
          '/auth',
          '/build',
          '',
        ),
        fc.option(name),
        fc.option(
          fc.constantFrom(
            'json',
            'history',
            'tag',
            'create',
            'prune',
            'start',
            'stop',
            'kill',
            'logs',
            'wait',
            'attach',
            'exec',
            'resize',
            'rename',
            'top',
            'pause',
            'connect',
          ),
        ),
      )
      .map(([noun, what, verb]) => [noun, what, verb].filter((part) => part !== null).join('/'));
    const value = fc.oneof(
      fc.constantFrom('', '1', '0', 'true', '-1', '9e99', '{}', '{"label":{"a":true}}', '{"bogus":["1"]}', '[1]', 'busybox', 'linux/386'),
      fc.string({ maxLength: 8 }),
    );
    const key = fc.constantFrom(
      'all',
      'filters',
      'limit',
      'since',
      'until',
      'fromImage',
      'fromSrc',
      'tag',
      'repo',
      'platform',
      'force',
      'name',
      't',
      'signal',
      'h',
      'w',
      'stdout',
      'stderr',
      'tail',
      'type',
      'changes',
      'condition',
    );
    const body = fc.option(
      fc.oneof(
        fc.constantFrom('{', '{}', '[]', '{"Image":"busybox"}', '{"Image":5}', '{"Cmd":["x"],"HostConfig":null}', '{"Cmd":[1]}'),
        fc.json({ maxDepth: 3 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'),
        path,
        fc.dictionary(key, value, { maxKeys: 4 }),
        body,
        async (method, target, query, text) => {
          const bytes = new TextEncoder().encode(text ?? '');
          const answer = await engine.api({
            method,
            path: `/v1.50${target}`,
            query: new Map(Object.entries(query).map(([k, v]) => [k, [v]])),
            headers: text === null ? {} : { 'content-type': 'application/json', 'content-length': String(bytes.length) },
            body: (async function* () {
              if (bytes.length > 0) yield bytes;
            })(),
          });
          expect(bugs).toEqual([]);
          expect(answer.status).toBeGreaterThanOrEqual(200);
          if (answer.body.kind === 'stream') await answer.body.chunks[Symbol.asyncIterator]().return?.();
        },
      ),
      { numRuns: 2000 },
    );
    await engine.shutdown();
  });
});
