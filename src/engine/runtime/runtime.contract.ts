/**
 * What every Runtime must do, as a suite that FakeRuntime passes in Node and GuestRuntime on the real
 * machine. The image behind `lower` is busybox. Commands are such that both have them.
 */
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../image/layer-trees.ts';
import type { Bridge } from './network-plan.ts';
import {
  type ContainerFiles,
  type ExecLaunch,
  FilesError,
  type Launch,
  type OutputChunk,
  type Process,
  type Runtime,
  StartError,
  type TreePiece,
  treePath,
} from './runtime.ts';
import type { RuntimeSpec } from './spec.ts';

export interface RuntimeSubject {
  runtime: Runtime;
  /** A busybox root file system. */
  lower: Launch['rootfs']['lower'];
  /** Awaits a promise; a runtime on a virtual clock moves it meanwhile. */
  until<T>(promise: Promise<T>): Promise<T>;
}

let serial = 0;

/** A 64-digit id, different each time. */
function newContainerId(): string {
  return (++serial).toString(16).padStart(4, '0').padEnd(64, 'c');
}

type SpecOptions = Partial<RuntimeSpec['process']> & { memory?: number; hostname?: string };

function specFor(args: string[], options: SpecOptions = {}): RuntimeSpec {
  const { memory, hostname, ...process } = options;
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      cwd: '/',
      ...process,
    },
    root: { path: 'rootfs', readonly: false },
    hostname: hostname ?? 'contract',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
      },
    ],
    linux: {
      namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'ipc' }, { type: 'pid' }, { type: 'network' }],
      resources: memory === undefined ? {} : { memory: { limit: memory, swap: memory } },
    },
  };
}

