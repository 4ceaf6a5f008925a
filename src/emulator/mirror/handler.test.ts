import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiResponse, Connection } from '#engine/api/http.ts';
import { serveConnection } from '#engine/api/http1.ts';
import type { AssetFiles } from '../ports/asset-files.ts';
import { Catalog, type MirrorIndex } from './catalog.ts';
import { mirrorHandler, type MirrorRequest } from './handler.ts';
import { parseRange } from './serve-file.ts';

const modified = Date.UTC(2024, 0, 2, 3, 4, 5) / 1000;
const modifiedText = 'Tue, 02 Jan 2024 03:04:05 GMT';
const contents: Record<string, string> = {
  'apt/debian/dists/bookworm/Release': 'Origin: Debian\n',
  'apt/debian/dists/bookworm/main/binary-i386/Packages': 'Package: curl\n',
  'apt/debian/pool/main/c/curl/curl_7.88.1-10+deb12u14_i386.deb': '0123456789',
  'apt/debian-security/dists/bookworm-security/Release': 'Origin: Debian\n',
  'docker/linux/debian/dists/bookworm/stable/binary-i386/Packages': 'Package: docker-ce\n',
  'pypi/packages/Flask-2.2.2-py3-none-any.whl': 'PK',
  'npm/express/registry.json': '{"name":"express"}',
  'npm/express/-/express-4.21.2.tgz': 'tgz',
  'npm/@scope/thing/registry.json': '{}',
};
const index: MirrorIndex = {
  files: Object.fromEntries(Object.entries(contents).map(([path, text]) => [path, { sizeBytes: text.length, modified }])),
  wheels: [{ project: 'flask', file: 'Flask-2.2.2-py3-none-any.whl', sha256: 'abc', requiresPython: '>=3.7' }],
  chosen: { apt: ['curl'], docker: ['docker-ce'], npm: ['express'], pypi: ['flask'] },
};

/** The mirror's files from memory; `asked` has what was opened. */
function assets(asked: string[] = []): AssetFiles {
  return {
    open(path) {
      asked.push(path);
      const text = path === 'mirror/index.json' ? JSON.stringify(index) : contents[path.replace(/^mirror\//, '')];
      if (text === undefined) return Promise.resolve(undefined);
      const bytes = new TextEncoder().encode(text);

      const chunks = (async function* () {
        yield bytes;
      })();
      return Promise.resolve({ sizeBytes: bytes.length, chunks });
    },
  };
}

interface Seen {
  status: number;
  headers: Record<string, string>;
  text: string;
}

function mirror(asked: string[] = []): {
  ask(url: string, headers?: Record<string, string>, method?: string): Promise<Seen>;
  noted: MirrorRequest[];
} {
  const noted: MirrorRequest[] = [];
  const handler = mirrorHandler(new Catalog(assets(asked)), (request) => noted.push(request));
  return {
    noted,
    async ask(url, headers = {}, method = 'GET') {
      const [, host = '', path = ''] = /^([^/]*)(\/.*)$/.exec(url) ?? [];
      const body = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: undefined, done: true as const }) }) };
      const answer: ApiResponse = await handler({ method, path, query: new Map(), headers: { host, ...headers }, body });
      return { ...answer, text: answer.body.kind === 'bytes' ? new TextDecoder().decode(answer.body.bytes) : '' };
    },
  };
}

test('Docker’s archive, under its own name only', async () => {
  const { ask, noted } = mirror();
  const list = '/linux/debian/dists/bookworm/stable/binary-i386/Packages';
  expect(await ask(`download.docker.com${list}`)).toMatchObject({ status: 200, text: 'Package: docker-ce\n' });
  expect(await ask(`deb.debian.org${list}`)).toMatchObject({ status: 404 });
  expect(await ask('download.docker.com/debian/dists/bookworm/Release')).toMatchObject({ status: 404 });
  expect(noted).toEqual([]);
  expect(await ask('download.docker.com/linux/debian/pool/containerd.io_1_i386.deb')).toMatchObject({ status: 404 });
  expect(noted).toEqual([{ kind: 'missing', ecosystem: 'docker', asked: 'containerd.io_1_i386.deb' }]);
});

const curl = 'deb.debian.org/debian/pool/main/c/curl/curl_7.88.1-10+deb12u14_i386.deb';

