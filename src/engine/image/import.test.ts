import { beforeEach, describe, expect, it } from 'vitest';
import { jsonDocuments } from '../api/client.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import { imageFixture, type ImageFixture, tar } from '../testing/image-fixture.ts';

let docker: TestEngine;
let inspect: ImageFixture['inspect'];
let expectNothing: ImageFixture['expectNothing'];

beforeEach(async () => {
  ({ docker, inspect, expectNothing } = await imageFixture());
});

describe('import', () => {
  async function load(query: Record<string, string | string[]>, body: Uint8Array): Promise<string> {
    const { chunks } = await docker.client.stream('/images/create', { method: 'POST', body, query: { fromSrc: '-', ...query } });
    const lines: ProgressMessage[] = [];
    for await (const line of jsonDocuments<ProgressMessage>(chunks)) lines.push(line);
    return lines[0]!.status!;
  }

  it('makes an image of a root file system, as the recordings do', async () => {
    const changes = ['CMD ["sh"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
    const id = await load(
      { repo: 'docker.io/library/busybox', tag: 'latest', message: 'busybox 1.35 rootfs', changes },
      await tar('bin/sh', 'sh'),
    );
    expect(await inspect('busybox')).toMatchObject({
      Id: id,
      RepoTags: ['busybox:latest'],
      RepoDigests: [],
      Comment: 'busybox 1.35 rootfs',
      Created: '2026-01-01T00:00:00Z',
      DockerVersion: '28.2.2',
      Config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
      Architecture: '386',
      Os: 'linux',
      Size: 2,
    });
    expect(await docker.client.get(`/images/busybox/history`)).toEqual([
      { Comment: 'busybox 1.35 rootfs', Created: 1767225600, CreatedBy: '', Id: id, Size: 2, Tags: ['busybox:latest'] },
    ]);
  });

  it('understands every instruction that Docker takes there', async () => {
    const changes = [
      'ENTRYPOINT ["/bin/x"]',
      'CMD echo hi',
      'EXPOSE 80 53/udp',
      'LABEL a=b "c d"="e f"',
      'USER nobody',
      'VOLUME /data',
      'WORKDIR /a',
      'WORKDIR b/../c',
      'STOPSIGNAL SIGQUIT',
      'ONBUILD RUN x',
      'HEALTHCHECK CMD true',
      'ENV A=1 B="two words"',
      'ENV A=2',
      'ENV OLD style value',
    ];
    await load({ repo: 'all', changes }, await tar('f', 'f'));
    expect((await inspect('all')).Config).toEqual({
      User: 'nobody',
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Env: ['A=2', 'B=two words', 'OLD=style value'],
      Entrypoint: ['/bin/x'],
      Cmd: ['/bin/sh', '-c', 'echo hi'],
      Volumes: { '/data': {} },
      WorkingDir: '/a/c',
      Labels: { a: 'b', 'c d': 'e f' },
      StopSignal: 'SIGQUIT',
      Healthcheck: { Test: ['CMD-SHELL', 'true'] },
      OnBuild: ['RUN x'],
    });
  });

  it('refuses what it cannot take, and keeps nothing of it', async () => {
    await expect(load({ repo: 'x', changes: 'RUN true' }, await tar('f', 'f'))).rejects.toMatchObject({
      status: 400,
      message: 'RUN is not a valid change command',
    });
    await expect(load({ repo: 'Bad' }, await tar('f', 'f'))).rejects.toMatchObject({ status: 400 });
    await expect(load({ repo: 'x' }, new TextEncoder().encode('no archive'.repeat(100)))).rejects.toMatchObject({
      status: 500,
      message: 'archive/tar: invalid tar header',
    });
    await expect(load({ repo: 'x', fromSrc: 'http://example.com/root.tar' }, new Uint8Array(0))).rejects.toMatchObject({ status: 501 });
    expectNothing();
  });
});
