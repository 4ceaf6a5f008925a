/**
 * Volumes and mounts of the official client against `drydock serve`: what the guest's kernel does with them. Expectations are
 * what Docker does.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodePlatform } from '../src/emulator/host.ts';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { startMachine } from '../src/emulator/start.ts';
import { ensureState } from '../src/emulator/state/build.ts';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';
import { shell } from './machine/node-machine.ts';

let host: DockerHost;

beforeAll(async () => {
  host = await serveDocker();
  await docker('pull -q busybox');
  await docker('run -d --name web -v data:/data --ipc shareable --shm-size 2m busybox sleep 100000');
}, 900_000);

afterAll(async () => {
  await host?.stop();
});

/** What a command prints, or its error. @param script for a shell, as the last argument */
async function docker(command: string, script?: string): Promise<string> {
  const words = command.split(' ').filter((word) => word !== '');
  const { stdout, stderr } = await host.docker([...words, ...(script === undefined ? [] : [script])]);
  return (stdout + stderr.replace(/\n\nRun 'docker run --help'.*/s, '')).trimEnd();
}

/** In a shell of a container that goes at once. */
const sh = (options: string, script: string): Promise<string> => docker(`run --rm ${options} busybox sh -c`, `exec 2>&1; ${script}`);
/** In the node itself, which a container with its process ids can enter. */
const node = (script: string): Promise<string> => sh('--privileged --pid host', `nsenter -t 1 -m sh -c '${script}'`);
const failed = 'docker: Error response from daemon: ';

describe('volumes', () => {
  test('keep files with their owners between containers', async () => {
    expect(
      await sh(
        '-v data:/d',
        'echo one > /d/file; chown 5:6 /d/file; chmod 640 /d/file; ln /d/file /d/same; mkdir /d/sub; ln -s /etc /d/sub/out',
      ),
    ).toBe('');
    expect(await docker('exec web sh -c', 'stat -c %a,%u,%g,%h /data/file; cat /data/same')).toBe('640,5,6,2\none');
    expect(await sh('-v data:/d:ro', 'echo two > /d/file')).toBe("sh: can't create /d/file: Read-only file system");
    expect(await docker('system df -v')).toMatch(/^data +1 +8B$/m);
  });

  test('get what the image has there, once', async () => {
    expect(await sh('-v etc:/etc', 'stat -c %a /etc/shadow; echo changed > /etc/group')).toMatch(/^6[04]0$/);
    expect(await sh('-v etc:/etc', 'cat /etc/group')).toBe('changed');
    expect(await sh('--mount type=volume,src=empty,dst=/etc,volume-nocopy', 'ls /etc | sort')).toBe('hostname\nhosts\nresolv.conf');
  });

  test('by a subpath, which does not lead out', async () => {
    const mount = (subpath: string): string => `--mount type=volume,src=data,dst=/x,volume-subpath=${subpath}`;
    expect(await sh(mount('file'), 'cat /x')).toBe('one');
    expect(await sh(mount('sub'), 'ls /x')).toBe('out');
    const base = '/var/lib/docker/volumes/data/_data';
    expect(await sh(mount('sub/out'), 'ls /x')).toBe(
      `${failed}path concatenation escapes the base directory, base: ${base}, subpath: sub/out`,
    );
    expect(await sh(mount('none'), 'ls /x')).toBe(
      `${failed}cannot access path ${base}/none: lstat ${base}/none: no such file or directory`,
    );
  });

  test('with options are file systems, mounted for as long as they are used', async () => {
    await docker('volume create -d local -o type=tmpfs -o device=tmpfs -o o=size=1m,uid=7,mode=700 small');
    await docker('run -d --name user -v small:/s busybox sleep 100000');
    expect(await sh('-v small:/s', 'stat -c %a,%u /s; df -k /s | tail -1 | tr -s " " | cut -d" " -f1,2; echo shared > /s/file')).toBe(
      '700,7\ntmpfs 1024',
    );
    expect(await docker('exec user cat /s/file')).toBe('shared');
    expect(await node('grep -c volumes/small /proc/1/mounts')).toBe('1');
    await docker('rm -f user');
    expect(await node('grep -c volumes/small /proc/1/mounts')).toBe('0');
    expect(await sh('-v small:/s', 'ls /s')).toBe('');
    await docker('volume create -o type=nfs -o device=:/srv -o o=addr=10.0.0.9 far');
    expect(await sh('-v far:/s', 'ls /s')).toBe(
      `${failed}error while mounting volume '/var/lib/docker/volumes/far/_data': failed to mount local volume: mount :/srv:/var/lib/docker/volumes/far/_data, data: addr=10.0.0.9: no such device`,
    );
    await node('mkdir -p /srv/shown');
    await docker('volume create -o type=none -o device=/srv/shown -o o=bind shown');
    expect(await sh('-v shown:/etc', 'ls /etc/passwd')).toBe('/etc/passwd');
    expect(await node('stat -c %a /srv/shown/shadow; umount /srv/shown/shadow 2>/dev/null')).toMatch(/^6[04]0$/);
    expect(await docker('volume prune -af')).not.toMatch(/shown|small|far/);
  });
});

