import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors.ts';
import { empty, json } from './answer.ts';
import { readJson } from './body.ts';
import { ApiClient, ApiError } from './client.ts';
import type { ApiRequest } from './http.ts';
import { filtersParam, flagParam, integerParam, parseQuery, textParam, unsignedParam } from './query.ts';
import { createRouter, type ApiCall, type Route } from './router.ts';
import { strings, stringMap } from './shape.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function request(method: string, target: string, body = '', headers: Record<string, string> = {}): ApiRequest {
  const [path = '', query = ''] = target.split('?');
  return {
    method,
    path,
    query: parseQuery(query),
    headers: { ...(body && { 'content-type': 'application/json', 'content-length': String(body.length) }), ...headers },
    body: (async function* () {
      if (body) yield new TextEncoder().encode(body);
    })(),
  };
}

/** Status and body of an answer, as text. */
async function ask(routes: Route[], ...args: Parameters<typeof request>): Promise<[number, string]> {
  const answer = await createRouter(routes)(request(...args));
  return [answer.status, answer.body.kind === 'bytes' ? text(answer.body.bytes).trim() : ''];
}

const echo = (method: Route['method'], pattern: string): Route => ({
  method,
  pattern,
  handler: ({ params, version }) => json(200, { pattern, params, version }),
});

describe('createRouter', () => {
  const routes = [
    echo('GET', '/images/{name}/json'),
    echo('GET', '/images/json'),
    echo('DELETE', '/images/{name}'),
    echo('POST', '/containers/{id}/rename'),
  ];

  it('finds names with slashes, and literal paths first', async () => {
    expect(await ask(routes, 'GET', '/v1.50/images/json')).toEqual([200, '{"pattern":"/images/json","params":{},"version":"1.50"}']);
    expect((await ask(routes, 'GET', '/v1.45/images/localhost:5000/team/app:v1/json'))[1]).toContain(
      '"params":{"name":"localhost:5000/team/app:v1"},"version":"1.45"',
    );
    expect((await ask(routes, 'DELETE', '/images/a/b'))[1]).toContain('"name":"a/b"');
  });

  it('says so when there is no such page, for unknown methods too', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/v1.50/nosuch'],
      ['PUT', '/v1.50/images/json'],
      ['GET', '/vabc/images/json'],
      ['GET', '/v1.50'],
      ['GET', '/images//json'],
      ['FOO', '/images/json'],
    ] as const) {
      expect(await ask(routes, method, path)).toEqual([404, '{"message":"page not found"}']);
    }
  });

  it('refuses versions that are too new or too old', async () => {
    expect(await ask(routes, 'GET', '/v1.99/images/json')).toEqual([
      400,
      '{"message":"client version 1.99 is too new. Maximum supported API version is 1.50"}',
    ]);
    expect(await ask(routes, 'GET', '/v1.23/images/json')).toEqual([
      400,
      'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ]);
    expect((await ask(routes, 'GET', '/v1.9/images/json'))[0]).toBe(400);
    expect((await ask(routes, 'GET', '/v1.24/images/json'))[0]).toBe(200);
  });

  it('answers with what every answer of Docker carries', async () => {
    const { headers } = await createRouter(routes)(request('GET', '/images/json'));
    expect(headers).toEqual({
      'Api-Version': '1.50',
      'Docker-Experimental': 'false',
      Ostype: 'linux',
      Server: 'Docker/28.2.2 (linux)',
      'Content-Type': 'application/json',
    });
  });

  it.each([
    ['not-found', 404],
    ['invalid-parameter', 400],
    ['conflict', 409],
    ['unauthorized', 401],
    ['forbidden', 403],
    ['unavailable', 503],
    ['not-implemented', 501],
    ['system', 500],
    ['unknown', 500],
    ['data-loss', 500],
    ['cancelled', 500],
    ['deadline', 500],
  ] as const)('maps %s to %i', async (kind, status) => {
    const route: Route = { method: 'GET', pattern: '/x', handler: () => Promise.reject(new EngineError(kind, 'why')) };
    expect(await ask([route], 'GET', '/x')).toEqual([status, '{"message":"why"}']);
  });

  it('sends no body with not-modified', async () => {
    const route: Route = { method: 'POST', pattern: '/x', handler: () => Promise.reject(new EngineError('not-modified', 'why')) };
    expect(await ask([route], 'POST', '/x')).toEqual([304, '']);
  });

  it('turns a bug into 500 and reports it', async () => {
    const bugs: unknown[] = [];
    const route: Route = {
      method: 'GET',
      pattern: '/x',
      handler: () => {
        throw new TypeError('oops');
      },
    };
    const answer = await createRouter([route], { onBug: (error) => bugs.push(error) })(request('GET', '/x'));
    expect(answer.status).toBe(500);
    expect(bugs).toHaveLength(1);
  });
});

