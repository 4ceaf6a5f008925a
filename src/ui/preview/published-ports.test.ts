import { describe, expect, it, test } from 'vitest';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { explainFailure } from './failures.ts';
import { publishedPorts, readAddress } from './published-ports.ts';

function container(name: string, ports: ContainerSummary['Ports'], more: Partial<ContainerSummary> = {}): ContainerSummary {
  return { Id: name, Names: [`/${name}`], Image: name, State: 'running', Status: 'Up', Ports: ports, ...more } as ContainerSummary;
}

const web = container('web', [
  { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
  { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
  { PrivatePort: 443, Type: 'tcp' },
]);
const dns = container('dns', [{ IP: '0.0.0.0', PrivatePort: 53, PublicPort: 5353, Type: 'udp' }]);

test('published ports are there once each, in order', () => {
  expect(publishedPorts([web, dns]).map(({ port, inside, protocol, container }) => `${port} ${container}:${inside}/${protocol}`)).toEqual([
    '8080 web:80/tcp',
    '5353 dns:53/udp',
  ]);
});

test.each([
  ['8080', { port: 8080, path: '/' }],
  [':8080/a b', { port: 8080, path: '/a%20b' }],
  ['localhost:8080/x?y=1#z', { port: 8080, path: '/x?y=1#z' }],
  ['http://localhost/x', { port: 80, path: '/x' }],
  ['http://127.0.0.1:3000', { port: 3000, path: '/' }],
  ['node1:8080?a', { port: 8080, path: '/?a' }],
  ['/other', { port: 9000, path: '/other' }],
  ['//evil.example', { port: 9000, path: '//evil.example' }],
  ['example.org', undefined],
  ['http://example.org:8080/', undefined],
  ['0', undefined],
  ['70000', undefined],
  ['', undefined],
])('%j is %j', (typed, address) => expect(readAddress(typed, 9000)).toEqual(address));

describe('a preview that shows nothing', () => {
  const about = { node: 'node1', port: 8080, running: true };

  it('says what is not listening, and what the containers have to do with it', () => {
    const published = explainFailure('refused', { ...about, containers: [web] });
    expect(published.title).toBe('Nothing listens on port 8080 of node1');
    expect(published.says).toContain('`web` publishes it as its port 80');
    expect(published.reasons.join(' ')).toMatch(/still be starting.*127\.0\.0\.1/);
    const ended = explainFailure('refused', {
      ...about,
      containers: [container('web', [], { State: 'exited', Status: 'Exited (1) 2 minutes ago' })],
    });
    expect(ended.reasons[0]).toContain('`web` has exited with 1');
    const none = explainFailure('refused', { ...about, containers: [dns] });
    expect(none.reasons).toEqual([expect.stringContaining('`docker run -p 8080:80 …`')]);
  });

  it('says that there is no machine before anything else', () => {
    expect(explainFailure('broken', { ...about, running: false, containers: [] }).title).toBe('The machine is not running');
  });
});