describe('bind mounts', () => {
  test('show the node’s files: read-only all the way down, or at the top', async () => {
    await node('mkdir -p /srv/top/sub; mount -t tmpfs tmpfs /srv/top/sub; echo n > /srv/top/file');
    const write = 'touch /x/a 2>/dev/null && echo top; touch /x/sub/a 2>/dev/null && echo sub; cat /x/file';
    expect(await sh('-v /srv/top:/x', write)).toBe('top\nsub\nn');
    expect(await sh('-v /srv/top:/x:ro', write)).toBe('n');
    const mount = '--mount type=bind,src=/srv/top,dst=/x';
    expect(await sh(`${mount},readonly,bind-recursive=writable`, write)).toBe('sub\nn');
    expect(await sh(`${mount},bind-recursive=disabled`, 'ls /x/sub')).toBe('');
    expect(await sh('-v inner:/i', 'touch /i/inner')).toBe('');
    expect(await sh('-v /srv/top/file:/one:ro -v /srv/top:/two -v inner:/two/sub', 'cat /one; ls /two/sub')).toBe('n\ninner');
    await node('umount /srv/top/sub');
  });

  test('spread what is mounted below them', async () => {
    await node('mkdir -p /srv/spread');
    await docker('run -d --name slave -v /srv/spread:/x:rslave busybox sleep 100000');
    await docker('run -d --name alone -v /srv/spread:/x busybox sleep 100000');
    // From one container over the node to the others.
    expect(await sh('--privileged -v /srv/spread:/x:rshared', 'mkdir -p /x/m; mount -t tmpfs tmpfs /x/m; echo seen > /x/m/file')).toBe('');
    expect(await docker('exec slave cat /x/m/file')).toBe('seen');
    expect(await docker('exec alone ls /x/m')).toBe('');
    await node('umount /srv/spread/m');
    expect(await docker('exec slave ls /x/m')).toBe('');
    await node('mkdir -p /srv/private; mount -t tmpfs tmpfs /srv/private; mount --make-private /srv/private');
    expect(await sh('-v /srv/private:/x:rshared', 'true')).toBe(
      `${failed}path /srv/private is mounted on /srv/private but it is not a shared mount`,
    );
    await node('umount /srv/private');
    await docker('rm -f slave alone');
  });

  test('are made with -v, and have to be there with --mount', async () => {
    expect(await sh('--mount type=bind,src=/srv/none,dst=/x', 'true')).toBe(
      'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /srv/none',
    );
    expect(await sh('-v /srv/none:/x', 'stat -c %a,%u /x')).toBe('755,0');
    const onto = (source: string, target: string): string =>
      `${failed}failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "${source}" to rootfs at "${target}": mount src=${source}, dst=${target}, dstFd=/proc/thread-self/fd/11, flags=MS_BIND|MS_REC: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`;
    expect(await sh('-v /srv/none:/etc/passwd', 'true')).toBe(onto('/srv/none', '/etc/passwd'));
    expect(await sh('-v /etc/passwd:/etc', 'true')).toBe(onto('/etc/passwd', '/etc'));
    expect(await sh('-v /proc/none:/x', 'true')).toBe(
      `${failed}error while creating mount source path '/proc/none': mkdir /proc/none: no such file or directory`,
    );
  });
});