describe('query values', () => {
  it('are read as Docker reads them', () => {
    const query = parseQuery(
      'a=1&b=true&c=0&d=False&e&f=no&g=none&h=yes&i=%20false%20&n=42&bad=4x&w=-1&big=4294967296&s=two+words%21&s=again&x=%zz',
    );
    expect('abcdefghi'.split('').map((name) => flagParam(query, name))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      true,
      false,
    ]);
    expect([flagParam(query, 'absent'), flagParam(query, 'absent', true), flagParam(query, 'e', true)]).toEqual([false, true, false]);
    expect([integerParam(query, 'n', 7), integerParam(query, 'absent', 7)]).toEqual([42, 7]);
    expect(() => integerParam(query, 'bad', 7)).toThrow('strconv.Atoi: parsing "4x": invalid syntax');
    expect([
      unsignedParam(query, 'n'),
      unsignedParam(query, 'w'),
      unsignedParam(query, 'big'),
      unsignedParam(query, 'absent'),
      unsignedParam(query, 'bad'),
    ]).toEqual([42, 'value out of range', 'value out of range', 'invalid syntax', 'invalid syntax']);
    expect([textParam(query, 's'), query.get('s'), query.has('x')]).toEqual(['two words!', ['two words!', 'again'], false]);
    expect(filtersParam(parseQuery('filters=%7B%22label%22%3A%7B%22a%22%3Atrue%7D%7D')).get('label')).toEqual(['a']);
  });
});

