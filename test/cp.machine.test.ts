/**
 * `docker cp` of the official client against `drydock serve`: expectations are what Docker does. Archives are looked at
 * with the tar of this machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';
import type { Printed } from './machine/node-machine.ts';

let host: DockerHost;
let dir: string;

beforeAll(async () => {
  host = await serveDocker();
  dir = mkdtempSync(join(tmpdir(), 'drydock-cp-'));
  await docker('pull -q busybox');
  await docker('run -d --name web -v data:/data -v kept:/kept:ro busybox sleep 100000');
  await docker('create --name never busybox true');
  await docker(
    'run --name ended busybox sh -c',
    'mkdir -p /work/sub; echo one > /work/one; ln -s one /work/link; ln -s /etc /work/out; echo two > /work/sub/two',
  );
}, 900_000);

afterAll(async () => {
  await host?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function docker(command: string, last?: string, input?: Uint8Array): Promise<Printed> {
  return host.docker([...command.split(' '), ...(last === undefined ? [] : [last])], input);
}

async function cp(...args: string[]): Promise<void> {
  const printed = await host.docker(['cp', ...args]);
  expect(printed).toMatchObject({ status: 0 });
}

async function cpError(...args: string[]): Promise<string> {
  const { stderr, status } = await host.docker(['cp', ...args]);
  expect(status).toBe(1);
  return stderr;
}

/** Prints a file of a container. */
async function cat(container: string, path: string): Promise<string> {
  const { stdout, status } = await docker(`exec ${container} cat ${path}`);
  return status === 0 ? stdout : 'none';
}

describe('out of a container', () => {
  test('a directory, whether it runs or not', async () => {
    for (const container of ['ended', 'web']) {
      if (container === 'web')
        await docker(
          'exec web sh -c',
          'mkdir -p /work/sub; echo one > /work/one; ln -s one /work/link; ln -s /etc /work/out; echo two > /work/sub/two',
        );
      const to = join(dir, `${container}-out`);
      await cp(`${container}:/work`, to);
      expect(readdirSync(to).sort()).toEqual(['link', 'one', 'out', 'sub']);
      expect(readFileSync(join(to, 'sub/two'), 'utf8')).toBe('two\n');
      expect([readlinkSync(join(to, 'link')), readlinkSync(join(to, 'out'))]).toEqual(['one', '/etc']);
    }
  });

  test('a file, and into a directory that is there', async () => {
    mkdirSync(join(dir, 'there'));
    await cp('ended:/work/one', join(dir, 'there'));
    await cp('ended:work/one', join(dir, 'there/other'));
    expect(readdirSync(join(dir, 'there')).sort()).toEqual(['one', 'other']);
  });

  test('links, followed with -L', async () => {
    await cp('ended:/work/link', join(dir, 'as-link'));
    expect(readlinkSync(join(dir, 'as-link'))).toBe('one');
    await cp('-L', 'ended:/work/link', join(dir, 'as-file'));
    expect(readFileSync(join(dir, 'as-file'), 'utf8')).toBe('one\n');
    // Which leads to the container's own /etc.
    await cp('-L', 'ended:/work/out', join(dir, 'etc'));
    expect(readFileSync(join(dir, 'etc/passwd'), 'utf8')).toMatch(/^root:x:0:0:/);
  });

  test('as a tar', async () => {
    const list = async (path: string): Promise<string[]> => {
      const archive = join(dir, 'archive.tar');
      execFileSync('sh', ['-c', `docker cp "$1" - > "$2"`, 'sh', `ended:${path}`, archive], {
        env: { ...process.env, ...host.environment },
      });
      return execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trimEnd().split('\n');
    };
    expect(await list('/work')).toEqual(['work/', 'work/link', 'work/one', 'work/out', 'work/sub/', 'work/sub/two']);
    expect(await list('/work/.')).toEqual(['./', './link', './one', './out', './sub/', './sub/two']);
    expect(await list('/work/one')).toEqual(['one']);
    expect((await list('/')).slice(0, 2)).toEqual(['/', '/.dockerenv']);
  });

  test('out of a volume', async () => {
    await docker('exec web sh -c', 'echo in a volume > /data/file');
    await cp('web:/data/file', join(dir, 'from-volume'));
    expect(readFileSync(join(dir, 'from-volume'), 'utf8')).toBe('in a volume\n');
    await cp('web:/etc/hosts', join(dir, 'hosts'));
    expect(readFileSync(join(dir, 'hosts'), 'utf8')).toContain('localhost');
  });

  test('a large one', async () => {
    await docker('exec web sh -c', 'seq 900000 > /large');
    await cp('web:/large', join(dir, 'large'));
    const here = execFileSync('md5sum', [join(dir, 'large')], { encoding: 'utf8' }).slice(0, 32);
    expect((await docker('exec web md5sum /large')).stdout.slice(0, 32)).toBe(here);
    await cp(join(dir, 'large'), 'web:/large2');
    expect((await docker('exec web md5sum /large2')).stdout.slice(0, 32)).toBe(here);
    await docker('exec web rm /large /large2');
  });
});

