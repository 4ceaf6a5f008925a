/** The storage driver vfs: what it keeps apart from overlay2, and that containers live in copies. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine } from './machine/node-machine.ts';
import { output as succeed } from './machine/output.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.stop());

const output = (script: string): Promise<string> => succeed(machine, script);

const choose = (driver: string): Promise<string> =>
  output(
    `mkdir -p /etc/docker; echo '{"storage-driver": "${driver}"}' > /etc/docker/daemon.json; service docker restart; docker info --format '{{.Driver}}'`,
  );

test('each driver has its own images and containers, and those of vfs are copies', async () => {
  await output('docker pull -q busybox; docker run --name old busybox sh -c "echo kept > /kept"');
  expect(await choose('vfs')).toContain('\nvfs\n');
  expect(await output('docker ps -aq; docker images -q; ls /var/lib/docker/vfs/dir 2>/dev/null | wc -l')).toBe('0\n');

  await output('docker pull -q busybox');
  const script =
    'echo hello > /etc/hello; adduser -D u; chown u /home; rm /etc/shadow; ln /etc/hello /etc/again; su u -c "echo mine > /home/mine"';
  expect(
    await output(`docker run --name new busybox sh -c '${script}; stat -c "%U %s" /home/mine; stat -c %h /bin/sh | grep -vx 1 | wc -l'`),
  ).toBe('u 5\n1\n');
  const top = 'docker inspect new --format "{{.GraphDriver.Name}} {{.Driver}}"';
  expect(await output(`${top}; docker image inspect busybox --format "{{json .GraphDriver}}"`)).toBe(
    'vfs vfs\n{"Data":null,"Name":"vfs"}\n',
  );
  const changes = (await output('docker diff new')).split('\n');
  expect(changes).toEqual(expect.arrayContaining(['C /etc', 'A /etc/hello', 'A /etc/again', 'D /etc/shadow', 'A /home/mine']));
  expect(changes.some((line) => line.includes('/bin'))).toBe(false);
  // The image's layer, the container's init layer and the container.
  expect(await output('ls /var/lib/docker/vfs/dir | wc -l; cat /var/lib/docker/vfs/dir/*/etc/hello')).toBe('3\nhello\n');
  await output('docker commit new mine');
  expect(await output('docker run --rm mine sh -c "cat /etc/again; test ! -e /etc/shadow && stat -c %U /home /home/mine"')).toBe(
    'hello\nu\nu\n',
  );
  expect(
    await output(
      'docker cp new:/etc/hello - | tar xO; docker start new >/dev/null; docker wait new >/dev/null; docker rm new; ls /var/lib/docker/vfs/dir | wc -l',
    ),
  ).toBe('hello\nnew\n2\n');
  await output('docker image rm mine busybox');
  expect(await output('ls /var/lib/docker/vfs/dir | wc -l')).toBe('0\n');

  expect(await choose('overlay2')).toContain('\noverlay2\n');
  expect(await output('docker ps -a --format "{{.Names}}"; docker diff old; docker run --rm busybox echo runs')).toBe(
    'old\nA /kept\nruns\n',
  );
});
