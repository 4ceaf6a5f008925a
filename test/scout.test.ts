// `docker scout` on the images that are shipped, with the advisories that are shipped: engine, registry and command line are
// the real ones; only nothing runs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { distDir } from '../images/shell.ts';
import { runDocker, type CliResult } from '../src/cli/testing.ts';
import { readSnapshot } from '../src/cli/scout/advisories.ts';
import { systemCompression } from '../src/emulator/ports/compression.ts';
import { systemCrypto } from '../src/emulator/ports/crypto.ts';
import { diskAssets } from '../src/emulator/ports/disk-assets.ts';
import { Registries } from '../src/emulator/ports/registry.ts';
import { createEngine, type Engine } from '../src/engine/engine.ts';
import { testEngine } from '../src/engine/testing/test-engine.ts';

const file = 'advisories/debian-12.json';
const advisories = readFileSync(join(distDir, file), 'utf8');
const snapshot = readSnapshot(new TextEncoder().encode(advisories));

let engine: Engine;
const docker = (line: string): Promise<CliResult> => runDocker(line.split(' '), { handler: engine.api, assets: { [file]: advisories } });

beforeAll(async () => {
  const { ports } = await testEngine();
  engine = createEngine({ ...ports, compression: systemCompression, crypto: systemCrypto, registry: new Registries(diskAssets) });
  await engine.start();
  for (const image of ['debian:bookworm-slim', 'busybox', 'hello-world']) expect((await docker(`pull -q ${image}`)).stderr).toBe('');
});

describe('the shipped debian image', () => {
  it('has a package list that is read out of its layers', async () => {
    const { stdout, stderr, status } = await docker('scout quickview debian:bookworm-slim');
    expect(Number(/Indexed (\d+) packages/.exec(stderr)?.[1])).toBeGreaterThan(60);
    expect(stdout).toMatch(/^ {2}Target {12}│ debian:bookworm-slim\n {4}digest {10}│ [0-9a-f]{12}\n {4}platform {8}│ linux\/386\n/);
    expect(stdout).toMatch(/vulnerabilities │ +0C +0H +0M +0L/);
    expect(stdout).toContain(`Advisories: Debian 12 (bookworm), as of ${snapshot.date}. ${snapshot.notes[0]}`);
    expect(status).toBe(0);
  });

  it('has what the advisories say of the versions in it', async () => {
    const { stdout, status } = await docker('scout cves --exit-code debian:bookworm-slim');
    const found = [...stdout.matchAll(/^ {4}✗ \S+ +(CVE-\S+) +<(\S+) +\2$/gm)].map(([, id]) => id!);
    const known = new Set([...snapshot.sources.values()].flat().map(({ id }) => id));
    expect(found.filter((id) => !known.has(id))).toEqual([]);
    expect(stdout).toMatch(found.length > 0 ? /^\d+ vulnerabilit(?:y|ies) found in \d+ package/m : /^No vulnerable packages detected$/m);
    expect(status).toBe(found.length > 0 ? 2 : 0);
  });
});

it('images without a package database say so', async () => {
  expect((await docker('scout cves busybox')).stdout).toContain('its packages are those that its labels name');
  expect((await docker('scout cves hello-world')).stdout).toContain('nothing is known of what it is made of');
});
