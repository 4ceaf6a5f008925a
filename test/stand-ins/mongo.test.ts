/**
 * The mongo stand-in, judged by MongoDB's own driver: documents, order, cursors, what survives, who is let in, and what is
 * refused. Runs the shipped program; where that cannot be run (no 32-bit Linux programs), nothing is tested here.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decimal128, Long, MongoClient, ObjectId, type Collection, type Document } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runsShipped, shippedProgram, startServer, type Server } from './run-program.ts';

const mongod = await shippedProgram('mongod');
const mongosh = await shippedProgram('mongosh');

interface Any extends Document {
  _id?: string | number | boolean | ObjectId | Document;
}

describe.runIf(runsShipped(mongod))('mongod', () => {
  let data: string;
  let server: Server;
  let client: MongoClient;
  let items: Collection<Any>;

  async function start(options: string[] = [], user = '', env: Record<string, string> = {}): Promise<void> {
    server = await startServer(
      mongod,
      (port) => ['--port', String(port), '--dbpath', data, ...options],
      'Waiting for connections',
      () => env,
    );
    client = new MongoClient(`mongodb://${user}127.0.0.1:${server.port}/`, { serverSelectionTimeoutMS: 10_000 });
    items = client.db('shop').collection<Any>('items');
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    await client.close();
    return server.stop(signal);
  }

  const refusal = (work: Promise<unknown>): Promise<{ code?: number; message: string }> =>
    work.then(
      () => {
        throw new Error('was not refused');
      },
      ({ code, message }: { code?: number; message: string }) => ({ ...(code !== undefined && { code }), message }),
    );

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'drydock-mongo-'));
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  describe('while it runs', () => {
    // One server for all of these: none leaves anything behind.
    beforeAll(async () => {
      data = mkdtempSync(join(tmpdir(), 'drydock-mongo-'));
      await start();
    });
    afterAll(async () => {
      expect(await stop()).toBe(0);
    });
    afterEach(() => client.db('shop').dropDatabase());

    test('values of every type come back as they went in', async () => {
      const document = {
        _id: new ObjectId('507f1f77bcf86cd799439011'),
        text: 'é\u0000☃',
        whole: 5,
        real: 5.5,
        long: Long.fromString('9007199254740993'),
        decimal: Decimal128.fromString('1.10'),
        date: new Date(0),
        none: null,
        yes: true,
        bytes: Buffer.from([1, 2, 3]),
        list: [1, 'a', { b: [] }],
        nested: { deep: { deeper: {} } },
        pattern: /a\/b/i,
      };
      await items.insertOne(document);
      const found = await client.db('shop').collection<Any>('items', { promoteLongs: false, promoteBuffers: true }).findOne();
      expect(JSON.stringify(found)).toBe(JSON.stringify(document));
    });

    test('filters', async () => {
      await items.insertMany([
        { _id: 1, n: 1, tags: ['a', 'b'], at: { x: 1 } },
        { _id: 2, n: 2.5, tags: ['b'], at: [{ x: 2 }, { x: 3 }] },
        { _id: 3, n: Long.fromNumber(3), none: null },
        { _id: 4, n: 'text' },
      ]);
      const ids = async (filter: Document): Promise<unknown[]> => (await items.find(filter).toArray()).map(({ _id }) => _id);
      expect(await ids({ n: 3 })).toEqual([3]);
      expect(await ids({ n: { $gt: 1, $lt: 3 } })).toEqual([2]);
      expect(await ids({ n: { $gte: 2.5 } })).toEqual([2, 3]);
      expect(await ids({ n: { $gt: 'a' } })).toEqual([4]);
      expect(await ids({ n: { $ne: 1 } })).toEqual([2, 3, 4]);
      expect(await ids({ n: { $in: [1, 'text'] } })).toEqual([1, 4]);
      expect(await ids({ n: { $nin: [1, 'text'] } })).toEqual([2, 3]);
      expect(await ids({ tags: 'b' })).toEqual([1, 2]);
      expect(await ids({ tags: ['b'] })).toEqual([2]);
      expect(await ids({ tags: { $size: 2 } })).toEqual([1]);
      expect(await ids({ tags: { $all: ['a', 'b'] } })).toEqual([1]);
      expect(await ids({ 'at.x': 3 })).toEqual([2]);
      expect(await ids({ 'at.0.x': 2 })).toEqual([2]);
      expect(await ids({ at: { $elemMatch: { x: { $gt: 2 } } } })).toEqual([2]);
      expect(await ids({ none: null })).toEqual([1, 2, 3, 4]);
      expect(await ids({ none: { $exists: true } })).toEqual([3]);
      expect(await ids({ tags: { $exists: false } })).toEqual([3, 4]);
      expect(await ids({ $or: [{ n: 1 }, { _id: 4 }] })).toEqual([1, 4]);
      expect(await ids({ $and: [{ n: { $gt: 0 } }, { tags: 'a' }] })).toEqual([1]);
      expect(await ids({ $nor: [{ n: 1 }, { _id: 4 }] })).toEqual([2, 3]);
      expect(await ids({ n: { $not: { $gt: 1 } } })).toEqual([1, 4]);
      expect(await ids({ n: { $type: 'string' } })).toEqual([4]);
      expect(await ids({ n: { $mod: [2, 1] } })).toEqual([1, 3]);
    });

    test('order, skip, limit and projections', async () => {
      await items.insertMany([
        { _id: 'a' },
        { _id: 5, v: { w: 1, z: 2 } },
        { _id: { k: 1 }, v: 3 },
        { _id: 1.5, v: [1, { w: 2, z: 1 }] },
        { _id: true },
      ]);
      expect((await items.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual([1.5, 5, 'a', { k: 1 }, true]);
      expect((await items.find().sort({ _id: -1 }).skip(1).limit(2).toArray()).map(({ _id }) => _id)).toEqual([{ k: 1 }, 'a']);
      expect(await items.find({ v: { $exists: true } }, { projection: { 'v.w': 1, _id: 0 } }).toArray()).toEqual([
        { v: { w: 1 } },
        {},
        { v: [{ w: 2 }] },
      ]);
      expect(await items.find({ _id: 5 }, { projection: { 'v.w': 0 } }).toArray()).toEqual([{ _id: 5, v: { z: 2 } }]);
      expect(await items.find({ _id: 5 }, { projection: { v: 1 } }).toArray()).toEqual([{ _id: 5, v: { w: 1, z: 2 } }]);
    });

    test('updates', async () => {
      await items.insertOne({ _id: 1, n: 1, list: [1], sub: { a: 1 } });
      const after = async (update: Document): Promise<Any | null> => {
        await items.updateOne({ _id: 1 }, update);
        return items.findOne();
      };
      expect(await after({ $set: { 'sub.b': 2, 'new.x': [] }, $unset: { n: '' } })).toEqual({
        _id: 1,
        list: [1],
        sub: { a: 1, b: 2 },
        new: { x: [] },
      });
      expect(await after({ $inc: { n: 2, 'sub.a': -0.5 }, $push: { list: { $each: [2, 3] } } })).toMatchObject({
        n: 2,
        sub: { a: 0.5 },
        list: [1, 2, 3],
      });
      expect(await after({ $pull: { list: { $gt: 2 } }, $addToSet: { 'new.x': 'q' } })).toMatchObject({ list: [1, 2], new: { x: ['q'] } });
      expect(await after({ $set: { 'list.3': 9 }, $rename: { sub: 'other' }, $min: { n: 1 }, $mul: { m: 5 } })).toMatchObject({
        list: [1, 2, null, 9],
        other: { a: 0.5, b: 2 },
        n: 1,
        m: 0,
      });
      expect(await items.replaceOne({ _id: 1 }, { z: 1 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
      expect(await items.updateOne({ _id: 1 }, { $set: { z: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
      expect(await items.updateOne({ k: 7, 'p.q': 8 }, { $set: { z: 2 }, $setOnInsert: { s: 1 } }, { upsert: true })).toMatchObject({
        upsertedCount: 1,
      });
      expect(await items.findOne({ k: 7 })).toMatchObject({ k: 7, p: { q: 8 }, z: 2, s: 1 });
      expect(await items.updateMany({}, { $inc: { z: 1 } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
      expect(await items.findOneAndUpdate({ _id: 1 }, { $inc: { z: 5 } }, { returnDocument: 'after' })).toEqual({ _id: 1, z: 7 });
      expect(await items.findOneAndDelete({ _id: 1 })).toEqual({ _id: 1, z: 7 });
      expect(await items.deleteMany({})).toMatchObject({ deletedCount: 1 });
    });

    test('twenty thousand documents, in batches, sorted and deleted', async () => {
      await items.insertMany(Array.from({ length: 20_000 }, (_, i) => ({ _id: i, r: (i * 7919) % 20_000 })));
      const sorted = await items.find().sort({ r: -1 }).toArray();
      expect(sorted.map(({ r }) => r as number)).toEqual(Array.from({ length: 20_000 }, (_, i) => 19_999 - i));
      const cursor = items.find().batchSize(7);
      for (let i = 0; i < 30; i++) expect(await cursor.next()).toMatchObject({ _id: i });
      await cursor.close();
      expect(await items.deleteMany({ r: { $gte: 10 } })).toEqual({ acknowledged: true, deletedCount: 19_990 });
      expect(await items.countDocuments()).toBe(10);
      await items.insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: 30_000 + i })));
      expect(await items.countDocuments({ _id: { $gte: 30_500 } })).toBe(500);
    });

    test('counting, distinct values and groups', async () => {
      await items.insertMany([{ k: 'a', n: 1 }, { k: 'b', n: 2 }, { k: 'a', n: 3.5, tags: ['x', 'y'] }, { tags: ['y'] }]);
      expect([await items.countDocuments({ k: 'a' }), await items.estimatedDocumentCount()]).toEqual([2, 4]);
      expect((await items.distinct('tags')).sort()).toEqual(['x', 'y']);
      const groups = await items
        .aggregate([
          { $match: { k: { $exists: true } } },
          { $group: { _id: '$k', sum: { $sum: '$n' }, most: { $max: '$n' }, count: { $sum: 1 } } },
          { $sort: { _id: 1 } },
        ])
        .toArray();
      expect(groups).toEqual([
        { _id: 'a', sum: 4.5, most: 3.5, count: 2 },
        { _id: 'b', sum: 2, most: 2, count: 1 },
      ]);
    });

    test('databases and collections', async () => {
      await client.db('shop').createCollection('empty');
      await items.insertOne({});
      expect((await client.db().admin().listDatabases()).databases.map(({ name }) => name)).toEqual(['shop']);
      expect((await client.db('shop').listCollections().toArray()).map(({ name }) => name)).toEqual(['empty', 'items']);
      expect(await items.indexes()).toMatchObject([{ name: '_id_', key: { _id: 1 } }]);
      expect(await client.db('shop').dropCollection('empty')).toBe(true);
      expect((await client.db().admin().buildInfo())['standIn']).toContain('not MongoDB');
    });

    test('what is wrong or not there is refused in words', async () => {
      await items.insertOne({ _id: 's', a: 1 });
      expect(await refusal(items.insertOne({ _id: 's' }))).toEqual({
        code: 11000,
        message: 'E11000 duplicate key error collection: shop.items index: _id_ dup key: { _id: "s" }',
      });
      const standIn = (text: string): unknown => ({
        code: 115,
        message: expect.stringContaining(`stand-in for MongoDB: ${text}`) as string,
      });
      expect(await refusal(items.createIndex({ email: 1 }, { unique: true }))).toEqual(
        standIn("it has the index on _id and no other, so 'email_1' was not made"),
      );
      expect(await refusal(items.find({ a: /x/ }).toArray())).toEqual(standIn('filters have no regular expressions'));
      expect(await refusal(items.find({ $where: '1' }).toArray())).toEqual(standIn('filters have no $where; they know $eq'));
      expect(await refusal(items.aggregate([{ $lookup: {} }]).toArray())).toEqual(standIn('aggregations have no $lookup'));
      expect(await refusal(items.updateOne({}, [{ $set: { a: 1 } }]))).toEqual(standIn('updates are documents here'));
      expect(await refusal(items.find({ a: { $foo: 1 } }).toArray())).toEqual({ code: 2, message: 'unknown operator: $foo' });
      expect(await refusal(client.db('shop').command({ nosuch: 1 }))).toEqual({ code: 59, message: "no such command: 'nosuch'" });
      expect(await refusal(items.updateOne({}, { $set: { a: 1 }, $inc: { a: 1 } }))).toMatchObject({ code: 40 });
      expect(await refusal(items.updateOne({}, { $set: { 'a.b': 1 } }))).toMatchObject({ code: 28 });
      expect(await refusal(items.updateOne({}, { $set: { _id: 2 } }))).toMatchObject({ code: 66 });
      expect(await refusal(items.insertOne({ _id: [1] }))).toMatchObject({ code: 53 });
      expect(await refusal(client.db('shop').collection('admin$').insertOne({}))).toMatchObject({ code: 73 });
      await refusal(client.withSession((session) => session.withTransaction(() => items.insertOne({}, { session }))));
    });

    test('documents up to 16 MB, nested up to a hundred levels, and not beyond', async () => {
      const text = 'x'.repeat(16 * 1024 * 1024 - 40);
      await items.insertOne({ _id: 1, text });
      expect((await items.findOne())!['text']).toHaveLength(text.length);
      await refusal(items.updateOne({}, { $set: { more: 'x'.repeat(100) } }));
      const nested = (levels: number): Document => (levels === 0 ? {} : { a: nested(levels - 1) });
      await items.insertOne({ _id: 2, ...nested(97) });
      await refusal(items.insertOne({ _id: 3, ...nested(120) }));
    });

    test('mongosh', async () => {
      await items.insertMany([{ _id: 1, a: 'x' }, { _id: 2 }]);
      const say = (statements: string): { status: number | null; stdout: string; stderr: string } => {
        const { status, stdout, stderr } = spawnSync(mongosh, ['--quiet', '--port', String(server.port), 'shop', '--eval', statements], {
          encoding: 'utf8',
        });
        return { status, stdout, stderr };
      };
      expect(say('db.items.find()')).toEqual({ status: 0, stderr: '', stdout: "[ { _id: 1, a: 'x' }, { _id: 2 } ]\n" });
      expect(say('db.items.find({_id: 7}).toArray()').stdout).toBe('[]\n');
      expect(say('db.items.findOne({a: "x"})').stdout).toBe("{ _id: 1, a: 'x' }\n");
      expect(say('db.items.insertOne({a: 1})').stdout).toMatch(
        /^\{\n {2}acknowledged: true,\n {2}insertedId: ObjectId\('[0-9a-f]{24}'\)\n\}\n$/,
      );
      expect(say('db.items.deleteOne({_id: 1})').stdout).toBe('{ acknowledged: true, deletedCount: 1 }\n');
      expect(say('show collections; db.items.countDocuments()').stdout).toBe('items\n2\n');
      expect(say('use other\ndb').stdout).toBe('other\n');
      expect(say('for (let i = 0; i < 3; i++) {}')).toEqual({
        status: 1,
        stdout: '',
        stderr: "SyntaxError: 'for': this stand-in for mongosh is no JavaScript; help shows what it knows\n",
      });
      expect(say('db.items.nosuch()').stderr).toContain('a collection has insertOne insertMany find');
      expect(say('db.items.find({$where: 1})')).toMatchObject({ status: 1, stdout: '' });
    });
  });

  test('what was written survives kill -9, and a broken end of the journal is cut off', async () => {
    await start();
    await items.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: i })));
    await items.updateMany({ _id: { $lt: 10 } }, { $set: { a: 1 } });
    await items.deleteMany({ _id: { $gte: 400 } });
    await client.db('gone').collection('x').insertOne({});
    await client.db('gone').dropDatabase();
    expect(await stop('SIGKILL')).toBe('SIGKILL');

    const journal = join(data, 'drydock.journal');
    appendFileSync(journal, Buffer.from('half of a record that a kill cut off'));
    await start();
    expect(server.log()).toContain('The journal ends with a damaged record');
    expect([await items.countDocuments(), await items.countDocuments({ a: 1 })]).toEqual([400, 10]);
    expect((await client.db().admin().listDatabases()).databases.map(({ name }) => name)).toEqual(['shop']);
    await items.insertOne({ _id: 'last' }, { writeConcern: { j: true } });
    expect(await stop('SIGKILL')).toBe('SIGKILL');

    // Cut within the last record: that one is lost, all others are there.
    truncateSync(journal, statSync(journal).size - 3);
    await start();
    expect([await items.countDocuments(), await items.findOne({ _id: 'last' })]).toEqual([400, null]);
    expect(await stop()).toBe(0);
  });

  test('the journal is written anew when most of it is about the past', async () => {
    await start();
    const text = 'x'.repeat(100_000);
    for (let i = 0; i < 80; i++) await items.replaceOne({ _id: i % 2 }, { text: text + i }, { upsert: true });
    expect(server.log()).toContain('The journal was written anew');
    expect(statSync(join(data, 'drydock.journal')).size).toBeLessThan(6e6);
    await stop('SIGKILL');
    await start();
    expect((await items.findOne({ _id: 1 }))!['text']).toBe(`${text}79`);
    expect((await items.findOne({ _id: 0 }))!['text']).toBe(`${text}78`);
    await stop();
  });

  test('documents take no more memory than was allowed', async () => {
    await start(['--wiredTigerCacheSizeGB', '0.005']);
    const text = 'x'.repeat(1_000_000);
    for (let i = 0; i < 5; i++) await items.insertOne({ _id: i, text });
    expect(await refusal(items.insertOne({ _id: 6, text }))).toEqual({
      code: 14031,
      message: expect.stringContaining('documents take up all of the 5 MB that it keeps (--wiredTigerCacheSizeGB sets how much)') as string,
    });
    await items.deleteOne({ _id: 0 });
    await items.insertOne({ _id: 6, text });
    await stop();
  });

  test('what cannot be written is undone: memory and disk say the same', async () => {
    // A shell's limit on the size of files stands for a disk that is full.
    const limited = `ulimit -f 300; exec ${mongod} "$@"`;
    server = await startServer(
      'bash',
      (port) => ['-c', limited, 'mongod', '--port', String(port), '--dbpath', data],
      'Waiting for connections',
    );
    client = new MongoClient(`mongodb://127.0.0.1:${server.port}/`);
    items = client.db('shop').collection<Any>('items');
    const text = 'x'.repeat(50_000);
    await items.insertMany([0, 1, 2, 3].map((_id) => ({ _id, text })));
    const full = { code: 14031, message: 'the journal cannot be written: File too large' };
    expect(await refusal(items.insertMany([4, 5, 6].map((_id) => ({ _id, text }))))).toMatchObject(full);
    expect(await refusal(items.updateMany({}, { $set: { more: text } }))).toMatchObject(full);
    expect(
      await refusal(
        client
          .db('new')
          .collection('x')
          .insertOne({ text: text + text + text }),
      ),
    ).toMatchObject(full);
    const state = async (): Promise<unknown> => [
      (await items.find({}, { projection: { text: 0 } }).toArray()).map((each) => each),
      (await client.db().admin().listDatabases()).databases.map(({ name }) => name),
    ];
    const before = await state();
    expect(before).toEqual([[{ _id: 0 }, { _id: 1 }, { _id: 2 }, { _id: 3 }], ['shop']]);
    // What is small still fits, and goes on behind the last whole record.
    await items.insertOne({ _id: 7 });
    await items.deleteOne({ _id: 3 });
    await stop('SIGKILL');
    await start();
    expect(await state()).toEqual([[{ _id: 0 }, { _id: 1 }, { _id: 2 }, { _id: 7 }], ['shop']]);
    await stop();
  });

  test('a second server on the same data is refused', async () => {
    await start();
    const second = spawnSync(mongod, ['--dbpath', data, '--port', '1'], { encoding: 'utf8' });
    expect(second).toMatchObject({ status: 100, stdout: expect.stringContaining('Another mongod instance is already running') as string });
    await stop();
    expect(spawnSync(mongod, ['--dbpath', join(data, 'nosuch')], { encoding: 'utf8' }).status).toBe(100);
    expect(spawnSync(mongod, ['--nosuch'], { encoding: 'utf8' })).toMatchObject({
      status: 2,
      stderr: "Error parsing command line: unrecognised option '--nosuch'\ntry 'mongod --help' for more information\n",
    });
  });

  test('with --auth, only users get in, by SCRAM-SHA-256', async () => {
    const env = { MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'se,c=ret' };
    await start(['--auth'], 'root:se%2Cc%3Dret@', env);
    await items.insertOne({ _id: 1 });
    await client.db('shop').command({ createUser: 'clerk', pwd: 'pw', roles: ['readWrite'] });
    expect(readFileSync(join(data, 'drydock.journal')).includes('se,c=ret')).toBe(false);
    const as = async (user: string): Promise<unknown> => {
      const other = new MongoClient(`mongodb://${user}127.0.0.1:${server.port}/shop`);
      try {
        return await other.db('shop').collection('items').countDocuments();
      } finally {
        await other.close();
      }
    };
    expect(await as('clerk:pw@')).toBe(1);
    for (const user of ['root:wrong@', 'clerk:wrong@', 'nobody:pw@'])
      expect(await refusal(as(user))).toMatchObject({ code: 18, message: 'Authentication failed.' });
    expect(await refusal(as(''))).toEqual({ code: 13, message: 'Command aggregate requires authentication' });
    await stop();
    // The variables make a user in an empty directory only.
    await start(['--auth'], 'root:se%2Cc%3Dret@', { ...env, MONGO_INITDB_ROOT_PASSWORD: 'other' });
    expect(await items.countDocuments()).toBe(1);
    await stop();
  });
});
