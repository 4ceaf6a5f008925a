import { beforeEach, describe, expect, it } from 'vitest';
import { errno } from './errno.ts';
import { MemoryFs } from './memory-fs.ts';
import { message } from './protocol.ts';
import { P9Server } from './server.ts';
import { bytes, encodeMessage, refusalOf, ReplyReader, TestClient, text, u16, u32, u64, u8 } from './test-client.ts';

let files: MemoryFs;
let client: TestClient;

beforeEach(() => {
  let now = 1_700_000_000_000_000_000n;
  files = new MemoryFs({ limitBytes: 1 << 20, limitInodes: 1000, nowNs: () => now++ });
  client = new TestClient(new P9Server(files));
});

describe('files', () => {
  it('are written, read and listed with their types', () => {
    client.mkdir('', 'etc');
    client.writeFile('etc', 'hosts', '127.0.0.1 localhost\n');
    client.with('etc', (fid) => client.call('symlink', u32(fid), text('link'), text('hosts'), u32(0)));
    expect(client.readFile('etc/hosts')).toBe('127.0.0.1 localhost\n');
    expect(client.list('etc').map(({ name, type }) => [name, type])).toEqual([
      ['.', 4],
      ['..', 4],
      ['hosts', 8],
      ['link', 10],
    ]);
    expect(client.with('etc/link', (fid) => client.call('readlink', u32(fid)).text())).toBe('hosts');
  });

  it('belong to who attached and the group of the request', () => {
    client.call('attach', u32(50), u32(0xffffffff), text(''), text(''), u32(1000));
    client.call('lcreate', u32(50), text('mine'), u32(0o102), u32(0o100600), u32(1001));
    expect(client.stat('mine')).toMatchObject({ uid: 1000, gid: 1001, mode: 0o100600, links: 1, size: 0 });
  });

  it('stay readable through an open fid after their name is gone, then give their space back', () => {
    client.writeFile('', 'log', 'x'.repeat(5000));
    const before = files.usage().usedBytes;
    const fid = client.walk('log');
    client.call('lopen', u32(fid), u32(2));
    client.call('unlinkat', u32(client.root), text('log'), u32(0));
    expect(client.call('read', u32(fid), u64(4990), u32(100)).u32()).toBe(10);
    expect(files.usage().usedBytes).toBe(before);
    client.call('clunk', u32(fid));
    expect(files.usage().usedBytes).toBeLessThan(before - 5000);
  });

  it('append at their end whatever offset is named', () => {
    client.writeFile('', 'log', 'one\n');
    client.with('log', (fid) => {
      client.call('lopen', u32(fid), u32(0o2001));
      client.call('write', u32(fid), u64(0), u32(4), bytes(new TextEncoder().encode('two\n')));
    });
    expect(client.readFile('log')).toBe('one\ntwo\n');
  });

  it('have holes that read as zeros', () => {
    client.with('', (fid) => {
      client.call('lcreate', u32(fid), text('sparse'), u32(0o102), u32(0o644), u32(0));
      client.call('write', u32(fid), u64(200_000), u32(1), bytes(Uint8Array.of(1)));
      const reply = client.call('read', u32(fid), u64(199_998), u32(10));
      expect([...reply.raw(reply.u32())]).toEqual([0, 0, 1]);
    });
    expect(client.stat('sparse').size).toBe(200_001);
  });

  it('are made exclusively when asked', () => {
    client.writeFile('', 'lock', '');
    expect(refusalOf(() => client.with('', (fid) => client.call('lcreate', u32(fid), text('lock'), u32(0o302), u32(0o644), u32(0))))).toBe(
      errno.EEXIST,
    );
  });

  it('refuse what exceeds the disk, leaving the file as it was', () => {
    client.writeFile('', 'data', 'before');
    const big = new Uint8Array(60_000);
    const fid = client.walk('data');
    client.call('lopen', u32(fid), u32(1));
    const refused = refusalOf(() => {
      for (let offset = 0; ; offset += big.length) client.call('write', u32(fid), u64(offset + 6), u32(big.length), bytes(big));
    });
    expect(refused).toBe(errno.ENOSPC);
    expect(files.usage().usedBytes).toBeLessThanOrEqual(1 << 20);
    client.call('setattr', u32(fid), u32(8), u32(0), u32(0), u32(0), u64(6), u64(0), u64(0), u64(0), u64(0));
    client.call('clunk', u32(fid));
    expect(client.readFile('data')).toBe('before');
  });
});

