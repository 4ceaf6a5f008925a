/**
 * Drydock's own command line in the guest: builds with buildx's words, archives through the shell's pipes, files in and out
 * of containers. What the official client does on the same daemon is in docker-builds.machine.test.ts and cp.machine.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell, type Printed } from './machine/node-machine.ts';

let machine: RunningMachine;
beforeAll(async () => {
  machine = await openMachine();
  await run(
    'docker pull -q busybox && mkdir /root/ctx && cd /root/ctx && echo A > a.txt && echo x > x.log && echo "*.log" > .dockerignore',
  );
}, 600_000);
afterAll(() => machine?.stop());

async function run(command: string): Promise<Printed> {
  return await shell(machine, `cd /root/ctx 2>/dev/null; ${command}`);
}

async function output(command: string): Promise<string> {
  const printed = await run(command);
  expect(printed).toMatchObject({ status: 0 });
  return printed.stdout;
}

/** Times and ids are not the same twice. */
function steady(text: string): string {
  return text
    .replace(/DONE \d+\.\d+s/g, 'DONE')
    .replace(/ \d+\.\d+s done/g, ' done')
    .replace(/^(#\d+) \d+\.\d+ /gm, '$1 ')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:ID')
    .replace(/^#\d+ writing image sha256:ID\n/gm, '');
}

const dockerfile = 'FROM busybox\\nCOPY . /app\\nRUN ls -A /app\\nCMD ["cat", "/app/a.txt"]\\n';

describe('docker build', { timeout: 300_000 }, () => {
  test('builds what is there but for what is ignored, and needs no work the second time', async () => {
    await run(`printf '${dockerfile}' > Dockerfile`);
    const first = steady((await run('docker build --progress plain -t built .')).stderr);
    expect(first).toContain('#5 [2/3] COPY . /app\n#5 DONE\n'.replaceAll('#5', /#(\d+) \[2\/3\]/.exec(first)?.[0].split(' ')[0] ?? '#?'));
    for (const name of ['.dockerignore', 'Dockerfile', 'a.txt'])
      expect(first).toMatch(new RegExp(`^#\\d+ ${name.replaceAll('.', '\\.')}$`, 'm'));
    expect(first).not.toContain('x.log');
    const second = steady((await run('docker build --progress plain -t built .')).stderr);
    expect(second.match(/^#\d+ CACHED$/gm)).toHaveLength(2);
    expect(await output('docker run --rm built')).toBe('A\n');
  });

  test('says which lines were wrong', async () => {
    const failed = await run("printf 'FROM busybox\\nRUN echo x && exit 5\\n' | docker build --progress plain -");
    expect(failed.status).toBe(1);
    expect(steady(failed.stderr)).toMatch(
      /Dockerfile:2\n-{20}\n {3}1 \| {5}FROM busybox\n {3}2 \| >>> RUN echo x && exit 5\n {3}3 \| {5}\n-{20}\nERROR: failed to build: failed to solve: process "\/bin\/sh -c echo x && exit 5" did not complete successfully: exit code: 5\n$/,
    );
  });

  test('a Dockerfile from elsewhere is not in the image', async () => {
    await run("mkdir -p /root/other && printf 'FROM busybox\\nCOPY . /app\\n' > /root/other/D");
    await output('docker build -q -t elsewhere -f /root/other/D .');
    expect(await output('docker run --rm elsewhere ls -A /app')).toBe('.dockerignore\nDockerfile\na.txt\n');
  });

  test("mounts of a step: a cache that begins with files, one that is somebody's, a secret, files of the context", async () => {
    const step = [
      'RUN --mount=type=cache,id=filled,target=/filled,from=first,source=/made',
      '--mount=type=cache,id=owned,target=/owned,uid=1000,mode=0700',
      '--mount=type=secret,id=s,target=/secret,uid=1000,mode=0440',
      '--mount=target=/context',
      'cat /filled/* /secret /context/a.txt && stat -c "%u:%g %a %n" /filled/one /owned /secret && echo two > /filled/two',
    ].join(' ');
    const lines = [
      'FROM busybox AS first',
      'RUN mkdir /made && echo one > /made/one && chown 5:6 /made/one',
      'FROM busybox',
      'ARG TURN',
      step,
    ];
    await machine.home('node1').write('ctx/Mounts', new TextEncoder().encode(lines.join('\n')));
    await machine.home('node1').write('secret', new TextEncoder().encode('hush\n'));
    const build = 'docker build --progress plain -f Mounts --secret id=s,src=/root/secret';
    const said = async (turn: string): Promise<string[]> => {
      const { stderr, status } = await shell(machine, `cd /root/ctx && ${build} --build-arg TURN=${turn} .`);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      return [...stderr.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, line = '']) => line);
    };
    const attributes = ['5:6 644 /filled/one', '1000:0 700 /owned', '1000:0 440 /secret'];
    expect(await said('1')).toEqual(['one', 'hush', 'A', ...attributes]);
    expect(await said('2')).toEqual(['one', 'two', 'hush', 'A', ...attributes]);
  });

  test('the classic builder', async () => {
    const { stdout, status } = await run('DOCKER_BUILDKIT=0 docker build -t classic .');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^Sending build context to Docker daemon {2}[\d.]+kB\r\r\nStep 1\/4 : FROM busybox\n[^]*Successfully tagged classic:latest\n$/,
    );
  });
});

describe('archives', { timeout: 300_000 }, () => {
  test('go through a pipe and keep their ids', async () => {
    const before = await output('docker images -q --no-trunc built');
    const loaded = 'Loaded image: built:latest\nLoaded image: busybox:latest\n';
    expect(await output('docker save built busybox | docker load')).toBe(loaded);
    await output('docker save built busybox | cat > /tmp/two.tar && docker rmi -f built');
    expect(await output('cat /tmp/two.tar | docker load; rm /tmp/two.tar')).toBe(loaded);
    expect(await output('docker images -q --no-trunc built')).toBe(before);
  });

  test('go into a file, and nothing of it is left when there is nothing to save', async () => {
    const saved = await run('docker save -o /tmp/one.tar busybox; docker save -o /tmp/none.tar nosuch; ls -A /tmp | grep tar');
    expect(saved.stdout).toBe('one.tar\n');
    expect(saved.stderr).toBe('Error response from daemon: No such image: nosuch\n');
  });

  test('of a container: changed, exported, imported, committed', async () => {
    await output('docker run --name changed busybox sh -c "echo 1 > /new; rm /bin/vi"');
    expect(await output('docker diff changed')).toBe('C /bin\nD /bin/vi\nA /new\n');
    await output('docker export changed | docker import -c "CMD cat /new" - flat');
    expect(await output('docker run --rm flat')).toBe('1\n');
    await output('docker commit -c "CMD cat /new" changed committed');
    expect(await output('docker run --rm committed')).toBe('1\n');
  });
});

test('docker cp keeps links, and says what is in its way', { timeout: 300_000 }, async () => {
  await output('docker run --name copied busybox sh -c "mkdir /d; echo 2 > /d/f; ln -s f /d/l; ln /d/f /d/h"');
  await output('docker cp copied:/d /tmp/out');
  expect(await output('cd /tmp/out; readlink l; stat -c %h f; cat h')).toBe('f\n2\n2\n');
  await output('docker cp /tmp/out/. copied:/in && docker cp copied:/in/f - | tar t | grep -x f');
  const refused = await run('mkdir -p /tmp/way/f; docker cp copied:/d/f /tmp/way');
  expect(refused).toMatchObject({ status: 1, stderr: 'cannot overwrite directory "/tmp/way/f" with non-directory "/tmp/way"\n' });
});

test('an image that was removed leaves nothing behind, and runs when it comes again', { timeout: 300_000 }, async () => {
  for (let round = 0; round < 2; round++) {
    await output('docker pull -q hello-world');
    expect(await output('docker run --rm hello-world')).toContain('Hello from Docker!');
    await output('docker rmi hello-world');
  }
  await output('docker rm -f $(docker ps -aq) && docker system prune -af');
  expect(await output('ls -A /var/lib/docker/overlay2 /var/lib/docker/overlay2/l')).toBe(
    '/var/lib/docker/overlay2:\nl\n\n/var/lib/docker/overlay2/l:\n',
  );
});