describe('Debian’s archive', () => {
  test('files with their dates', async () => {
    const { ask } = mirror();
    expect(await ask('deb.debian.org/debian/dists/bookworm/Release')).toMatchObject({
      status: 200,
      headers: { 'Last-Modified': modifiedText, 'Content-Length': '15', 'Accept-Ranges': 'bytes' },
      text: 'Origin: Debian\n',
    });
    expect((await ask('DEB.debian.org:80/debian/dists/bookworm/Release')).status).toBe(200);
    expect((await ask('security.debian.org/dists/bookworm-security/Release')).status).toBe(200);
    expect((await ask('security.debian.org/debian-security/dists/bookworm-security/Release')).status).toBe(200);
  });

  test('HEAD, and what has not changed, without content', async () => {
    const asked: string[] = [];
    const { ask } = mirror(asked);
    expect(await ask(curl, {}, 'HEAD')).toMatchObject({ status: 200, headers: { 'Content-Length': '10' }, text: '' });
    expect(await ask(curl, { 'if-modified-since': modifiedText })).toMatchObject({ status: 304, text: '' });
    expect(asked).toEqual(['mirror/index.json']);
    expect(await ask(curl, { 'if-modified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' })).toMatchObject({ status: 200, text: '0123456789' });
    expect(await ask(curl, { 'if-modified-since': 'yesterday' })).toMatchObject({ status: 200 });
  });

  test('a broken download goes on', async () => {
    const { ask } = mirror();
    expect(await ask(curl, { range: 'bytes=4-', 'if-range': modifiedText })).toMatchObject({
      status: 206,
      headers: { 'Content-Range': 'bytes 4-9/10', 'Content-Length': '6' },
      text: '456789',
    });
    expect(await ask(curl, { range: 'bytes=4-', 'if-range': 'Mon, 01 Jan 2024 00:00:00 GMT' })).toMatchObject({
      status: 200,
      text: '0123456789',
    });
    expect(await ask(curl, { range: 'bytes=10-' })).toMatchObject({ status: 416, headers: { 'Content-Range': 'bytes */10' } });
  });

  test('what is missing is told, signatures aside', async () => {
    const { ask, noted } = mirror();
    expect((await ask('deb.debian.org/debian/dists/bookworm/InRelease')).status).toBe(404);
    expect((await ask('deb.debian.org/debian/dists/bookworm/Release.gpg')).status).toBe(404);
    expect(noted).toEqual([]);
    await ask('deb.debian.org/debian/dists/bookworm/main/binary-i386/Packages');
    expect((await ask('deb.debian.org/debian/dists/trixie/Release')).status).toBe(404);
    expect((await ask('deb.debian.org/debian/pool/main/v/vim/vim_9_i386.deb')).status).toBe(404);
    expect(noted.map(({ kind, asked }) => [kind, asked])).toEqual([
      ['lists', '/debian/dists/bookworm/main/binary-i386/Packages'],
      ['missing', 'trixie'],
      ['missing', 'vim_9_i386.deb'],
    ]);
  });
});

describe('Python’s index', () => {
  test('as JSON for pip, as a page for others', async () => {
    const { ask } = mirror();
    const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';
    const json = await ask('pypi.org/simple/flask/', { accept });
    expect(json.headers['Content-Type']).toBe('application/vnd.pypi.simple.v1+json');
    expect(JSON.parse(json.text)).toEqual({
      meta: { 'api-version': '1.0' },
      name: 'flask',
      files: [
        {
          filename: 'Flask-2.2.2-py3-none-any.whl',
          url: '../../packages/Flask-2.2.2-py3-none-any.whl',
          hashes: { sha256: 'abc' },
          'requires-python': '>=3.7',
          size: 2,
        },
      ],
    });
    expect((await ask('pypi.org/simple/flask/')).text).toContain(
      '<a href="../../packages/Flask-2.2.2-py3-none-any.whl#sha256=abc" data-requires-python="&#62;=3.7">Flask-2.2.2-py3-none-any.whl</a>',
    );
    expect((await ask('pypi.org/simple/')).text).toContain('<a href="/simple/flask/">flask</a>');
    expect((await ask('files.pythonhosted.org/packages/Flask-2.2.2-py3-none-any.whl')).text).toBe('PK');
  });

  test('other spellings of a name are sent on, other names are not here', async () => {
    const { ask, noted } = mirror();
    expect(await ask('pypi.org/simple/Flask/')).toMatchObject({ status: 301, headers: { Location: '/simple/flask/' } });
    expect(await ask('pypi.org/simple/flask')).toMatchObject({ status: 301, headers: { Location: '/simple/flask/' } });
    expect((await ask('pypi.org/simple/django/')).status).toBe(404);
    expect(noted).toEqual([{ kind: 'missing', ecosystem: 'pypi', asked: 'django' }]);
  });
});