describe('directories', () => {
  it('are read to the end while what was read is removed', () => {
    for (let i = 0; i < 40; i++) client.writeFile('', `file-${i}`, '');
    const fid = client.walk('');
    client.call('lopen', u32(fid), u32(0));
    for (let offset = 0; ;) {
      const reply = client.call('readdir', u32(fid), u64(offset), u32(150));
      if (reply.u32() === 0) break;
      while (reply.rest > 0) {
        reply.qid();
        offset = reply.u64();
        reply.u8();
        const name = reply.text();
        if (!name.startsWith('.')) client.call('unlinkat', u32(client.root), text(name), u32(0));
      }
    }
    expect(client.list('').map(({ name }) => name)).toEqual(['.', '..']);
  });

  it('are removed only when empty, and only as directories', () => {
    client.mkdir('', 'a');
    client.writeFile('a', 'b', '');
    expect(refusalOf(() => client.call('unlinkat', u32(client.root), text('a'), u32(0x200)))).toBe(errno.ENOTEMPTY);
    expect(refusalOf(() => client.call('unlinkat', u32(client.root), text('a'), u32(0)))).toBe(errno.EISDIR);
    client.with('a', (fid) => client.call('unlinkat', u32(fid), text('b'), u32(0)));
    client.call('unlinkat', u32(client.root), text('a'), u32(0x200));
    expect(refusalOf(() => client.walk('a'))).toBe(errno.ENOENT);
  });

  it('count their subdirectories as links', () => {
    client.mkdir('', 'a');
    client.mkdir('a', 'b');
    client.mkdir('a', 'c');
    expect(client.stat('a').links).toBe(4);
    client.with('a', (fid) => client.call('renameat', u32(fid), text('b'), u32(client.root), text('b')));
    expect([client.stat('a').links, client.stat('').links]).toEqual([3, 4]);
  });

  it('do not move into themselves', () => {
    client.mkdir('', 'a');
    client.mkdir('a', 'b');
    expect(client.with('a/b', (fid) => refusalOf(() => client.call('renameat', u32(client.root), text('a'), u32(fid), text('c'))))).toBe(
      errno.EINVAL,
    );
  });

  it('hold 300 names of the greatest length', () => {
    const name = (i: number): string => `${i}`.padEnd(255, 'n');
    for (let i = 0; i < 300; i++) client.writeFile('', name(i), '');
    expect(client.list('', 4000)).toHaveLength(302);
    expect(refusalOf(() => client.writeFile('', 'n'.repeat(256), ''))).toBe(errno.ENAMETOOLONG);
  });
});

describe('names', () => {
  it('that are not UTF-8 survive', () => {
    const raw = Uint8Array.of(0x66, 0xff, 0xc3, 0xa9, 0x80);
    const create = [u32(client.root), u16(raw.length), bytes(raw), u32(0o755), u32(0)] as const;
    client.call('mkdir', ...create);
    const reply = client.with('', (fid) => {
      client.call('lopen', u32(fid), u32(0));
      return client.call('readdir', u32(fid), u64(2), u32(1000));
    });
    reply.raw(4 + 13 + 8 + 1);
    expect([...reply.raw(reply.u16())]).toEqual([...raw]);
  });

  it('with slashes, and the two special ones, are refused', () => {
    for (const name of ['', '.', '..', 'a/b', 'a\0b']) expect(refusalOf(() => client.mkdir('', name))).toBe(errno.EINVAL);
  });
});

describe('links and nodes', () => {
  it('share what they name', () => {
    client.writeFile('', 'one', 'text');
    client.with('one', (fid) => client.call('link', u32(client.root), u32(fid), text('two')));
    expect(client.stat('two')).toMatchObject({ links: 2, id: client.stat('one').id });
    client.call('unlinkat', u32(client.root), text('one'), u32(0));
    expect(client.readFile('two')).toBe('text');
  });

  it('keep device numbers as Linux encodes them', () => {
    client.call('mknod', u32(client.root), text('sda300'), u32(0o060660), u32(8), u32(300), u32(6));
    expect(client.stat('sda300')).toMatchObject({ mode: 0o060660, rdev: (300 & 0xff) | (8 << 8) | ((300 & ~0xff) << 12) });
  });
});