describe('into a container', () => {
  test('a file and a tree', async () => {
    const tree = join(dir, 'tree');
    mkdirSync(join(tree, 'sub'), { recursive: true });
    writeFileSync(join(tree, 'script'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    writeFileSync(join(tree, 'sub/file'), 'below');
    symlinkSync('sub/file', join(tree, 'link'));
    await cp(tree, 'web:/new');
    await cp(tree, 'web:/new');
    expect((await docker('exec web find /new')).stdout.split('\n').sort()).toEqual(
      [
        '',
        '/new',
        '/new/link',
        '/new/script',
        '/new/sub',
        '/new/sub/file',
        '/new/tree',
        '/new/tree/link',
        '/new/tree/script',
        '/new/tree/sub',
        '/new/tree/sub/file',
      ].sort(),
    );
    expect((await docker('exec web /new/script')).stdout).toBe('ran\n');
    expect(await cat('web', '/new/link')).toBe('below');
    await cp(join(tree, 'sub/file'), 'web:/tmp/renamed');
    expect(await cat('web', '/tmp/renamed')).toBe('below');
  });

  test('one that never ran has it when it starts', async () => {
    writeFileSync(join(dir, 'early'), 'early');
    await cp(join(dir, 'early'), 'never:/early');
    await docker('cp never:/early', join(dir, 'back'));
    expect(readFileSync(join(dir, 'back'), 'utf8')).toBe('early');
    await docker('create --name starts busybox cat /early');
    await cp(join(dir, 'early'), 'starts:/early');
    expect((await docker('start -a starts')).stdout).toBe('early');
  });

  test('into a volume, and not into one that is read-only', async () => {
    await cp(join(dir, 'early'), 'web:/data/early');
    expect(await cat('web', '/data/early')).toBe('early');
    expect((await docker('run --rm -v data:/d busybox cat /d/early')).stdout).toBe('early');
    expect(await cpError(join(dir, 'early'), 'web:/kept/early')).toContain(
      'Error response from daemon: mounted volume is marked read-only',
    );
    await docker('create --name readonly --read-only busybox true');
    expect(await cpError(join(dir, 'early'), 'readonly:/early')).toContain(
      'Error response from daemon: container rootfs is marked read-only',
    );
  });

  test('a tar from standard input, plain or compressed', async () => {
    const tar = new Uint8Array(execFileSync('tar', ['-c', '-C', join(dir, 'tree'), '--owner=7', '--group=8', '--numeric-owner', '.']));
    const gzip = new Uint8Array(execFileSync('gzip', ['-c'], { input: tar }));
    for (const [name, bytes] of [
      ['plain', tar],
      ['packed', gzip],
    ] as const) {
      await docker(`exec web mkdir /${name}`);
      expect(await docker(`cp - web:/${name}`, undefined, bytes)).toMatchObject({ status: 0 });
      expect(await cat('web', `/${name}/sub/file`)).toBe('below');
      expect((await docker(`exec web stat -c %u:%g:%a /${name}/script`)).stdout).toBe('7:8:755\n');
    }
    const cut = await docker('cp - web:/tmp', undefined, tar.subarray(0, 700));
    expect(cut.stderr).toContain('unexpected EOF');
    const outside = new Uint8Array(execFileSync('tar', ['-cP', '-C', join(dir, 'tree'), '--transform', 's,^,../../,', 'script']));
    expect((await docker('cp - web:/tmp', undefined, outside)).stderr).toContain('"../../script" is outside of "/tmp"');
  });

  test('through links, which stay inside', async () => {
    await docker('exec web ln -s /etc /to-etc');
    await cp(join(dir, 'early'), 'web:/to-etc/early');
    expect(await cat('web', '/etc/early')).toBe('early');
    await docker('exec web ln -s ../../../../../../var/lib/docker /climbs');
    expect(await cpError(join(dir, 'early'), 'web:/climbs/early')).toContain('Could not find the file /climbs in container web');
  });

  test('a directory and a file do not take each other’s place', async () => {
    expect(await cpError(join(dir, 'tree'), 'web:/etc/passwd')).toMatch(/cannot copy directory|not a directory/);
    await docker('exec web mkdir -p /clash/script');
    expect(await cpError(`${join(dir, 'tree')}/.`, 'web:/clash')).toContain(
      'cannot overwrite directory "/clash/script" with non-directory "/clash"',
    );
  });

  test('-a keeps who owns what', async () => {
    await docker('run -d --name user -u daemon busybox sleep 100000');
    await docker('run -d --name number -u 1000:1000 busybox sleep 100000');
    await cp('-a', join(dir, 'early'), 'user:/tmp/archived');
    await cp(join(dir, 'early'), 'user:/tmp/plain');
    const owners = (await docker('exec user stat -c %n:%u:%g /tmp/archived /tmp/plain')).stdout;
    const { uid, gid } = statSync(join(dir, 'early'));
    expect(await cpError('-a', join(dir, 'early'), 'number:/tmp/archived')).toContain(
      'getent unable to find entry "1000:1000" in passwd database',
    );
    expect(owners).toBe(`/tmp/archived:1:1\n/tmp/plain:${uid}:${gid}\n`);
  });

  test('a full disk is told', async () => {
    const zeros = join(dir, 'zeros');
    execFileSync('truncate', ['-s', '200M', zeros]);
    expect(await cpError(zeros, 'web:/zeros')).toContain('no space left on device');
    await docker('exec web rm -f /zeros');
    await cp(join(dir, 'early'), 'web:/tmp/after');
    expect(await cat('web', '/tmp/after')).toBe('early');
  });
});

test('what is not there', async () => {
  expect(await cpError('web:/none', dir)).toBe('Error response from daemon: Could not find the file /none in container web\n');
  expect(await cpError('nobody:/etc', dir)).toBe('Error response from daemon: No such container: nobody\n');
  expect(await cpError(join(dir, 'early'), 'web:/none/there')).toContain('Could not find the file /none in container web');
  expect(await cpError('web:/etc/passwd/x', dir)).toMatch(/not a directory|Could not find the file/);
});