test('npm’s registry', async () => {
  const { ask, noted } = mirror();
  expect((await ask('registry.npmjs.org/express')).text).toBe('{"name":"express"}');
  expect((await ask('registry.npmjs.org/express/-/express-4.21.2.tgz')).text).toBe('tgz');
  expect((await ask('registry.npmjs.org/@scope/thing')).text).toBe('{}');
  expect(await ask('registry.npmjs.org/left-pad')).toMatchObject({ status: 404, text: '{"error":"Not found"}' });
  expect(noted).toEqual([{ kind: 'missing', ecosystem: 'npm', asked: 'left-pad' }]);
  expect((await ask('registry.npmjs.org/-/npm/v1/security/audits', {}, 'POST')).status).toBe(405);
});

test('no path reaches anything that is not listed', async () => {
  const asked: string[] = [];
  const { ask } = mirror(asked);
  const hosts = ['deb.debian.org', 'pypi.org', 'registry.npmjs.org', 'example.com', '', '192.168.65.7'];
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'debian',
    'simple',
    'packages',
    'index.json',
    '__proto__',
    'constructor',
    '-',
    '\0',
    '%2e%2e',
    '@x',
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...hosts), fc.array(fc.oneof(part, fc.string()), { maxLength: 6 }), async (host, parts) => {
      const { status } = await ask(`${host}/${parts.join('/').replace(/\n/g, '')}`);
      expect([200, 301, 404]).toContain(status);
    }),
  );
  expect(asked.filter((path) => path !== 'mirror/index.json' && !Object.hasOwn(contents, path.replace('mirror/', '')))).toEqual([]);
});

test('ranges', () => {
  expect(parseRange('bytes=0-0', 10)).toEqual({ from: 0, to: 1 });
  expect(parseRange('bytes=-3', 10)).toEqual({ from: 7, to: 10 });
  expect(parseRange('bytes=-30', 10)).toEqual({ from: 0, to: 10 });
  expect(parseRange('bytes=5-99', 10)).toEqual({ from: 5, to: 10 });
  for (const none of ['bytes=-0', 'bytes=10-11']) expect(parseRange(none, 10)).toBe('none');
  for (const all of [undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b'])
    expect(parseRange(all, 10)).toBe('all');
  fc.assert(
    fc.property(fc.string(), fc.nat(100), (header, size) => {
      const range = parseRange(header, size);
      if (typeof range === 'object') expect(range.from < range.to && range.to <= size).toBe(true);
    }),
  );
});

test('many requests at once on one connection, as apt sends them, are answered in order', async () => {
  const handler = mirrorHandler(new Catalog(assets()), () => {});
  const paths = ['dists/bookworm/InRelease', 'dists/bookworm/Release', 'pool/main/c/curl/curl_7.88.1-10%2bdeb12u14_i386.deb'];
  const sent = paths
    .map((path) => `GET /debian/${path} HTTP/1.1\r\nHost: deb.debian.org\r\nUser-Agent: Debian APT-HTTP/1.3\r\n\r\n`)
    .join('');
  let heard = '';
  const connection: Connection = {
    input: (async function* () {
      // In pieces that end anywhere.
      for (let at = 0; at < sent.length; at += 50) yield new TextEncoder().encode(sent.slice(at, at + 50));
    })(),
    write: (bytes) => Promise.resolve(void (heard += new TextDecoder().decode(bytes))),
    closeWrite: () => Promise.resolve(),
    closed: new Promise(() => {}),
  };
  await serveConnection(connection, handler);
  expect(heard.match(/HTTP\/1\.1 \d+|\r\n\r\n\w+/g)).toEqual([
    'HTTP/1.1 404',
    'HTTP/1.1 200',
    '\r\n\r\nOrigin',
    'HTTP/1.1 200',
    '\r\n\r\n0123456789',
  ]);
});
