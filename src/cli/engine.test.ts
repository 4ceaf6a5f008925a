/** The image and system commands against the engine itself: what one sends, the other understands. */
import { beforeEach, describe, expect, it } from 'vitest';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runDocker, type CliResult } from './testing.ts';

/** A tar archive without entries. */
const EMPTY_LAYER = new Uint8Array(1024);

let machine: TestEngine;
const docker = (line: string, stdin?: string): Promise<CliResult> =>
  runDocker(line.split(' '), { handler: machine.engine.api, clock: machine.clock, stdin });

beforeEach(async () => {
  machine = await testEngine();
  await machine.registry.add(['docker.io/library/busybox:latest'], [EMPTY_LAYER]);
});

describe('an image', () => {
  it('is pulled, named, shown and removed', async () => {
    const pulled = await docker('pull busybox');
    expect(pulled.stdout).toMatch(
      /^Using default tag: latest\nlatest: Pulling from library\/busybox\n[^]*Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for busybox:latest\ndocker\.io\/library\/busybox:latest\n$/,
    );
    expect((await docker('tag busybox team/app:v1')).status).toBe(0);
    const listed = await docker('images');
    expect(listed.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['REPOSITORY', 'TAG'],
      ['busybox', 'latest'],
      ['team/app', 'v1'],
      [''],
    ]);
    expect((await docker('image inspect -f {{.Os}}/{{.Architecture}} team/app:v1')).stdout).toBe('linux/386\n');
    expect((await docker('history --format {{.CreatedBy}} busybox')).stdout).toBe('layer 0\n');
    expect((await docker('rmi team/app:v1')).stdout).toBe('Untagged: team/app:v1\n');
    expect((await docker('rmi busybox')).stdout).toMatch(
      /^Untagged: busybox:latest\nUntagged: busybox@sha256:\w+\nDeleted: sha256:\w+\nDeleted: sha256:\w+\n$/,
    );
    expect((await docker('images -q')).stdout).toBe('');
  });

  it('that nobody has is refused in Docker’s words', async () => {
    expect(await docker('pull nosuch')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^Error response from daemon: pull access denied for nosuch, repository does not exist/) as string,
    });
    expect(await docker('inspect nosuch')).toMatchObject({ status: 1, stdout: '[]\n', stderr: 'Error: No such object: nosuch\n' });
    const none = { status: 1, stdout: '\n', stderr: 'Error: No such object: nosuch\n' };
    expect(await docker('inspect -f {{.State.Status}} nosuch')).toMatchObject(none);
    expect(await docker('inspect -f {{.Nope}} nosuch')).toMatchObject(none);
    expect(await docker('rmi nosuch')).toMatchObject({ status: 1, stderr: 'Error response from daemon: No such image: nosuch:latest\n' });
  });

  it('is pruned only after a yes', async () => {
    await docker('pull busybox');
    expect((await docker('image prune -a', 'n\n')).stdout).toMatch(/\[y\/N\] $/);
    expect((await docker('images -q')).stdout).not.toBe('');
    expect((await docker('image prune -a', 'y\n')).stdout).toMatch(
      /\[y\/N\] Deleted Images:\nuntagged: busybox:latest\n[^]*Total reclaimed space: /,
    );
    expect((await docker('images -q')).stdout).toBe('');
  });
});

describe('the system', () => {
  it('tells what it is', async () => {
    expect((await docker('version')).stdout).toMatch(
      /^Client:\n Version: {11}28\.2\.2\n[^]*\nServer: Drydock\n Engine:\n {2}Version: {10}28\.2\.2\n/,
    );
    expect((await docker('info')).stdout).toMatch(/\nServer:\n Containers: 0\n[^]* Server Version: 28\.2\.2\n[^]* Default Runtime: crun\n/);
    expect((await docker('info -f {{.Swarm.LocalNodeState}}')).stdout).toBe('inactive\n');
  });

  it('counts what takes up the disk', async () => {
    await docker('pull busybox');
    expect((await docker('system df')).stdout).toMatch(/^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +1 +0 /);
  });

  it('remembers events', async () => {
    await docker('pull busybox');
    await machine.clock.advance(10_000);
    const { stdout } = await docker('events --since 10m --until 5s --filter type=image');
    expect(stdout).toMatch(/^2026-01-01T00:00:00\.\d{9}Z image pull busybox:latest \(name=busybox\)\n$/);
  });

  it('leaves commands of a swarm out of its help as long as there is none', async () => {
    expect((await docker('--help')).stdout).not.toContain('Manage Swarm services');
    expect((await docker('--help')).stdout).toContain('  swarm       Manage Swarm\n');
  });
});

describe('networks and volumes', () => {
  it('are made, shown and removed', async () => {
    expect((await docker('network create --subnet 10.9.0.0/24 --gateway 10.9.0.254 --label tier=front front')).stdout).toMatch(
      /^[0-9a-f]{64}\n$/,
    );
    expect((await docker('network ls --format {{.Name}}/{{.Driver}}/{{.Scope}}')).stdout).toBe(
      'bridge/bridge/local\nfront/bridge/local\nhost/host/local\nnone/null/local\n',
    );
    expect((await docker('network inspect -f {{range.IPAM.Config}}{{.Subnet}},{{.Gateway}}{{end}},{{.Labels.tier}} front')).stdout).toBe(
      '10.9.0.0/24,10.9.0.254,front\n',
    );
    expect(await docker('network rm front nosuch')).toMatchObject({
      status: 1,
      stdout: 'front\n',
      stderr: 'Error response from daemon: network nosuch not found\nexit status 1\n',
    });
    expect((await docker('volume create --label tier=back data')).stdout).toBe('data\n');
    expect((await docker('volume ls --filter label=tier=back')).stdout).toBe('DRIVER    VOLUME NAME\nlocal     data\n');
    expect((await docker('volume inspect -f {{.Mountpoint}} data')).stdout).toBe('/var/lib/docker/volumes/data/_data\n');
    expect((await docker('volume prune -f')).stdout).toBe('Total reclaimed space: 0B\n');
    expect((await docker('volume prune -af')).stdout).toBe('Deleted Volumes:\ndata\n\nTotal reclaimed space: 0B\n');
  });

  it('take their configuration from another network', async () => {
    expect((await docker('network create --config-only --subnet 10.44.0.0/16 settings')).status).toBe(0);
    expect((await docker('network create --config-from settings back')).status).toBe(0);
    expect(
      (await docker('network inspect -f {{.Driver}},{{.ConfigFrom.Network}},{{range.IPAM.Config}}{{.Subnet}}{{end}} back')).stdout,
    ).toBe('bridge,settings,10.44.0.0/16\n');
    expect(await docker('network create --config-only --internal more')).toMatchObject({
      status: 1,
      stderr:
        'Error response from daemon: configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.\n',
    });
  });

  it('are none of a swarm, and no plugin’s', async () => {
    expect(await docker('plugin ls')).toMatchObject({ status: 0, stdout: 'ID        NAME      DESCRIPTION   ENABLED\n' });
    expect(await docker('plugin rm me/x')).toMatchObject({ status: 1, stderr: 'Error response from daemon: plugin "me/x" not found\n' });
    expect(await docker('checkpoint ls x')).toMatchObject({
      status: 1,
      stderr: 'docker checkpoint ls is only supported on a Docker daemon with experimental features enabled\n',
    });
  });
});
