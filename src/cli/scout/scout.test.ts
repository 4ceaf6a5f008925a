/** `docker scout` and `docker scan` against a daemon of the test's own: outputs to the byte, filters, exit status. */
import { describe, expect, it } from 'vitest';
import type { ApiHandler, ApiResponse } from '#engine/api/http.ts';
import { FakeEnvironment, type FakeOptions } from '../testing.ts';
import { runCli } from '../cli.ts';
import { pieces, savedImage, tarOf, type Tree } from './testing.ts';

const snapshot = JSON.stringify({
  format: 1,
  distribution: { id: 'debian', version: '12', codename: 'bookworm' },
  date: '2026-11-26',
  notes: ['Made for a test.'],
  sources: {
    curl: [
      ['CVE-2023-38545', '7.88.1-10+deb12u4', 'C', 'SOCKS5 heap buffer overflow'],
      ['CVE-2024-2398', '7.88.1-10+deb12u6', 'H', 'HTTP/2 push headers memory leak'],
      ['CVE-2024-9999', '7.88.1-10+deb12u6', '', ''],
    ],
    glibc: [
      ['CVE-2024-2961', '2.36-9+deb12u6', 'H', 'iconv buffer overflow'],
      ['CVE-2019-9192', null, 'L', 'regcomp recursion'],
      ['CVE-2026-1', null, '', '', '2.41-12 in trixie'],
    ],
    busybox: [['CVE-2023-42364', '1:1.35.0-4+deb12u1', 'M', 'use after free in awk']],
  },
});