describe('other mounts', () => {
  test('an image, read-only, whole or in part', async () => {
    expect(await sh('--mount type=image,src=busybox,dst=/i', 'ls /i/bin/busybox; touch /i/file')).toBe(
      '/i/bin/busybox\ntouch: /i/file: Read-only file system\nWARNING: Image mount is an experimental feature',
    );
    expect(await sh('--mount type=image,src=busybox,dst=/i,image-subpath=etc/passwd', 'grep -c root: /i')).toMatch(/^1\n/);
    await docker('create --name holder --mount type=image,src=busybox,dst=/i busybox true');
    expect(await host.docker(['cp', 'holder:/i/etc/passwd', '-'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('root:x:0:0') as string,
    });
    await docker('rm holder');
  });

  test('tmpfs with size and mode, and a read-only root', async () => {
    expect(
      await sh(
        '--tmpfs /t:size=64k,mode=1770 --mount type=tmpfs,dst=/u,tmpfs-size=1m,tmpfs-mode=700 --read-only',
        'stat -c %a /t /u; df -k /t /u | tail -2 | tr -s " " | cut -d" " -f2; touch /file',
      ),
    ).toBe('1770\n700\n64\n1024\ntouch: /file: Read-only file system');
    expect(await sh('--read-only -v data:/data', 'touch /data/x && rm /data/x && touch /dev/shm/x && echo ok')).toBe('ok');
  });

  test('/dev/shm: own, shared, the node’s, none', async () => {
    await docker('exec web sh -c', 'echo hello > /dev/shm/file');
    expect(await sh('--ipc container:web', 'cat /dev/shm/file; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2')).toBe('hello\n2048');
    expect(await sh('', 'ls /dev/shm')).toBe('');
    expect(await sh('--ipc none', 'grep -c /dev/shm /proc/mounts')).toBe('0');
    expect(await sh('--ipc host', 'touch /dev/shm/there && echo ok')).toBe('ok');
    await docker('run -d --name keeps busybox sleep 100000');
    expect(await sh('--ipc container:keeps', 'true')).toMatch(
      /^docker: Error response from daemon: failed to join IPC namespace: container [0-9a-f]{64}: non-shareable IPC/,
    );
    await docker('rm -f keeps');
  });

  test('--volumes-from, of one that has ended as well', async () => {
    await docker('run --name first -v data:/data -v /anonymous -v /srv:/srv:ro busybox sh -c', 'echo a > /anonymous/file');
    expect(await sh('--volumes-from first:ro', 'cat /anonymous/file; touch /anonymous/x; cat /data/file')).toBe(
      'a\ntouch: /anonymous/x: Read-only file system\none',
    );
    await docker('rm -v first');
    expect(await docker('volume ls -q')).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('afterwards', () => {
  test('nothing is left mounted', async () => {
    await docker('rm -f web');
    expect(await node('grep -cE "volumes/|mounts/shm" /proc/1/mounts')).toBe('0');
  });
});

describe('in the page', () => {
  const platform = nodePlatform();
  const start = (options: { sessionId?: string } = {}): Promise<RunningMachine> =>
    startMachine({
      ...options,
      platform,
      onFailure: (error) => {
        throw error;
      },
    });
  let machine: RunningMachine;

  beforeAll(async () => {
    await ensureState();
    machine = await start();
  });
  afterAll(() => machine.stop());

  const run = async (command: string): Promise<string> => {
    const { stdout, stderr } = await shell(machine, command);
    return (stdout + stderr).trimEnd();
  };

  test('what is written in the editor is read in a container at once, and back', async () => {
    const home = machine.home('node1');
    const heard: string[] = [];
    const stop = home.watch((path) => heard.push(path));
    await home.write('site/index.html', new TextEncoder().encode('first'));
    await run('docker run -d --name site -v /root/site:/www:ro -v $PWD/site:/both -w /www busybox sleep 100000');
    expect(await run('docker exec site cat index.html')).toBe('first');
    await home.write('site/index.html', new TextEncoder().encode('second'));
    await home.write('site/new.html', new TextEncoder().encode('new'));
    expect(await run('docker exec site cat index.html new.html')).toBe('secondnew');
    await run('docker exec site sh -c "echo back > /both/from-container; rm /both/new.html"');
    expect(new TextDecoder().decode(await home.read('site/from-container'))).toBe('back\n');
    await expect(home.read('site/new.html')).rejects.toThrow();
    await expect.poll(() => heard).toEqual(expect.arrayContaining(['site/from-container', 'site/new.html']));
    stop();
    expect(await run('docker rm -f site')).toBe('site');
  });

  test('volumes, what is mounted, and who uses it survive a reload', async () => {
    await run('docker volume create -o type=tmpfs -o device=tmpfs small');
    const options = '--stop-timeout 0 -v data:/data -v small:/small -v /anonymous --ipc shareable';
    await run(`docker run -d --name web ${options} busybox sleep 100000`);
    await run('docker exec web sh -c "echo kept > /data/file; echo in memory > /small/file; echo shared > /dev/shm/file"');
    const volumes = await run('docker volume ls');
    const { id } = await machine.saveSession('volumes');
    await run('docker rm -fv web; docker volume rm data small');
    await machine.stop();
    machine = await start({ sessionId: id });
    expect(await run('docker volume ls')).toBe(volumes);
    expect(await run('docker exec web cat /data/file /small/file')).toBe('kept\nin memory');
    expect(await run('docker run --rm --ipc container:web -v small:/s busybox cat /s/file /dev/shm/file')).toBe('in memory\nshared');
    expect(await run('docker volume rm data')).toMatch(/^Error response from daemon: remove data: volume is in use - \[[0-9a-f]{64}\]$/);
    expect(await run('service docker restart > /dev/null; docker volume rm small')).toContain('volume is in use');
    expect(await run('docker start web; docker exec web cat /data/file; docker exec web ls /small')).toBe('web\nkept');
    expect(await run('docker rm -fv web; docker volume rm data small; docker volume ls -q')).toBe('web\ndata\nsmall');
    expect(await run('grep -cE "volumes/|mounts/shm" /proc/mounts; ls /var/lib/docker/volumes')).toBe('0\nmetadata.json');
  });
});