/** Everything a process prints until it closes its output. */
async function collect(process: Process): Promise<{ stdout: string; stderr: string; chunks: OutputChunk[] }> {
  const chunks: OutputChunk[] = [];
  for await (const chunk of process.output) chunks.push(chunk);
  const text = (stream: OutputChunk['stream']): string => {
    const decoder = new TextDecoder();
    return chunks
      .filter((chunk) => chunk.stream === stream)
      .map((chunk) => decoder.decode(chunk.bytes, { stream: true }))
      .join('');
  };
  return { stdout: text('stdout'), stderr: text('stderr'), chunks };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function runtimeContract(name: string, makeSubject: () => Promise<RuntimeSubject>): void {
  describe(`Runtime contract: ${name}`, () => {
    const launchOf = (
      subject: RuntimeSubject,
      args: string[],
      options: SpecOptions & { id?: string; stdinOpen?: boolean; size?: Launch['terminalSize'] } = {},
    ): Launch => {
      const { id = newContainerId(), stdinOpen = false, size, ...spec } = options;
      return {
        containerId: id,
        config: specFor(args, spec),
        rootfs: { lower: subject.lower, name: `layer-${id.slice(0, 12)}` },
        network: { kind: 'none' },
        stdinOpen,
        ...(size ? { terminalSize: size } : {}),
      };
    };
    const execOf = (args: string[], options: SpecOptions & { stdinOpen?: boolean } = {}): ExecLaunch => {
      const { stdinOpen = false, ...spec } = options;
      return { execId: newContainerId(), process: specFor(args, spec).process, stdinOpen };
    };
    const run = async (subject: RuntimeSubject, args: string[], options: Parameters<typeof launchOf>[2] = {}) => {
      const process = await subject.until(subject.runtime.start(launchOf(subject, args, options)));
      const [output, exit] = await subject.until(Promise.all([collect(process), process.exit]));
      return { ...output, ...exit };
    };
    const failure = async (promise: Promise<unknown>): Promise<string> => {
      try {
        await promise;
        return 'started';
      } catch (error) {
        expect(error).toBeInstanceOf(StartError);
        return (error as StartError).reason;
      }
    };

    it('reports the exit code', async () => {
      const subject = await makeSubject();
      expect(await run(subject, ['sh', '-c', 'exit 7'])).toMatchObject({ code: 7, oomKilled: false, stdout: '', stderr: '' });
    });

    it('keeps standard output and error apart, each in order', async () => {
      const subject = await makeSubject();
      const result = await run(subject, ['sh', '-c', 'echo one; echo two; echo err >&2; echo three']);
      expect(result).toMatchObject({ code: 0, stdout: 'one\ntwo\nthree\n', stderr: 'err\n' });
    });

    it('passes environment, working directory and hostname', async () => {
      const subject = await makeSubject();
      const env = ['PATH=/usr/bin:/bin', 'FRUIT=apple pie'];
      const result = await run(subject, ['sh', '-c', 'echo "$FRUIT"; pwd; hostname'], { env, cwd: '/tmp', hostname: 'box' });
      expect(result.stdout).toBe('apple pie\n/tmp\nbox\n');
    });

    it('makes a working directory that the image lacks', async () => {
      const subject = await makeSubject();
      expect(await run(subject, ['pwd'], { cwd: '/srv/app' })).toMatchObject({ code: 0, stdout: '/srv/app\n' });
    });

    it('hands over standard input and its end', async () => {
      const subject = await makeSubject();
      const process = await subject.until(subject.runtime.start(launchOf(subject, ['cat'], { stdinOpen: true })));
      const output = collect(process);
      await subject.until(process.write(bytes('hello ')));
      await subject.until(process.write(bytes('world\n')));
      await subject.until(process.closeInput());
      expect((await subject.until(output)).stdout).toBe('hello world\n');
      expect(await subject.until(process.exit)).toEqual({ code: 0, oomKilled: false });
    });

    it('gives end of file at once when standard input is not open', async () => {
      const subject = await makeSubject();
      expect(await run(subject, ['cat'])).toMatchObject({ code: 0, stdout: '' });
    });

    it('carries 300 kB through standard input and output', async () => {
      const subject = await makeSubject();
      const process = await subject.until(subject.runtime.start(launchOf(subject, ['cat'], { stdinOpen: true })));
      const output = subject.until(collect(process));
      const block = new Uint8Array(10_000).map((_, index) => 97 + (index % 26));
      const feed = async (): Promise<void> => {
        for (let part = 0; part < 30; part++) await process.write(block);
        await process.closeInput();
      };
      await subject.until(feed());
      const { stdout } = await output;
      expect(stdout.length).toBe(300_000);
      expect(stdout).toBe(new TextDecoder().decode(block).repeat(30));
    });

    it('makes a process wait for a slow reader and loses nothing', async () => {
      const subject = await makeSubject();
      const process = await subject.until(subject.runtime.start(launchOf(subject, ['head', '-c', '1000000', '/dev/zero'])));
      const read = async (): Promise<number> => {
        let total = 0;
        let turns = 0;
        for await (const chunk of process.output) {
          total += chunk.bytes.length;
          for (let turn = 0; turn < Math.min(20, ++turns); turn++) await Promise.resolve();
        }
        return total;
      };
      expect(await subject.until(read())).toBe(1_000_000);
      expect((await subject.until(process.exit)).code).toBe(0);
    });

    it('ends output when the first process ends, whatever it left behind', async () => {
      const subject = await makeSubject();
      const result = await run(subject, ['sh', '-c', 'sleep 1000 & echo done']);
      expect(result).toMatchObject({ code: 0, stdout: 'done\n' });
    });

    it('delivers signals as the kernel does to the first process of a namespace', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sleep', '1000']);
      const process = await subject.until(subject.runtime.start(launch));
      const output = collect(process);
      await subject.until(subject.runtime.signal(launch.containerId, 15));
      await subject.until(subject.runtime.signal(launch.containerId, 9));
      expect(await subject.until(process.exit)).toEqual({ code: 137, oomKilled: false });
      await subject.until(output);
    });

    it('lets a process handle a signal', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done']);
      const process = await subject.until(subject.runtime.start(launch));
      const iterator = process.output[Symbol.asyncIterator]();
      await subject.until(iterator.next());
      await subject.until(subject.runtime.signal(launch.containerId, 15));
      while (!(await subject.until(iterator.next())).done);
      expect((await subject.until(process.exit)).code).toBe(3);
    });

    it('refuses to signal what is gone', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['true']);
      const process = await subject.until(subject.runtime.start(launch));
      await subject.until(Promise.all([collect(process), process.exit]));
      await expect(subject.until(subject.runtime.signal(launch.containerId, 15))).rejects.toMatchObject({ kind: 'not-found' });
      expect(subject.runtime.reattach(launch.containerId)).toBeUndefined();
    });

    it('gives a terminal: one stream, echo, carriage returns, size', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sh', '-c', 'read line; echo "got $line"; echo err >&2; stty size'], {
        terminal: true,
        stdinOpen: true,
        size: { rows: 30, columns: 90 },
      });
      const process = await subject.until(subject.runtime.start(launch));
      const output = collect(process);
      await subject.until(process.resize({ rows: 40, columns: 100 }));
      await subject.until(process.write(bytes('typed\n')));
      const { stdout, stderr } = await subject.until(output);
      expect(stderr).toBe('');
      expect(stdout).toBe('typed\r\ngot typed\r\nerr\r\n40 100\r\n');
      expect((await subject.until(process.exit)).code).toBe(0);
    });

    it('turns Ctrl-C on a terminal into a signal', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sh', '-c', 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done'], {
        terminal: true,
        stdinOpen: true,
      });
      const process = await subject.until(subject.runtime.start(launch));
      const iterator = process.output[Symbol.asyncIterator]();
      await subject.until(iterator.next());
      await subject.until(process.write(bytes('\x03')));
      let text = '';
      for (let next = await subject.until(iterator.next()); !next.done; next = await subject.until(iterator.next()))
        text += new TextDecoder().decode(next.value.bytes);
      expect(text).toContain('caught');
      expect((await subject.until(process.exit)).code).toBe(5);
    });

    it('says why a process cannot start, and leaves nothing behind', async () => {
      const subject = await makeSubject();
      const id = newContainerId();
      const start = (args: string[], options: SpecOptions = {}): Promise<string> =>
        failure(subject.until(subject.runtime.start(launchOf(subject, args, { ...options, id }))));
      expect(await start(['nosuch'])).toBe('executable-not-found');
      expect(await start(['/no/such'])).toBe('executable-not-found');
      expect(await start(['/etc/passwd'])).toBe('permission-denied');
      expect(await start(['/etc'])).toBe('is-a-directory');
      expect(await run(subject, ['echo', 'still fine'], { id })).toMatchObject({ code: 0, stdout: 'still fine\n' });
    });

    it('runs another process in a running container', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sleep', '1000']);
      const first = await subject.until(subject.runtime.start(launch));
      const firstOutput = collect(first);
      const exec = async (args: string[], options: SpecOptions = {}) => {
        const process = await subject.runtime.exec(launch.containerId, execOf(args, options));
        const [output, exit] = await Promise.all([collect(process), process.exit]);
        return { ...output, ...exit };
      };
      expect(
        await subject.until(exec(['sh', '-c', 'pwd; echo $X; exit 4'], { cwd: '/etc', env: ['PATH=/bin:/usr/bin', 'X=y'] })),
      ).toMatchObject({ code: 4, stdout: '/etc\ny\n' });
      expect(await failure(subject.until(exec(['nosuch'])))).toBe('executable-not-found');
      expect(await failure(subject.until(exec(['/etc/passwd'])))).toBe('permission-denied');
      expect(await failure(subject.until(exec(['pwd'], { cwd: '/nope' })))).toBe('no-such-directory');
      const cat = await subject.until(subject.runtime.exec(launch.containerId, execOf(['cat'], { stdinOpen: true })));
      const catOutput = collect(cat);
      await subject.until(cat.write(bytes('in')));
      await subject.until(cat.closeInput());
      expect((await subject.until(catOutput)).stdout).toBe('in');
      await subject.until(subject.runtime.signal(launch.containerId, 9));
      await subject.until(Promise.all([first.exit, firstOutput]));
      await expect(subject.until(subject.runtime.exec(launch.containerId, execOf(['true'])))).rejects.toThrow();
    });

    it('ends what was executed in a container with the container', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sleep', '1000']);
      const first = await subject.until(subject.runtime.start(launch));
      const other = await subject.until(subject.runtime.exec(launch.containerId, execOf(['sleep', '1000'])));
      const outputs = Promise.all([collect(first), collect(other)]);
      await subject.until(subject.runtime.signal(launch.containerId, 9));
      expect((await subject.until(other.exit)).code).toBe(137);
      expect((await subject.until(first.exit)).code).toBe(137);
      await subject.until(outputs);
    });

    it('ends one process alone', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sleep', '1000']);
      const first = await subject.until(subject.runtime.start(launch));
      const other = await subject.until(subject.runtime.exec(launch.containerId, execOf(['sleep', '1000'])));
      const outputs = Promise.all([collect(first), collect(other)]);
      await subject.until(other.kill());
      expect((await subject.until(other.exit)).code).toBe(137);
      await subject.until(other.kill());
      expect(await subject.until(subject.runtime.processes(launch.containerId))).toHaveLength(1);
      await subject.until(first.kill());
      expect((await subject.until(first.exit)).code).toBe(137);
      await subject.until(outputs);
    });

    it('makes bridges after others were removed', async () => {
      const { runtime, until } = await makeSubject();
      const bridge = (number: number): Bridge => ({
        kind: 'bridge',
        name: `br-contract${number}`,
        address: `10.77.${number}.1/24`,
        subnet: `10.77.${number}.0/24`,
        internal: false,
        interContainer: true,
        masquerade: true,
        open: false,
      });
      for (const number of [1, 2]) await until(runtime.createDevice(bridge(number)));
      await until(runtime.removeDevice(bridge(1)));
      for (const number of [3, 1]) await until(runtime.createDevice(bridge(number)));
      for (const number of [1, 2, 3]) await until(runtime.removeDevice(bridge(number)));
    });

    it('freezes and thaws', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sh', '-c', 'sleep 0.2; echo awake']);
      const process = await subject.until(subject.runtime.start(launch));
      const output = collect(process);
      await subject.until(subject.runtime.pause(launch.containerId));
      await subject.until(subject.runtime.resume(launch.containerId));
      expect((await subject.until(output)).stdout).toBe('awake\n');
      expect((await subject.until(process.exit)).code).toBe(0);
    });

    it('notices when the kernel kills for lack of memory', async () => {
      const subject = await makeSubject();
      expect(await run(subject, ['tail', '/dev/zero'], { memory: 8 * 1024 * 1024 })).toMatchObject({ code: 137, oomKilled: true });
    });

    it('lists processes and measures them', async () => {
      const subject = await makeSubject();
      const launch = launchOf(subject, ['sleep', '1000'], { memory: 32 * 1024 * 1024 });
      const process = await subject.until(subject.runtime.start(launch));
      const output = collect(process);
      const rows = await subject.until(subject.runtime.processes(launch.containerId));
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ pid: process.pid, uid: 0, user: 'root', commandLine: 'sleep 1000', comm: 'sleep' });
      const usage = await subject.until(subject.runtime.stats(launch.containerId));
      expect(usage).toMatchObject({ pids: 1, memoryLimitBytes: 32 * 1024 * 1024 });
      expect(usage.memoryBytes).toBeGreaterThan(0);
      await subject.until(subject.runtime.update(launch.containerId, { memory: { limit: 64 * 1024 * 1024, swap: 64 * 1024 * 1024 } }));
      expect((await subject.until(subject.runtime.stats(launch.containerId))).memoryLimitBytes).toBe(64 * 1024 * 1024);
      expect(subject.runtime.reattach(launch.containerId)?.pid).toBe(process.pid);
      await subject.until(subject.runtime.signal(launch.containerId, 9));
      await subject.until(Promise.all([process.exit, output]));
    });

    it('keeps the writable layer over restarts until it is removed', async () => {
      const subject = await makeSubject();
      const id = newContainerId();
      expect(await subject.until(subject.runtime.writableSizeBytes(id))).toBe(0);
      await run(subject, ['sh', '-c', 'echo kept > /kept'], { id });
      expect(await run(subject, ['cat', '/kept'], { id })).toMatchObject({ code: 0, stdout: 'kept\n' });
      expect(await subject.until(subject.runtime.writableSizeBytes(id))).toBeGreaterThanOrEqual(5);
      await subject.until(subject.runtime.removeWritable(id));
      await subject.until(subject.runtime.removeWritable(id));
      expect(await subject.until(subject.runtime.writableSizeBytes(id))).toBe(0);
      expect((await run(subject, ['cat', '/kept'], { id })).code).toBe(1);
      await subject.until(subject.runtime.removeWritable(id));
    });

    it('lists what a container wrote and removed', async () => {
      const subject = await makeSubject();
      const id = newContainerId();
      const entriesOf = (): Promise<LayerEntry[]> => subject.until(subject.runtime.writableEntries(id));
      expect(await entriesOf()).toEqual([]);
      await run(subject, ['sh', '-c', 'mkdir /new; mkdir /new/inner; echo text > /new/inner/file; echo more > /new-er; rm /etc/group'], {
        id,
      });
      const entries = await entriesOf();
      expect(entries[0]).toMatchObject({ path: '', type: 'directory', mode: 0o755 });
      const own = entries.filter(({ path }) => /^(new|etc)/.test(path));
      expect(own.map(({ path, type }) => `${type} ${path}`)).toEqual([
        'directory etc',
        'character etc/group',
        'directory new',
        'directory new/inner',
        'file new/inner/file',
        'file new-er',
      ]);
      const [, deletion, directory, , file] = own;
      expect(deletion).toMatchObject({ major: 0, minor: 0 });
      expect(directory).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
      expect(file).toMatchObject({ mode: 0o644, content: bytes('text\n') });
      await subject.until(subject.runtime.removeWritable(id));
      expect(await entriesOf()).toEqual([]);
    });

    it('mounts further trees while a process runs', async () => {
      const subject = await makeSubject();
      const launchWith = (command: string, keep: boolean): Launch => {
        const launch = launchOf(subject, ['sh', '-c', command]);
        launch.trees = [{ name: `contract-tree-${keep}`, lower: subject.lower, keep }];
        for (const [source, destination] of [
          ['', '/mnt/all'],
          ['/etc', '/mnt/etc'],
        ])
          launch.config.mounts.push({
            destination: destination!,
            type: 'bind',
            source: treePath(`contract-tree-${keep}`) + source!,
            options: ['rbind', 'rprivate'],
          });
        return launch;
      };
      const print = async (command: string, keep = false): Promise<string> => {
        const launch = launchWith(command, keep);
        const process = await subject.until(subject.runtime.start(launch));
        const [{ stdout }] = await subject.until(Promise.all([collect(process), process.exit]));
        expect(
          (await subject.until(subject.runtime.writableEntries(launch.containerId))).filter(({ path }) => /written/.test(path)),
        ).toEqual([]);
        await subject.until(subject.runtime.removeWritable(launch.containerId));
        return stdout;
      };
      const root = /^root:x:0:0:/;
      expect(await print('head -n 1 /mnt/all/etc/passwd; echo here > /mnt/etc/written; cat /mnt/all/etc/written')).toMatch(
        /^root:x:0:0:.*\nhere\n$/,
      );
      expect(await print('cat /mnt/etc/written || echo gone; head -n 1 /mnt/etc/passwd')).toMatch(/^gone\nroot:x:0:0:/);
      expect(await print('echo kept > /mnt/etc/written; head -n 1 /mnt/etc/passwd', true)).toMatch(root);
      expect(await print('cat /mnt/all/etc/written', true)).toBe('kept\n');
      await subject.until(subject.runtime.removeTree('contract-tree-true'));
      expect(await print('cat /mnt/all/etc/written || echo gone', true)).toBe('gone\n');
      await subject.until(subject.runtime.removeTree('contract-tree-true'));
    });

    it('reads and makes files of a container, whether it runs or not', async () => {
      const subject = await makeSubject();
      const { runtime, until } = subject;
      const launch = launchOf(subject, ['sleep', '1000']);
      const files: ContainerFiles = { ...launch, mounts: [] };
      const pieces = async function* (entries: Record<string, string | undefined>): AsyncGenerator<TreePiece> {
        for (const [path, content] of Object.entries(entries)) {
          const common = { path, uid: 0, gid: 0, mtime: 1_500_000_000 };
          if (content === undefined) yield { file: { ...common, type: 'directory', mode: 0o750 }, sizeBytes: 0 };
          else yield { file: { ...common, type: 'file', mode: 0o640 }, sizeBytes: content.length };
          if (content) yield { content: bytes(content) };
        }
      };
      const read = async (path: string): Promise<Record<string, string>> => {
        const found: Record<string, string> = {};
        let last = '';
        for await (const piece of runtime.readTree(files, path)) {
          if ('file' in piece) found[(last = piece.file.path)] = piece.file.type === 'file' ? '' : piece.file.type;
          else found[last] += new TextDecoder().decode(piece.content);
        }
        return found;
      };
      const write = (entries: Record<string, string | undefined>, keepKinds = true): Promise<void> =>
        until(runtime.writeTree(files, '/srv', pieces(entries), { keepKinds }));

      // Never started, then running, then stopped.
      expect(await until(runtime.findFile(files, '/etc/passwd', false))).toMatchObject({ path: '/etc/passwd', type: 'file' });
      expect(await until(runtime.findFile(files, '/etc/none', false))).toBeUndefined();
      await write({ a: undefined, 'a/one': 'first', 'b/two': 'second' });
      const process = await until(runtime.start(launch));
      const output = collect(process);
      expect(await until(read('/srv'))).toEqual({ '': 'directory', a: 'directory', 'a/one': 'first', b: 'directory', 'b/two': 'second' });
      expect(await until(read('/srv/a/one'))).toEqual({ '': 'first' });
      await write({ 'a/one': 'changed', 'a/large': 'x'.repeat(700_000) });
      const cat = await until(runtime.exec(launch.containerId, execOf(['cat', '/srv/a/one'])));
      expect((await until(collect(cat))).stdout).toBe('changed');
      await until(runtime.signal(launch.containerId, 9));
      await until(Promise.all([process.exit, output]));
      const { 'a/large': large, ...rest } = await until(read('/srv'));
      expect([rest, large?.length]).toEqual([
        { '': 'directory', a: 'directory', 'a/one': 'changed', b: 'directory', 'b/two': 'second' },
        700_000,
      ]);
      await expect(write({ a: 'a file' })).rejects.toMatchObject({
        code: 'EEXIST',
        message: expect.stringContaining('cannot overwrite directory') as string,
      });
      await expect(write({ 'a/one': undefined })).rejects.toMatchObject({ code: 'EEXIST' });
      await write({ a: 'a file' }, false);
      expect(await until(read('/srv/a'))).toEqual({ '': 'a file' });
      await expect(until(read('/none'))).rejects.toBeInstanceOf(FilesError);
      const failing = async function* (): AsyncGenerator<TreePiece> {
        yield* pieces({ before: 'made' });
        throw new Error('the sender stopped');
      };
      await expect(until(runtime.writeTree(files, '/srv', failing(), { keepKinds: true }))).rejects.toThrow('the sender stopped');
      await until(runtime.removeWritable(launch.containerId));
    });

    it('mounts in the node, shows it to containers, and takes it off', async () => {
      const subject = await makeSubject();
      const { runtime, until } = subject;
      const target = '/var/lib/docker/contract/mounted';
      const isMounted = async (): Promise<boolean> => (await until(runtime.nodeMounts())).some(({ path }) => path === target);
      const print = async (command: string): Promise<string> => {
        const launch = launchOf(subject, ['sh', '-c', command]);
        launch.config.mounts.push({ destination: '/mnt', type: 'bind', source: target, options: ['rbind', 'rprivate'] });
        const process = await until(runtime.start(launch));
        const [{ stdout }] = await until(Promise.all([collect(process), process.exit]));
        await until(runtime.removeWritable(launch.containerId));
        return stdout;
      };
      await until(runtime.mountInNode({ source: 'contract', target, type: 'tmpfs', flags: 0, data: 'mode=755' }));
      expect([await isMounted(), await until(runtime.findInNode(target))]).toMatchObject([true, { path: target, type: 'directory' }]);
      expect(await print('echo kept > /mnt/file')).toBe('');
      expect(await until(runtime.findInNode(`${target}/../mounted/file`))).toMatchObject({
        path: `${target}/file`,
        type: 'file',
        sizeBytes: 5,
      });
      expect(await print('cat /mnt/file')).toBe('kept\n');
      await until(runtime.unmountInNode(target));
      await until(runtime.unmountInNode(target));
      expect([await isMounted(), await until(runtime.findInNode(`${target}/file`))]).toEqual([false, undefined]);
      const bind = { target, type: 'none', flags: 0x1000, data: '' };
      await expect(until(runtime.mountInNode({ ...bind, source: '/nowhere' }))).rejects.toMatchObject({
        code: 'ENOENT',
        message: 'no such file or directory',
      });
      await expect(until(runtime.mountInNode({ ...bind, source: 'x', type: 'nosuchfs', flags: 0 }))).rejects.toMatchObject({
        code: 'ENODEV',
      });
      const root = (await until(runtime.nodeMounts())).find(({ path }) => path === '/');
      expect(root).toMatchObject({ shared: true });
    });

    it('starts several at once', async () => {
      const subject = await makeSubject();
      const results = await subject.until(Promise.all([1, 2, 3, 4, 5].map((number) => run(subject, ['echo', String(number)]))));
      expect(results.map((result) => result.stdout)).toEqual(['1\n', '2\n', '3\n', '4\n', '5\n']);
    });
  });
}
