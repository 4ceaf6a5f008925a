/** Registries that answer anything at all: whatever comes, an operation ends, says what is wrong, and leaves nothing half-done. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError, jsonDocuments } from '../api/client.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import { base64 } from '../base64.ts';
import { EngineError } from '../errors.ts';
import { imageFixture } from '../testing/image-fixture.ts';
import { respond } from '../testing/fake-registry.ts';
import type { TestEngine } from '../testing/test-engine.ts';
import type { RegistryRequest, RegistryResponse } from './registry-port.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const status = fc.constantFrom(200, 201, 202, 204, 206, 301, 302, 307, 401, 403, 404, 405, 416, 429, 500, 503, 999);
const anyDescriptor = fc.record(
  {
    mediaType: fc.constantFrom(
      'application/vnd.docker.image.rootfs.diff.tar.gzip',
      'application/vnd.oci.image.layer.v1.tar+zstd',
      'text/html',
      5,
    ),
    digest: fc.constantFrom(digest, 'sha512:00', 'x', '', null),
    size: fc.constantFrom(0, 10, 2 ** 52, 1e300, -1, 'x', 600 << 20),
  },
  { requiredKeys: [] },
);
const manifest = fc.record(
  {
    schemaVersion: fc.constantFrom(1, 2, 3, 'x'),
    mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json', 7, ''),
    config: fc.oneof(anyDescriptor, fc.constant([])),
    layers: fc.oneof(fc.array(anyDescriptor, { maxLength: 3 }), fc.constant('x')),
    manifests: fc.array(fc.oneof(anyDescriptor, fc.constant(null)), { maxLength: 3 }),
    errors: fc.constantFrom([], [{}], [{ code: 'DENIED' }], [{ code: 5, message: [] }], 'x', [null]),
    tags: fc.constantFrom(['latest'], ['BAD TAG'], [1], {}, null),
    token: fc.constantFrom('t', 5, '', '\r\n'),
    details: fc.constantFrom('x', 5),
    expires_in: fc.constantFrom(-5, 'x', 1e300),
    issued_at: fc.constantFrom('x', '0001-01-01T00:00:00Z'),
    refresh_token: fc.constantFrom('r', {}),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  manifest.map(encode),
  fc.json({ maxDepth: 2 }).map(encode),
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(encode('<html>')),
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'application/vnd.oci.image.index.v1+json', 'text/html', ';', ''),
    'www-authenticate': fc.constantFrom(
      'Bearer realm="https://t/token"',
      'Bearer realm="::"',
      'Basic',
      'Bearer error="invalid_token",realm="https://t/"',
      ',,=',
    ),
    location: fc.constantFrom('/v2/x', 'https://else.test/y', 'http://', 'file:///', '', '?x=1', '//x', 'a\nb'),
    'docker-content-digest': fc.constantFrom(digest, 'x', `sha512:${'0'.repeat(128)}`),
    'content-length': fc.constantFrom('5', '-1', 'x', '1e9'),
    range: fc.constantFrom('0-5', '0-0', '5-0', 'bytes=0-9', '0-999999999999999999', 'x'),
    'content-range': fc.constantFrom('bytes 0-5/6', 'x', 'bytes 5-9/*'),
    link: fc.constantFrom('</v2/x/tags/list?last=a>; rel="next"', '<>; rel=next', '<http://[>; rel="next"', 'x'),
    'oci-chunk-min-length': fc.constantFrom('0', '-1', '1e99', 'x', '999999999'),
  },
  { requiredKeys: [] },
);
const broken = fc.constantFrom('whole', 'whole', 'whole', 'cut', 'refused', 'endless');
const answers = fc.array(fc.tuple(status, headers, body, broken), { minLength: 1, maxLength: 6 });

function answerWith(
  [code, named, bytes, how]: [number, Partial<Record<string, string>>, Uint8Array, string],
  request: RegistryRequest,
): RegistryResponse {
  if (how === 'refused') throw new EngineError('unavailable', 'connection refused');
  const answer = respond(code, bytes, named as Record<string, string>, request);
  if (how === 'cut') answer.body = cut(bytes);
  if (how === 'endless') answer.body = endless();
  return answer;
}

async function* cut(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new EngineError('unavailable', 'unexpected EOF');
}

async function* endless(): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(1 << 20);
  for (;;) yield piece;
}

/** Runs with time going on, so that what is tried again comes to its end. */
async function patiently<T>(docker: TestEngine, work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => (over = true));
  done.catch(() => {});
  for (let second = 0; !over && second < 200; second++) await docker.clock.advance(1000);
  expect(over).toBe(true);
  return done;
}

async function lastOf(docker: TestEngine, path: string, query: Record<string, string>): Promise<ProgressMessage | undefined> {
  const auth = base64(encode({ username: 'ada', password: 'x' }));
  const { chunks } = await docker.client.stream(path, { method: 'POST', query, headers: { 'X-Registry-Auth': auth } });
  let last: ProgressMessage | undefined;
  for await (const line of jsonDocuments<ProgressMessage>(chunks)) last = line;
  // A mistake of ours would be said in JavaScript's words.
  expect(last?.error ?? '').not.toMatch(/of undefined|of null|not a function|not iterable|Invalid URL|ByteString/);
  return last;
}

async function isSaid(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    expect(error.message).not.toBe('');
    expect(error.message.length).toBeLessThan(6000);
  });
}

describe('a registry that answers anything', () => {
  it('harms no pull', async () => {
    const fixture = await imageFixture();
    const { docker } = fixture;
    await fc.assert(
      fc.asyncProperty(answers, async (list) => {
        let turn = 0;
        docker.registry.intercept = async (request) => answerWith(list[turn++ % list.length]!, request);
        await isSaid(patiently(docker, lastOf(docker, '/images/create', { fromImage: 'reg.test/x', tag: 'latest' })));
        fixture.expectNothing();
      }),
      { numRuns: 150 },
    );
  });

  it('harms no pull of all tags, no login, no look', async () => {
    const fixture = await imageFixture();
    const { docker } = fixture;
    await fc.assert(
      fc.asyncProperty(answers, async (list) => {
        let turn = 0;
        docker.registry.intercept = async (request) => answerWith(list[turn++ % list.length]!, request);
        await isSaid(patiently(docker, lastOf(docker, '/images/create', { fromImage: 'reg.test/x' })));
        await isSaid(patiently(docker, docker.client.post('/auth', { json: { username: 'a', password: 'b', serveraddress: 'reg.test' } })));
        await isSaid(patiently(docker, docker.client.get('/distribution/reg.test/x/json')));
        fixture.expectNothing();
      }),
      { numRuns: 100 },
    );
  });

  it('harms no push', async () => {
    const fixture = await imageFixture();
    const { docker } = fixture;
    await docker.pull('localhost:5000/team/app', 'v1');
    await fixture.tag('localhost:5000/team/app:v1', 'reg.test/mine', 'v1');
    await fc.assert(
      fc.asyncProperty(answers, async (list) => {
        let turn = 0;
        docker.registry.intercept = async (request) => answerWith(list[turn++ % list.length]!, request);
        await isSaid(patiently(docker, lastOf(docker, '/images/reg.test/mine/push', { tag: 'v1' })));
        expect((await fixture.inspect('reg.test/mine:v1')).RootFS.Layers).toHaveLength(3);
      }),
      { numRuns: 100 },
    );
  });
});
