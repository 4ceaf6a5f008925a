/** What the packages carry is what engine and command line take, and the newest of them is this program's own. */
import { expect, test } from 'vitest';
import { installedPackages, dockerPackages } from '../images/packages/docker.ts';
import { newestClient, parseClientRelease } from '../src/cli/client-release.ts';
import { newestRelease, parseRelease } from '../src/engine/engine-release.ts';

function texts(packages: typeof dockerPackages, path: string): string[] {
  return packages.flatMap(({ files }) =>
    files.flatMap(({ path: each, content }) => (each === path && 'text' in content ? [content.text] : [])),
  );
}

test('the engine’s', () => {
  const releases = texts(dockerPackages, 'usr/lib/docker/engine.json').map((text) => parseRelease(new TextEncoder().encode(text)));
  expect(releases.map(({ version, apiVersion, minApiVersion }) => `${version} ${minApiVersion}-${apiVersion}`)).toEqual([
    '28.2.2 1.24-1.50',
    '24.0.9 1.12-1.43',
  ]);
  expect(releases[0]).toEqual(newestRelease);
});

test('the client’s', () => {
  const releases = texts(dockerPackages, 'usr/lib/docker/cli.json').map(parseClientRelease);
  expect(releases.map(({ version, apiVersion }) => `${version} ${apiVersion}`)).toEqual(['28.2.2 1.50', '24.0.9 1.43']);
  expect(releases[0]).toEqual(newestClient);
});

test('a new node has the newest', () => {
  expect(installedPackages.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'docker-ce 5:28.2.2-1~debian.12~bookworm',
    'docker-ce-cli 5:28.2.2-1~debian.12~bookworm',
  ]);
});