describe('readJson', () => {
  const shape = {
    struct: {
      Image: 'string',
      Cmd: 'strslice',
      Env: strings,
      Labels: stringMap,
      HostConfig: { struct: { Memory: 'int64', AutoRemove: 'bool' } },
      StopTimeout: 'int',
    },
  } as const;
  const route: Route = {
    method: 'POST',
    pattern: '/x',
    handler: async (call: ApiCall) => json(200, (await readJson(call, shape, 'CreateRequest')) ?? 'nothing'),
  };
  const post = (body: string, headers?: Record<string, string>): Promise<[number, string]> => ask([route], 'POST', '/x', body, headers);

  it('takes a Go struct’s JSON: any case, unknown keys dropped, null kept', async () => {
    expect(await post('{"image":"busybox","Cmd":"sh","Nonsense":1,"HostConfig":{"MEMORY":5},"Env":["A=b",null],"Labels":null}')).toEqual([
      200,
      '{"Image":"busybox","Cmd":["sh"],"HostConfig":{"Memory":5},"Env":["A=b",""],"Labels":null}',
    ]);
  });

  it('takes nothing for nothing', async () => {
    expect(await post('')).toEqual([200, '"nothing"']);
    expect(await post('', { 'content-type': 'application/json', 'content-length': '0' })).toEqual([200, '"nothing"']);
  });

  it.each([
    ['{"Image":5}', 'invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Image of type string'],
    [
      '{"HostConfig":{"Memory":"1g"}}',
      'invalid JSON: json: cannot unmarshal string into Go struct field CreateRequest.HostConfig.Memory of type int64',
    ],
    [
      '{"HostConfig":{"Memory":1.5}}',
      'invalid JSON: json: cannot unmarshal number 1.5 into Go struct field CreateRequest.HostConfig.Memory of type int64',
    ],
    ['{"Env":{}}', 'invalid JSON: json: cannot unmarshal object into Go struct field CreateRequest.Env of type []string'],
    ['{"Labels":["a"]}', 'invalid JSON: json: cannot unmarshal array into Go struct field CreateRequest.Labels of type map[string]string'],
    ['[]', 'invalid JSON: json: cannot unmarshal array into Go value of type CreateRequest'],
    ['{', 'invalid JSON: unexpected EOF'],
    ['{"a" 1}', "invalid JSON: invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid JSON: invalid character '"' after object key:value pair`],
    ['{a:1}', "invalid JSON: invalid character 'a' looking for beginning of object key string"],
    ['[1 2]', "invalid JSON: invalid character '2' after array element"],
    ['nope', "invalid JSON: invalid character 'o' in literal null (expecting 'u')"],
    ['<html>', "invalid JSON: invalid character '<' looking for beginning of value"],
    ['{"a":"\\x"}', "invalid JSON: invalid character 'x' in string escape code"],
    ['-', 'invalid JSON: unexpected EOF'],
    ['01', 'unexpected content after JSON'],
    ['1.x', "invalid JSON: invalid character 'x' after decimal point in numeric literal"],
    ['{} trailing', 'unexpected content after JSON'],
    ['   ', 'invalid JSON: got EOF while reading request body'],
  ])('%s', async (body, message) => {
    expect(await post(body)).toEqual([400, JSON.stringify({ message })]);
  });

  it('wants JSON to be called JSON', async () => {
    expect(await post('{}', { 'content-type': 'text/plain' })).toEqual([
      400,
      `{"message":"unsupported Content-Type header (text/plain): must be 'application/json'"}`,
    ]);
    expect((await post('{}', { 'content-type': 'application/json; charset=utf-8' }))[0]).toBe(200);
    expect((await post('{}', { 'content-type': '' }))[0]).toBe(400);
  });

  it('is not drowned', async () => {
    expect(await post(`"${'x'.repeat(5 << 20)}"`)).toEqual([400, '{"message":"http: request body too large"}']);
    expect((await post('['.repeat(200_000)))[0]).toBe(400);
  });
});

describe('ApiClient', () => {
  const routes: Route[] = [
    {
      method: 'GET',
      pattern: '/_ping',
      handler: () => ({ ...empty(200), headers: { 'Api-Version': '1.44', 'Builder-Version': '1', Ostype: 'linux' } }),
    },
    { method: 'GET', pattern: '/json', handler: ({ query, version }) => json(200, { query: Object.fromEntries(query), version }) },
    { method: 'POST', pattern: '/none', handler: () => empty(204) },
    { method: 'POST', pattern: '/fail', handler: () => Promise.reject(new EngineError('conflict', 'in use')) },
  ];

  it('settles on the older version and reads answers', async () => {
    const client = new ApiClient(createRouter(routes));
    expect(await client.negotiate()).toMatchObject({ apiVersion: '1.44', builderVersion: '1', osType: 'linux' });
    expect(client.version).toBe('1.44');
    expect(await client.get('/json', { query: { all: true, size: false, name: 'x', left: undefined, many: ['a', 'b'] } })).toEqual({
      query: { all: ['1'], size: ['0'], name: ['x'], many: ['a', 'b'] },
      version: '1.44',
    });
    expect(await client.post('/none')).toBeUndefined();
  });

  it('throws what the daemon said', async () => {
    const failing = new ApiClient(createRouter(routes)).post('/fail');
    await expect(failing).rejects.toThrow(ApiError);
    await expect(failing).rejects.toMatchObject({ status: 409, message: 'in use' });
  });
});