const osRelease = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';
const stanza = (name: string, version: string, source?: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: i386\nVersion: ${version}\n${source === undefined ? '' : `Source: ${source}\n`}\n`;
const baseLayer: Tree = {
  'usr/lib/os-release': osRelease,
  'var/lib/dpkg/status': stanza('libc6', '2.36-9+deb12u4', 'glibc') + stanza('libc-bin', '2.36-9+deb12u4', 'glibc'),
};
const appLayer: Tree = {
  'var/lib/dpkg/status': `${baseLayer['var/lib/dpkg/status'] as string}${stanza('curl', '7.88.1-10+deb12u5')}${stanza('libcurl4', '7.88.1-10+deb12u5', 'curl')}${stanza('own-tool', '1.0-1')}`,
};

interface TestImage {
  layers: Tree[];
  labels?: Record<string, string>;
  archive?: Uint8Array;
}

const images: Record<string, TestImage> = {
  'app:latest': { layers: [baseLayer, appLayer] },
  'debian:bookworm-slim': { layers: [baseLayer] },
  'busybox:latest': { layers: [{ 'bin/busybox': 'ELF' }], labels: { 'io.drydock.sources': 'busybox 1:1.35.0-4, musl 1.2.3-1' } },
  'hello-world:latest': { layers: [{ hello: 'ELF' }] },
  'ubuntu:latest': { layers: [{ ...baseLayer, 'usr/lib/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n' }] },
  'broken:latest': { layers: [], archive: tarOf({ x: '' }) },
};

const names = Object.keys(images);
const idOf = (name: string): string => `sha256:${String(names.indexOf(name) + 1).repeat(64)}`;
/** Layers of the same content have the same digest. */
const layerIds = new Map([baseLayer, appLayer].map((layer, index) => [layer, `sha256:layer${index}`]));

const daemon: ApiHandler = async ({ path, headers: _ }) => {
  const route = path.replace(/^\/v[\d.]+/, '');
  if (route === '/_ping') return json('OK', { 'api-version': '1.50', ostype: 'linux' });
  if (route === '/images/json') return json(names.map((name, index) => ({ Id: idOf(name), RepoTags: [name], Created: 100 - index })));
  const [, asked, what] = /^\/images\/(.*)\/(json|get)$/.exec(route) ?? [];
  const name = names.find((each) => each === asked || each === `${asked}:latest` || idOf(each) === asked);
  if (name === undefined) return { ...json({ message: `No such image: ${asked}:latest` }), status: 404 };
  const { layers, labels, archive } = images[name]!;
  if (what === 'get') {
    return { status: 200, headers: {}, body: { kind: 'stream', chunks: pieces(archive ?? savedImage(...layers), 4096) } };
  }
  const ids = layers.map((layer, index) => layerIds.get(layer) ?? `sha256:${name}${index}`);
  return json({
    Id: idOf(name),
    Os: 'linux',
    Architecture: '386',
    Size: 74_800_000,
    Config: { Labels: labels ?? null },
    RootFS: { Layers: ids },
  });
};

function json(value: unknown, headers: Record<string, string> = {}): ApiResponse {
  return { status: 200, headers, body: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(value)) } };
}

async function docker(
  line: string,
  options: FakeOptions = {},
): Promise<{ out: string; err: string; status: number; environment: FakeEnvironment }> {
  const assets = { 'advisories/debian-12.json': snapshot };
  const environment = new FakeEnvironment({ args: line.split(' '), handler: daemon, assets, ...options });
  const status = await runCli(environment);
  return { out: environment.stdout.text, err: environment.stderr.text, status, environment };
}

describe('docker scout cves', () => {
  it('lists each package with its vulnerabilities, and the version that fixes them', async () => {
    const { out, err, status } = await docker('scout cves app');
    expect(err).toBe('    ✓ Indexed 5 packages\n    ✗ Detected 2 vulnerable packages with a total of 4 vulnerabilities\n\n');
    expect(out).toMatchInlineSnapshot(`
      "## Overview

        Target            │ app
          digest          │ 111111111111
          platform        │ linux/386
          size            │ 74.8MB
          packages        │ 5
          vulnerabilities │   0C    2H    0M    1L    1?
        Base image        │ debian:bookworm-slim
          digest          │ 222222222222
          vulnerabilities │   0C    1H    0M    1L


      ## Packages and Vulnerabilities

        0C    1H    0M    0L    1?  curl 7.88.1-10+deb12u5
      pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?os_distro=bookworm&os_name=debian&os_version=12
      installed as curl, libcurl4

            SEVERITY      VULNERABILITY   AFFECTED RANGE       FIXED IN
          ✗ HIGH          CVE-2024-2398   <7.88.1-10+deb12u6   7.88.1-10+deb12u6
          ✗ UNSPECIFIED   CVE-2024-9999   <7.88.1-10+deb12u6   7.88.1-10+deb12u6

        0C    1H    0M    1L  glibc 2.36-9+deb12u4
      pkg:deb/debian/glibc@2.36-9%2Bdeb12u4?os_distro=bookworm&os_name=debian&os_version=12
      installed as libc-bin, libc6

            SEVERITY   VULNERABILITY   AFFECTED RANGE    FIXED IN
          ✗ HIGH       CVE-2024-2961   <2.36-9+deb12u6   2.36-9+deb12u6
          ✗ LOW        CVE-2019-9192   >=0               not fixed

      4 vulnerabilities found in 2 packages
        CRITICAL     0
        HIGH         2
        MEDIUM       0
        LOW          1
        UNSPECIFIED  1

      Not counted: 1 vulnerability that only newer releases of Debian name, not decided for bookworm (docker scout cves --details lists them).
      No advisories are shipped for own-tool.
      Advisories: Debian 12 (bookworm), as of 2026-11-26. Made for a test.
      "
    `);
    expect(status).toBe(0);
  });

  it('says with --details what each is', async () => {
    const { out } = await docker('scout cves --details --only-package curl app');
    expect(out).toContain(
      '    ✗ HIGH          CVE-2024-2398   <7.88.1-10+deb12u6   7.88.1-10+deb12u6\n' +
        '        HTTP/2 push headers memory leak\n' +
        '        https://security-tracker.debian.org/tracker/CVE-2024-2398\n',
    );
    expect(out).not.toContain('glibc');
  });

  it.each<[string, string[]]>([
    ['--only-severity critical,high', ['CVE-2024-2398', 'CVE-2024-2961']],
    ['--only-severity low --only-unfixed', ['CVE-2019-9192']],
    ['--only-severity unspecified --details', ['CVE-2024-9999', 'CVE-2026-1']],
    ['--only-fixed --details', ['CVE-2024-2398', 'CVE-2024-9999', 'CVE-2024-2961']],
    ['--only-unfixed', ['CVE-2019-9192', 'CVE-2026-1']],
    ['--only-cve-id cve-2024-2961', ['CVE-2024-2961']],
    ['--only-package libcurl4', ['CVE-2024-2398', 'CVE-2024-9999']],
    ['--only-package-type deb', ['CVE-2024-2398', 'CVE-2024-9999', 'CVE-2024-2961', 'CVE-2019-9192']],
    ['--only-package-type npm', []],
  ])('%s', async (flags, expected) => {
    const { out } = await docker(`scout cves ${flags} app`);
    expect([...new Set(out.match(/CVE-\d+-\d+/g) ?? [])].sort()).toEqual([...expected].sort());
  });

  it.each([
    ['scout cves --exit-code app', 2],
    ['scout cves -e --only-severity critical app', 0],
    ['scan -e app', 2],
    ['scout cves -e --only-severity unspecified --only-unfixed app', 0],
    ['scout cves -e hello-world', 0],
  ])('%s ends with %i', async (line, expected) => {
    expect((await docker(line)).status).toBe(expected);
  });

  it('writes its report to a file', async () => {
    const { out, environment } = await docker('scout cves --format markdown -o /root/report.md app');
    expect(out).toBe('');
    expect(new TextDecoder().decode(await environment.files.read('/root/report.md'))).toMatchInlineSnapshot(`
      "# Vulnerabilities of app

      - Target: app
      - digest: 111111111111
      - platform: linux/386
      - size: 74.8MB
      - packages: 5
      - vulnerabilities: 0C    2H    0M    1L    1?
      - Base image: debian:bookworm-slim
      - digest: 222222222222
      - vulnerabilities: 0C    1H    0M    1L

      | Severity | Vulnerability | Package | Version | Fixed in |
      | --- | --- | --- | --- | --- |
      | high | CVE-2024-2398 | curl | 7.88.1-10+deb12u5 | 7.88.1-10+deb12u6 |
      | unspecified | CVE-2024-9999 | curl | 7.88.1-10+deb12u5 | 7.88.1-10+deb12u6 |
      | high | CVE-2024-2961 | glibc | 2.36-9+deb12u4 | 2.36-9+deb12u6 |
      | low | CVE-2019-9192 | glibc | 2.36-9+deb12u4 | not fixed |
      "
    `);
  });

  it.each([
    ['scout cves nothing', 1, 'No such image: nothing:latest'],
    ['scout cves --only-severity bad app', 1, 'invalid severity "bad": it is one of critical, high, medium, low, unspecified'],
    ['scout cves --format sarif app', 1, 'unsupported format "sarif": the formats here are packages and markdown'],
    ['scout cves --only-fixed --only-unfixed app', 1, '--only-fixed and --only-unfixed exclude each other'],
    ['scout cves broken', 1, 'the image broken cannot be read: it has no manifest.json'],
    ['scout compare app', 1, 'docker: unknown command: docker scout compare'],
  ])('%s is refused', async (line, expected, message) => {
    const { err, status } = await docker(line);
    expect(err).toContain(message);
    expect(status).toBe(expected);
  });

  it('says so when no advisories are shipped', async () => {
    const { err, status } = await docker('scout cves app', { assets: {} });
    expect([status, err]).toEqual([1, 'the advisories are not shipped with this copy of Drydock (advisories/debian-12.json)\n']);
  });
});

describe('docker scout quickview', () => {
  it('shows an image beside the one it is built on; without a name, the newest', async () => {
    const { out, status } = await docker('scout quickview');
    expect(out).toMatchInlineSnapshot(`
      "  Target            │ app:latest
          digest          │ 111111111111
          platform        │ linux/386
          size            │ 74.8MB
          packages        │ 5
          vulnerabilities │   0C    2H    0M    1L    1?
        Base image        │ debian:bookworm-slim
          digest          │ 222222222222
          vulnerabilities │   0C    1H    0M    1L

      What's next:
          View vulnerabilities → docker scout cves app:latest
          Only those with a fix → docker scout cves --only-fixed app:latest

      Not counted: 1 vulnerability that only newer releases of Debian name, not decided for bookworm (docker scout cves --details lists them).
      No advisories are shipped for own-tool.
      Advisories: Debian 12 (bookworm), as of 2026-11-26. Made for a test.
      "
    `);
    expect(status).toBe(0);
    expect((await docker('scout qv app:latest')).out).toBe(out);
  });

  it('goes by the labels of an image without a package database', async () => {
    expect((await docker('scout quickview busybox')).out).toMatchInlineSnapshot(`
      "  Target            │ busybox
          digest          │ 333333333333
          platform        │ linux/386
          size            │ 74.8MB
          packages        │ 2
          vulnerabilities │   0C    0H    1M    0L

      What's next:
          View vulnerabilities → docker scout cves busybox
          Only those with a fix → docker scout cves --only-fixed busybox

      No package database (dpkg) in this image: its packages are those that its labels name.
      No advisories are shipped for musl.
      Advisories: Debian 12 (bookworm), as of 2026-11-26. Made for a test.
      "
    `);
  });

  it('says when nothing is known', async () => {
    expect((await docker('scout quickview hello-world')).out).toMatchInlineSnapshot(`
      "  Target            │ hello-world
          digest          │ 444444444444
          platform        │ linux/386
          size            │ 74.8MB
          packages        │ 0
          vulnerabilities │ not known

      No package database (dpkg) in this image and no label that names source packages: nothing is known of what it is made of.
      "
    `);
    const { out } = await docker('scout quickview ubuntu');
    expect(out).toContain('vulnerabilities │ not known');
    expect(out).toContain('The advisories are about Debian 12 (bookworm); nothing is known of Ubuntu 24.04.');
  });
});

it('docker scout says what it has, and which advisories', async () => {
  const { err } = await docker('scout');
  expect(err).toContain('Usage:  docker scout COMMAND');
  expect((await docker('scan --help')).out).toContain('Usage:  docker scan [OPTIONS] [IMAGE]');
  expect((await docker('scout version')).out).toContain('Advisories: debian 12 (bookworm), as of 2026-11-26, 7 of 3 source packages');
});
