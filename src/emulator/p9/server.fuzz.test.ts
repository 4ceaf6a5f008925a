/** Whatever a guest sends, each message gets exactly one well-formed reply and nothing throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayerForest } from './layer-forest.ts';
import { MemoryFs } from './memory-fs.ts';
import { message } from './protocol.ts';
import { P9Server } from './server.ts';
import { encodeMessage, text, u16, u32, u64, u8 } from './test-client.ts';

const types = Object.values(message);

function servers(): P9Server[] {
  const files = new MemoryFs({ limitBytes: 100_000, limitInodes: 100, nowNs: () => 0n });
  const layers = new LayerForest();
  layers.put(`sha256:${'0'.repeat(64)}`, [
    { path: 'bin/sh', type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, content: new Uint8Array(100) },
  ]);
  return [new P9Server(files), new P9Server(layers)];
}

function check(server: P9Server, request: Uint8Array): void {
  const reply = server.handle(request);
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  expect(view.getUint32(0, true)).toBe(reply.length);
  if (request.length < 7) return;
  const asked = new DataView(request.buffer, request.byteOffset);
  expect(view.getUint16(5, true)).toBe(asked.getUint16(5, true));
  expect([asked.getUint8(4) + 1, message.lerror + 1]).toContain(view.getUint8(4));
}

/** Small numbers so that messages hit fids and names that exist. */
const fid = fc.nat(6);
const name = fc.constantFrom('a', 'b', 'c', '..', '.', '', 'bin', 'sh', `sha256-${'0'.repeat(64)}`, 'n'.repeat(300), 'x/y', '\udcff');
const number = fc.oneof(
  fc.nat(20),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0o100644, 0o040755, 0o060600, 0o120777, 0x7fffffff),
);
const big = fc.oneof(fc.nat(1000), fc.bigInt(0n, (1n << 64n) - 1n));
const field = fc.oneof(fid.map(u32), name.map(text), number.map(u32), big.map(u64), fc.nat(3).map(u16), fc.nat(255).map(u8));

/** Requests whose fields have the right kinds. */
const shaped = fc.oneof(
  fc
    .tuple(fid, fid, fc.array(name, { maxLength: 3 }))
    .map(([from, to, names]) => encodeMessage(message.walk, 1, [u32(from), u32(to), u16(names.length), ...names.map(text)])),
  fc
    .tuple(fid, name, number, number)
    .map(([at, file, flags, mode]) => encodeMessage(message.lcreate, 1, [u32(at), text(file), u32(flags), u32(mode), u32(0)])),
  fc.tuple(fid, name, number).map(([at, file, mode]) => encodeMessage(message.mkdir, 1, [u32(at), text(file), u32(mode), u32(0)])),
  fc
    .tuple(fid, name, number, number)
    .map(([at, file, mode, major]) => encodeMessage(message.mknod, 1, [u32(at), text(file), u32(mode), u32(major), u32(1), u32(0)])),
  fc.tuple(fid, fid, name).map(([at, to, file]) => encodeMessage(message.link, 1, [u32(at), u32(to), text(file)])),
  fc
    .tuple(fid, name, fid, name)
    .map(([at, file, to, other]) => encodeMessage(message.renameat, 1, [u32(at), text(file), u32(to), text(other)])),
  fc
    .tuple(fid, name, fc.constantFrom(0, 0x200))
    .map(([at, file, flags]) => encodeMessage(message.unlinkat, 1, [u32(at), text(file), u32(flags)])),
  fc.tuple(fid, number).map(([at, flags]) => encodeMessage(message.lopen, 1, [u32(at), u32(flags)])),
  fc.tuple(fid, big, number).map(([at, offset, count]) => encodeMessage(message.read, 1, [u32(at), u64(offset), u32(count)])),
  fc.tuple(fid, big, number).map(([at, offset, count]) => encodeMessage(message.readdir, 1, [u32(at), u64(offset), u32(count)])),
  fc
    .tuple(fid, big, fc.nat(400))
    .map(([at, offset, count]) => encodeMessage(message.write, 1, [u32(at), u64(offset), u32(count), ['bytes', new Uint8Array(count)]])),
  fc
    .tuple(fid, number, big, big)
    .map(([at, valid, size, time]) =>
      encodeMessage(message.setattr, 1, [
        u32(at),
        u32(valid),
        u32(0o777),
        u32(1),
        u32(1),
        u64(size),
        u64(time),
        u64(time),
        u64(time),
        u64(time),
      ]),
    ),
  fc
    .tuple(fid, name, big, number)
    .map(([at, file, size, flags]) => encodeMessage(message.xattrcreate, 1, [u32(at), text(`user.${file}`), u64(size), u32(flags)])),
  fc.tuple(fid, fid, name).map(([at, to, file]) => encodeMessage(message.xattrwalk, 1, [u32(at), u32(to), text(file && `user.${file}`)])),
  fc
    .tuple(fid, fc.constantFrom(message.clunk, message.remove, message.getattr, message.readlink, message.statfs, message.fsync))
    .map(([at, type]) => encodeMessage(type, 1, [u32(at), u64(0x7ff)])),
  fc.tuple(fid, name).map(([at, path]) => encodeMessage(message.attach, 1, [u32(at), u32(0xffffffff), text(''), text(path), u32(0)])),
);

const unshaped = fc
  .tuple(fc.oneof(fc.constantFrom(...types), fc.nat(255)), fc.array(field, { maxLength: 8 }))
  .map(([type, fields]) => encodeMessage(type, 1, fields));

/** A message with some bytes changed, or cut off. */
const mutated = fc
  .tuple(shaped, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }), fc.nat(80))
  .map(([request, changes, length]) => {
    const bytes = request.slice(0, Math.max(1, length));
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

describe('fuzz', () => {
  const run = (requests: fc.Arbitrary<Uint8Array>, numRuns: number): void =>
    fc.assert(
      fc.property(fc.array(requests, { minLength: 20, maxLength: 60 }), (messages) => {
        for (const server of servers()) {
          check(server, encodeMessage(message.attach, 1, [u32(0), u32(0xffffffff), text(''), text(''), u32(0)]));
          for (const request of messages) check(server, request);
          server.fids.clear();
        }
      }),
      { numRuns, seed: 9 },
    );

  it('well-shaped requests in any order', () => run(shaped, 300));
  it('fields of the wrong kind', () => run(unshaped, 200));
  it('changed and cut bytes', () => run(mutated, 300));
  it('noise', () => run(fc.uint8Array({ maxLength: 100 }), 200));
});
