/** What the engine and the editor write, the guest reads, and the other way round. */
import { beforeEach, describe, expect, it } from 'vitest';
import { fileType } from './inode.ts';
import { MemoryFs } from './memory-fs.ts';
import { MemoryStorage } from './memory-storage.ts';
import { P9Server } from './server.ts';
import { SharedHome } from './shared-home.ts';
import { refusalOf, TestClient, text, u32 } from './test-client.ts';

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

let files: MemoryFs;
let client: TestClient;
let storage: MemoryStorage;
let home: SharedHome;

beforeEach(() => {
  files = new MemoryFs({ limitBytes: 100_000, limitInodes: 1000, nowNs: () => 0n });
  client = new TestClient(new P9Server(files));
  storage = new MemoryStorage(files, 'node1/docker');
  home = new SharedHome(files, 'node1/home');
});

describe('MemoryStorage', () => {
  it('is the guest’s directory', () => {
    storage.write('containers/abc/hostname', encode('web\n'), 0o600);
    expect(client.readFile('node1/docker/containers/abc/hostname')).toBe('web\n');
    expect(client.stat('node1/docker/containers/abc/hostname').mode).toBe(0o100600);
    client.writeFile('node1/docker', 'from-guest', 'hello');
    expect(decode(storage.read('from-guest'))).toBe('hello');
    expect(storage.list('')).toEqual(['containers', 'from-guest']);
  });

  it('keeps the inode when a file is written again, as mounts of it need', () => {
    storage.write('hosts', encode('one'));
    const { id } = client.stat('node1/docker/hosts');
    storage.write('hosts', encode('two'));
    expect(client.stat('node1/docker/hosts').id).toBe(id);
  });

  it('appends, moves, measures and removes', () => {
    storage.append('a/log', encode('1\n'));
    storage.append('a/log', encode('2\n'));
    storage.rename('a/log', 'b/log.1');
    expect([storage.sizeBytes('b/log.1'), storage.sizeBytes('a/log'), storage.sizeBytes('b')]).toEqual([4, undefined, undefined]);
    storage.remove('b');
    storage.remove('b');
    expect(storage.list('')).toEqual(['a']);
  });

  it('says in words that the disk is full, and stays as it was', () => {
    storage.write('small', encode('x'));
    expect(() => storage.write('small', new Uint8Array(200_000))).toThrow('/var/lib/docker/small: no space left on device');
    expect(decode(storage.read('small'))).toBe('x');
    expect(() => storage.write('new/large', new Uint8Array(200_000))).toThrow('no space left on device');
    expect(storage.list('new')).toEqual([]);
  });

  it('refuses to read what is longer than any memory', () => {
    client.writeFile('node1/docker', 'sparse', 'x');
    files.truncate(files.inode(client.stat('node1/docker/sparse').id)!, 2 ** 40);
    expect(() => storage.read('sparse')).toThrow('/var/lib/docker/sparse: file too large');
    expect(storage.sizeBytes('sparse')).toBe(2 ** 40);
  });

  it('removes a tree of any depth', async () => {
    files = new MemoryFs({ limitBytes: 1e8, limitInodes: 1e6, nowNs: () => 0n });
    let at = files.create(files.root, 'deep', fileType.directory | 0o755, { uid: 0, gid: 0 });
    for (let depth = 0; depth < 20_000; depth++) at = files.create(at, 'd', fileType.directory | 0o755, { uid: 0, gid: 0 });
    const top = new SharedHome(files, '');
    await top.remove('deep');
    expect([...(files.root.children?.keys() ?? [])]).toEqual([]);
  });

  it('does not lead outside', () => {
    expect(() => storage.write('../home/x', encode(''))).toThrow('EINVAL');
  });
});

describe('SharedHome', () => {
  it('is shared both ways', async () => {
    await home.write('app/Dockerfile', encode('FROM busybox\n'));
    expect(client.readFile('node1/home/app/Dockerfile')).toBe('FROM busybox\n');
    client.writeFile('node1/home', 'notes', 'guest');
    expect(decode(await home.read('notes'))).toBe('guest');
    expect(await home.list('')).toEqual([
      { name: 'app', type: 'directory', sizeBytes: 0 },
      { name: 'notes', type: 'file', sizeBytes: 5 },
    ]);
    await home.remove('app');
    expect(refusalOf(() => client.walk('node1/home/app'))).toBe(2);
    await expect(home.read('app')).rejects.toThrow('ENOENT');
  });

  it('tells of the guest’s changes, once, and not of its own', async () => {
    const seen: string[] = [];
    const stop = home.watch((path) => seen.push(path));
    await home.write('own', encode(''));
    client.writeFile('node1/home', 'theirs', 'text');
    client.with('node1/docker', (fid) => client.call('mkdir', u32(fid), text('elsewhere'), u32(0o755), u32(0)));
    await new Promise((resolve) => setTimeout(resolve, 80));
    stop();
    expect(seen).toEqual(['theirs']);
  });
});