describe('attributes', () => {
  it('change as asked and no further', () => {
    client.writeFile('', 'f', 'abcdef');
    client.with('f', (fid) =>
      client.call(
        'setattr',
        u32(fid),
        u32(0x1 | 0x2 | 0x8 | 0x20 | 0x100),
        u32(0o104755),
        u32(7),
        u32(9),
        u64(3),
        u64(0),
        u64(0),
        u64(1234),
        u64(5),
      ),
    );
    expect(client.stat('f')).toMatchObject({ mode: 0o104755, uid: 7, gid: 0, size: 3, mtime: 1234 });
    expect(client.readFile('f')).toBe('abc');
  });

  it('of the extended kind are set, listed, read and removed', () => {
    client.writeFile('', 'f', '');
    const set = (name: string, value: string, flags = 0): void =>
      client.with('f', (fid) => {
        client.call('xattrcreate', u32(fid), text(name), u64(value.length), u32(flags));
        if (value) client.call('write', u32(fid), u64(0), u32(value.length), bytes(new TextEncoder().encode(value)));
      });
    set('user.a', 'one');
    set('trusted.overlay.opaque', 'y');
    expect(client.xattr('f', 'user.a')).toBe('one');
    expect(client.xattr('f', '')).toBe('user.a\0trusted.overlay.opaque\0');
    expect(refusalOf(() => set('user.a', 'two', 1))).toBe(errno.EEXIST);
    set('user.a', '');
    expect(refusalOf(() => client.xattr('f', 'user.a'))).toBe(errno.ENODATA);
    expect(refusalOf(() => set('system.x', 'y'))).toBe(errno.EOPNOTSUPP);
  });

  it('of the file system say what is left', () => {
    const reply = client.call('statfs', u32(client.root));
    expect([reply.u32(), reply.u32(), reply.u64()]).toEqual([0x01021997, 4096, 256]);
  });
});

describe('the conversation', () => {
  it('agrees on a message size and forgets every fid when it starts anew', () => {
    client.walk('');
    const reply = client.call('version', u32(1 << 30), text('9P2000.L'));
    expect([reply.u32(), reply.text()]).toEqual([512 * 1024, '9P2000.L']);
    expect(client.server.fids.count).toBe(0);
    expect(
      client
        .call('version', u32(8192), text('9P2000.u'))
        .raw(4 + 2 + 7)
        .subarray(6),
    ).toEqual(new TextEncoder().encode('unknown'));
  });

  it('walks as far as it gets and makes the new fid only at the end', () => {
    client.mkdir('', 'a');
    expect(client.call('walk', u32(client.root), u32(9), u16(2), text('a'), text('nope')).u16()).toBe(1);
    expect(refusalOf(() => client.call('clunk', u32(9)))).toBe(errno.EBADF);
    expect(refusalOf(() => client.call('walk', u32(client.root), u32(9), u16(1), text('nope')))).toBe(errno.ENOENT);
    expect(client.call('walk', u32(client.root), u32(9), u16(3), text('a'), text('..'), text('a')).u16()).toBe(3);
  });

  it('attaches below the root when a path is named', () => {
    client.mkdir('', 'node1');
    client.mkdir('node1', 'home');
    client.call('attach', u32(60), u32(0xffffffff), text(''), text('/node1/home'), u32(0));
    client.call('mkdir', u32(60), text('x'), u32(0o755), u32(0));
    expect(client.stat('node1/home/x').mode).toBe(0o040755);
  });

  it('grants every lock', () => {
    client.writeFile('', 'f', '');
    client.with('f', (fid) => {
      expect(client.call('lock', u32(fid), u8(1), u32(0), u64(0), u64(0), u32(1), text('node1')).u8()).toBe(0);
      expect(client.call('getlock', u32(fid), u8(1), u64(0), u64(10), u32(1), text('node1')).u8()).toBe(2);
    });
  });

  it('goes on after being saved and restored', () => {
    client.writeFile('', 'open', 'still here');
    const fid = client.walk('open');
    client.call('lopen', u32(fid), u32(0));
    client.call('unlinkat', u32(client.root), text('open'), u32(0));
    const server = new P9Server(files);
    server.restore(client.server.save());
    const reply = new ReplyReader(server.handle(encodeMessage(message.read, 1, [u32(fid), u64(0), u32(100)])));
    expect(new TextDecoder().decode(reply.raw(reply.u32()))).toBe('still here');
  });
});
