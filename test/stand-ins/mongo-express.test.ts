/** The mongo-express stand-in over the mongo stand-in, both as shipped, asked over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runsShipped, shippedProgram, startServer, type Server } from './run-program.ts';

const mongod = await shippedProgram('mongod');
const express = await shippedProgram('mongo-express');

describe.runIf(runsShipped(mongod))('mongo-express', () => {
  let data: string;
  let database: Server;
  let page: Server;

  const startDatabase = (port?: number): Promise<Server> =>
    startServer(
      mongod,
      (free) => ['--port', String(port ?? free), '--dbpath', data, '--auth'],
      'Waiting for connections',
      () => ({ MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'pw' }),
    );

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'drydock-express-'));
    database = await startDatabase();
    page = await startServer(
      express,
      () => [],
      'listening at',
      (port) => ({
        PORT: String(port),
        ME_CONFIG_MONGODB_SERVER: '127.0.0.1',
        ME_CONFIG_MONGODB_PORT: String(database.port),
        ME_CONFIG_MONGODB_ADMINUSERNAME: 'root',
        ME_CONFIG_MONGODB_ADMINPASSWORD: 'pw',
      }),
    );
  });
  afterAll(async () => {
    expect([await page.stop(), await database.stop()]).toEqual([0, 0]);
    rmSync(data, { recursive: true, force: true });
  });

  const authorization = `Basic ${Buffer.from('admin:pass').toString('base64')}`;
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${page.port}${path}`, { headers: { authorization } });
    return { status: answer.status, text: await answer.text() };
  };
  const token = async (): Promise<string> => /name="token" value="([0-9a-f]{32})"/.exec((await get('/')).text)![1]!;
  const post = async (path: string, fields: Record<string, string>): Promise<{ status: number; location: string | null; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${page.port}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { authorization },
      body: new URLSearchParams(fields),
    });
    return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() };
  };

  test('asks who is there', async () => {
    const base = `http://127.0.0.1:${page.port}`;
    const answer = await fetch(base);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Authorization Required"']);
    const wrong = await fetch(base, { headers: { authorization: `Basic ${Buffer.from('admin:pas').toString('base64')}` } });
    expect(wrong.status).toBe(401);
    expect(await (await fetch(`${base}/status`)).text()).toBe('{"status":"ok"}');
  });

  test('creates, lists, adds, changes and deletes; what people wrote stays text', async () => {
    const fields = { token: await token() };
    expect(await post('/', { ...fields, action: 'create-database', database: 'shop', collection: 'items' })).toMatchObject({
      status: 303,
      location: './db/shop/',
    });
    const script = '<script>alert(1)</script>';
    const added = await post('/db/shop/items', {
      ...fields,
      action: 'add',
      document: `{ _id: "${script}", at: ISODate("2026-01-01"), real: 1.0, long: Long("5") }`,
    });
    expect(added).toMatchObject({ status: 303, location: '../../db/shop/items' });
    expect((await get('/db/shop/')).text).toContain('<a href="../../db/shop/items">items</a></td><td>1</td>');

    const list = await get('/db/shop/items');
    expect(list.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(list.text).not.toContain('<script>');
    const link = /<a href="\.\.\/\.\.(\/db\/shop\/items\/[^"]+)">Edit/.exec(list.text)![1]!;
    const shown = await get(link);
    expect(shown.text).toContain('at: ISODate(&quot;2026-01-01T00:00:00.000Z&quot;),\n  real: 1.0,\n  long: Long(&quot;5&quot;)');

    expect((await post(link, { ...fields, action: 'save', document: '{ a: [1, ' })).text).toContain(
      'That document is not valid: the text ends too early',
    );
    expect(await post(link, { ...fields, action: 'save', document: `{ _id: "${script}", a: 7 }` })).toMatchObject({ status: 303 });
    expect((await get(`/db/shop/items?query=${encodeURIComponent('{a: {$gt: 6}}')}`)).text).toContain('<p>1 document</p>');
    expect((await get(`/db/shop/items?query=${encodeURIComponent('{a: {$foo: 6}}')}`)).text).toContain('unknown operator: $foo');
    expect(await post(link, { ...fields, action: 'delete' })).toMatchObject({ status: 303 });
    expect((await get(link)).status).toBe(404);
    expect(await post('/db/shop/', { ...fields, action: 'drop-database' })).toMatchObject({ status: 303, location: '../../' });
    expect((await get('/')).text).not.toContain('>shop<');
  });

  test('takes no form without its token, and no page that is none', async () => {
    expect(await post('/db/shop/', { action: 'drop-database', token: 'x' })).toMatchObject({ status: 403 });
    expect((await get('/db/a/b/c/d')).status).toBe(404);
    expect((await get('/%00')).status).toBe(404);
    expect(await post('/', { action: 'nosuch', token: await token() })).toMatchObject({ status: 400 });
  });

  test('says so while the database is away, and goes on when it is back', async () => {
    await database.stop();
    const away = await get('/');
    expect(away.status).toBe(502);
    expect(away.text).toContain('connect ECONNREFUSED 127.0.0.1:');
    const { port } = database;
    database = await startDatabase(port);
    database.port = port;
    expect((await get('/')).status).toBe(200);
  });
});
