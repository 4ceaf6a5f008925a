import { beforeEach, describe, expect, it } from 'vitest';
import type { HostConfig } from '../api/types/container.ts';
import { readOutput, TestDocker } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const logging = (Type: string, Config: Record<string, string> = {}): { HostConfig: Partial<HostConfig> } => ({
  HostConfig: { LogConfig: { Type, Config } },
});

async function ran(command: string, options = {}): Promise<string> {
  return (await docker.run(command, options)).id;
}

describe('logs', () => {
  it('are kept of both streams and of every run', async () => {
    const id = await ran('echo out; echo err >&2; printf unended');
    await docker.start(id);
    await docker.pass(docker.wait(id));
    expect(await docker.logs(id)).toEqual({ stdout: 'out\nunendedout\nunended', stderr: 'err\nerr\n' });
    expect(await docker.logs(id, { stderr: false })).toEqual({ stdout: 'out\nunendedout\nunended', stderr: '' });
  });

  it.each([
    ['2', '4\n5\n'],
    ['0', ''],
    ['all', '1\n2\n3\n4\n5\n'],
    ['nonsense', '1\n2\n3\n4\n5\n'],
    ['99', '1\n2\n3\n4\n5\n'],
  ])('--tail %s', async (tail, stdout) => {
    expect(await docker.logs(await ran('seq 5'), { tail })).toMatchObject({ stdout });
  });

  it('--since and --until take a part', async () => {
    const id = await ran('for i in 1 2 3 4; do echo $i; sleep 1; done');
    const started = Date.parse((await docker.inspect(id)).State.StartedAt) / 1000;
    const at = (seconds: number): string => (started + seconds).toFixed(9);
    expect((await docker.logs(id, { since: at(1.5) })).stdout).toBe('3\n4\n');
    expect((await docker.logs(id, { until: at(1.5) })).stdout).toBe('1\n2\n');
    expect((await docker.logs(id, { since: at(0.5), until: at(2.5) })).stdout).toBe('2\n3\n');
  });

  it('--timestamps and --details come before each line', async () => {
    const id = await ran('echo x', { Labels: { a: 'b c' }, Env: ['E=1'], ...logging('json-file', { labels: 'a', env: 'E' }) });
    expect((await docker.logs(id, { timestamps: true })).stdout).toMatch(/^2026-01-01T00:00:\d\d\.\d{9}Z x\n$/);
    expect((await docker.logs(id, { details: true })).stdout).toBe('E=1,a=b+c x\n');
  });

  it('of a terminal are one stream as it was', async () => {
    expect(await docker.logs(await ran('echo out; echo err >&2', { Tty: true }))).toEqual({ stdout: 'out\r\nerr\r\n', stderr: '' });
  });

  it('can be followed to the end of the container', async () => {
    const id = await docker.runDetached('for i in 1 2 3; do echo $i; sleep 1; done');
    expect((await docker.logs(id, { follow: true })).stdout).toBe('1\n2\n3\n');
    expect((await docker.logs(id, { follow: true })).stdout).toBe('1\n2\n3\n');
  });

  it('are followed by several at once, from where each wants, and until they leave', async () => {
    const id = await docker.runDetached('while true; do echo x; sleep 1; done');
    await docker.clock.advance(5500);
    const follow = (query: object): ReturnType<typeof docker.client.stream> =>
      docker.client.stream(`/containers/${id}/logs`, { query: { stdout: true, follow: true, ...query } });
    const [all, last] = [await follow({}), await follow({ tail: '1' })];
    const read = async ({ chunks }: Awaited<ReturnType<typeof follow>>, lines: number): Promise<number> => {
      let seen = 0;
      for await (const chunk of chunks) {
        seen += new TextDecoder().decode(chunk).split('\n').length - 1;
        if (seen >= lines) break;
      }
      return seen;
    };
    const before = docker.clock.now();
    expect(await docker.pass(read(all, 6))).toBe(6);
    expect(docker.clock.now() - before).toBeLessThan(500);
    expect(await docker.pass(read(last, 3))).toBe(3);
    expect(docker.clock.now() - before).toBeGreaterThanOrEqual(1500);
  });

  it('rotate by size', async () => {
    const id = await ran('seq 2000', logging('json-file', { 'max-size': '20k', 'max-file': '3' }));
    const files = docker.node.storage.list(`containers/${id}`).filter((name) => name.includes('-json.log'));
    expect(files.sort()).toEqual([`${id}-json.log`, `${id}-json.log.1`, `${id}-json.log.2`]);
    for (const file of files) expect(docker.node.storage.sizeBytes(`containers/${id}/${file}`)).toBeLessThanOrEqual(20_480 + 100);
    const { stdout } = await docker.logs(id);
    expect(stdout.endsWith('1999\n2000\n')).toBe(true);
    expect(stdout.split('\n').length).toBeLessThan(1000);
  });

  it('of the local driver as well', async () => {
    expect((await docker.logs(await ran('seq 3', logging('local')))).stdout).toBe('1\n2\n3\n');
  });

  it('of none are not kept', async () => {
    const id = await ran('echo x', logging('none'));
    await expect(docker.logs(id)).rejects.toMatchObject({ status: 501, message: 'configured logging driver does not support reading' });
    expect((await docker.inspect(id)).LogPath).toBe('');
  });

  it('need a stream', async () => {
    const id = await docker.create('true');
    await expect(docker.logs(id, { stdout: false, stderr: false })).rejects.toMatchObject({
      status: 400,
      message: 'Bad parameters: you must choose at least one stream',
    });
    expect(await docker.logs(id)).toEqual({ stdout: '', stderr: '' });
  });

  it('are a file of JSON lines, as Docker writes them', async () => {
    const id = await ran('echo "a <b> \\"c\\""; echo e >&2');
    const [first, second] = docker.node.storage.text(`containers/${id}/${id}-json.log`).trim().split('\n');
    expect(first).toMatch(/^\{"log":"a \\u003cb\\u003e \\"c\\"\\n","stream":"stdout","time":"2026-01-01T00:00:00(\.\d+)?Z"\}$/);
    expect(second).toContain('"stream":"stderr"');
  });

  it('follow a rotation without losing lines', async () => {
    const id = await docker.runDetached(
      'i=0; while [ $i -lt 20 ]; do seq 100; sleep 1; i=$((i+1)); done',
      logging('json-file', { 'max-size': '10k', 'max-file': '2' }),
    );
    const { chunks, contentType } = await docker.client.stream(`/containers/${id}/logs`, { query: { stdout: true, follow: true } });
    const { stdout } = await docker.pass(readOutput(chunks, contentType));
    expect(stdout.split('\n')).toHaveLength(2001);
  });
});
