/** Directories as commands walk them: from shared memory or through the agent, the same comes of both. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CliFiles, WalkedFile } from '#cli/environment.ts';
import { openMachine, shell } from '../../test/machine/node-machine.ts';
import type { Stub } from './agent/stub.ts';
import type { RunningMachine } from './running-machine.ts';
import { stubEnvironment } from './stub-environment.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
}, 300_000);

afterAll(() => machine.stop());

/** Does something with the files of a command that runs in a directory, as some user. */
async function inCommand<T>(prepare: string, action: (files: CliFiles) => Promise<T>): Promise<T> {
  const stub = new Promise<Stub>((resolve) => machine.agent.onStub(resolve));
  const command = shell(machine, `${prepare}; docker walk`);
  const started = await Promise.race([stub, command.then((printed) => Promise.reject(new Error(JSON.stringify(printed))))]);
  const asset = (): Promise<undefined> => Promise.resolve(undefined);
  const { files } = stubEnvironment(
    machine.agent,
    started,
    () => undefined,
    asset,
    machine.parts.files.share,
    machine.parts.files.transfers,
  );
  try {
    return await action(files);
  } finally {
    await started.exit(0);
    await command;
  }
}

async function walked(files: CliFiles, path: string, enter?: (path: string) => boolean): Promise<WalkedFile[]> {
  const all: WalkedFile[] = [];
  for await (const file of files.walk(path, enter)) all.push(file);
  return all;
}

const requests = (): number => Number(/share: \d+ fids, (\d+) requests/.exec(machine.describe())?.[1]);
const text = async (file: WalkedFile): Promise<string> => new TextDecoder().decode(await file.content());

const tree = `mkdir -p T/sub/deep T/skipped; cd T; echo one > one; echo two > sub/two; echo three > sub/deep/three; echo no > skipped/no; echo more > sub.txt
  ln -s one link; ln -s nowhere dangling; chmod 750 one; chown 5:6 one; touch -d '2020-01-02 03:04:05' one; mkfifo pipe; cd ..; ln -s T to`;

describe.each(['/root/walk', '/tmp/walk'])('a tree in %s', (place) => {
  test('is walked in order, parents first', async () => {
    await inCommand(`mkdir -p ${place}; cd ${place}; ${tree}`, async (files) => {
      const all = await walked(files, 'T', (path) => path !== 'skipped');
      expect(all.map(({ path, type }) => `${type} ${path}`)).toEqual([
        'symlink dangling',
        'symlink link',
        'file one',
        'fifo pipe',
        'directory skipped',
        'directory sub',
        'directory sub/deep',
        'file sub/deep/three',
        'file sub/two',
        'file sub.txt',
      ]);
      const one = all[2]!;
      expect(one).toMatchObject({ mode: 0o750, uid: 5, gid: 6, sizeBytes: 4, mtimeMs: Date.UTC(2020, 0, 2, 3, 4, 5) });
      expect(all[1]).toMatchObject({ linkName: 'one' });
      expect([await text(one), await text(all[7]!)]).toEqual(['one\n', 'three\n']);
      // A link to the directory, and the directory of the command.
      expect((await walked(files, 'to')).length).toBe(11);
      expect((await walked(files, '.', (path) => path !== 'T')).map(({ path }) => path)).toEqual(['T', 'to']);
      await expect(walked(files, 'none')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(walked(files, 'T/one')).rejects.toMatchObject({ code: 'ENOTDIR' });
    });
  });
});

test('shared files are read without the guest', async () => {
  const names = Array.from({ length: 400 }, (_, i) => `d${i % 20}/f${i}`);
  for (const name of names) await machine.home('node1').write(`many/${name}`, new TextEncoder().encode(name));
  await inCommand('cd /root/many', async (files) => {
    await files.stat('.');
    const before = requests();
    const all = await walked(files, '.');
    for (const file of all) if (file.type === 'file') expect(await text(file)).toBe(file.path);
    expect(all.length).toBe(420);
    expect(requests() - before).toBeLessThan(12);
  });
});

test('with something mounted below, or for another user, the guest is asked', async () => {
  const prepare = 'mkdir -p /root/mixed/mounted; cd /root/mixed; mount -t tmpfs tmpfs mounted; echo in > mounted/file; echo out > file';
  await inCommand(prepare, async (files) => {
    expect((await walked(files, '.')).map(({ path }) => path)).toEqual(['file', 'mounted', 'mounted/file']);
  });
  await shell(machine, 'umount /root/mixed/mounted');
});

test('a large tree elsewhere takes few round trips', async () => {
  await inCommand(
    'mkdir /tmp/large; cd /tmp/large; for d in $(seq 30); do mkdir d$d; for f in $(seq 20); do : > d$d/f$f; done; done',
    async (files) => {
      let batches = 0;
      const { agent } = machine;
      const batch = agent.batch.bind(agent);
      agent.batch = ((...args: Parameters<typeof batch>) => (batches++, batch(...args))) as typeof agent.batch;
      expect((await walked(files, '/tmp/large')).length).toBe(30 * 21);
      agent.batch = batch as typeof agent.batch;
      expect(batches).toBeLessThan(8);
    },
  );
});
