// The advisories that `docker scout` goes by: how changelogs and the tracker's export are read, and what is shipped.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mentions, readChangelog } from '../images/advisories/changelog.ts';
import { changelogAdvisories } from '../images/advisories/from-changelogs.ts';
import { trackerAdvisories, type TrackerExport } from '../images/advisories/from-tracker.ts';
import { snapshotText } from '../images/advisories/snapshot.ts';
import { distDir } from '../images/shell.ts';
import { readSnapshot } from '../src/cli/scout/advisories.ts';

const entry = (version: string, date: string, ...bullets: string[]): string =>
  `tool (${version}) bookworm-security; urgency=high\n\n${bullets.map((bullet) => `  * ${bullet}\n`).join('')}\n -- A Maintainer <a@example.org>  ${date}\n\n`;

const changelog =
  entry('1.0-1+deb12u3', 'Sat, 01 Feb 2025 10:00:00 +0000', 'CVE-2025-1001: not affected, the code came later.', 'Fix build.') +
  entry(
    '1.0-1+deb12u2',
    'Mon, 01 Jan 2024 10:00:00 +0000',
    'Fix a heap overflow in the\n    parser of headers (CVE-2023-2020, CVE-2023-2021)\n    (Closes: #1234567)',
    'Fix again: CVE-2023-1010',
  ) +
  entry('1.0-1+deb12u1', 'Sat, 01 Jul 2023 10:00:00 +0000', 'CVE-2023-1010: Do not read past the end of a line.') +
  entry('1.0-1', 'Sun, 01 Jan 2023 10:00:00 +0000', 'New upstream version, fixes CVE-2022-1001.');

const releasedAt = Date.UTC(2023, 5, 10) / 1000;

describe('a changelog', () => {
  it('is read entry by entry, newest first', () => {
    const entries = readChangelog(changelog);
    expect(entries.map(({ version, date }) => [version, new Date(date * 1000).getUTCFullYear()])).toEqual([
      ['1.0-1+deb12u3', 2025],
      ['1.0-1+deb12u2', 2024],
      ['1.0-1+deb12u1', 2023],
      ['1.0-1', 2023],
    ]);
  });

  it('says in which version a vulnerability was first dealt with', () => {
    expect([...mentions(readChangelog(changelog))].map(([id, { version }]) => [id, version])).toEqual([
      ['CVE-2022-1001', '1.0-1'],
      ['CVE-2023-1010', '1.0-1+deb12u1'],
      ['CVE-2023-2020', '1.0-1+deb12u2'],
      ['CVE-2023-2021', '1.0-1+deb12u2'],
    ]);
  });

  it('of any text is read without harm', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void mentions(readChangelog(changelog + text))));
  });
});

describe('advisories from changelogs', () => {
  const newer = entry(
    '2.0-2',
    'Sat, 01 Mar 2025 10:00:00 +0000',
    'CVE-2024-3030: Bound the length of names.',
    'CVE-2023-2020: as before.',
    'Fix CVE-2025-1001',
  );
  const rows = changelogAdvisories('tool', changelog, releasedAt, [
    { name: 'trixie', changelogs: new Map([['tool', newer]]) },
    {
      name: 'sid',
      changelogs: new Map([['tool', entry('3.0-1', 'Sun, 01 Mar 2026 10:00:00 +0000', 'CVE-2024-3030, CVE-2026-5005: fixed.') + newer]]),
    },
  ]);

  it('have the version that fixed each since the release came out', () => {
    expect(rows.filter(([, , , , undecided]) => undecided === undefined)).toEqual([
      ['CVE-2023-1010', '1.0-1+deb12u1', '', 'Do not read past the end of a line.'],
      ['CVE-2023-2020', '1.0-1+deb12u2', '', 'Fix a heap overflow in the parser of headers'],
      ['CVE-2023-2021', '1.0-1+deb12u2', '', 'Fix a heap overflow in the parser of headers'],
    ]);
  });

  it('leave undecided what only newer releases name, unless the release denies it', () => {
    expect(rows.filter(([, , , , undecided]) => undecided !== undefined)).toEqual([
      ['CVE-2024-3030', null, '', 'Bound the length of names.', '2.0-2 in trixie'],
      ['CVE-2026-5005', null, '', '', '3.0-1 in sid'],
    ]);
  });
});

it("advisories from the tracker's export", () => {
  const release = (status: string, more: object = {}): TrackerExport[string][string] => ({
    description: `${status} in the\nrelease`,
    releases: { bookworm: { status, ...more }, sid: { status: 'resolved', fixed_version: '9' } },
  });
  const data: TrackerExport = {
    tool: {
      'CVE-2024-1': release('resolved', { fixed_version: '1.0-1+deb12u1', urgency: 'high**' }),
      'CVE-2024-2': release('resolved', { fixed_version: '0' }),
      'CVE-2024-3': release('open', { urgency: 'not yet assigned' }),
      'CVE-2024-4': release('undetermined'),
      'CVE-2024-5': { releases: { sid: { status: 'open' } } },
      'TEMP-0000000-000000': release('open'),
    },
  };
  expect(trackerAdvisories('tool', data, 'bookworm')).toEqual([
    ['CVE-2024-1', '1.0-1+deb12u1', 'H', 'resolved in the release'],
    ['CVE-2024-3', null, '', 'open in the release'],
    ['CVE-2024-4', null, '', 'undetermined in the release', 'undetermined by Debian'],
  ]);
  expect(trackerAdvisories('other', data, 'bookworm')).toEqual([]);
});

describe('the snapshot', () => {
  it('is read as it was written', () => {
    const distribution = { id: 'debian', version: '12', codename: 'bookworm' };
    const head = { distribution, date: '2026-01-01', notes: ['a', 'b'], origin: 'a test' };
    const text = snapshotText(
      head,
      new Map([
        [
          'tool',
          [
            ['CVE-2024-2', null, 'L', 'x', 'y'],
            ['CVE-2024-1', '2', '', ''],
          ],
        ],
      ]),
    );
    const { sources, ...rest } = readSnapshot(new TextEncoder().encode(text));
    expect(rest).toEqual({ distribution, date: '2026-01-01', notes: ['a', 'b'] });
    expect(sources.get('tool')).toEqual([
      { id: 'CVE-2024-1', fixedIn: '2', severity: 'unspecified', title: '', undecided: undefined },
      { id: 'CVE-2024-2', fixedIn: undefined, severity: 'low', title: 'x', undecided: 'y' },
    ]);
  });

  it('that is shipped is small, and covers what every Debian image is made of', () => {
    const bytes = readFileSync(join(distDir, 'advisories/debian-12.json'));
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(1e6);
    const { sources, distribution } = readSnapshot(bytes);
    expect(distribution.codename).toBe('bookworm');
    for (const name of ['glibc', 'openssl', 'apt', 'dpkg', 'bash', 'zlib', 'perl', 'nginx', 'redis', 'postgresql-15', 'curl', 'git']) {
      expect(sources.has(name), name).toBe(true);
    }
    for (const advisories of sources.values()) {
      for (const { id, fixedIn } of advisories) {
        expect(id).toMatch(/^CVE-\d{4}-\d{4,7}$/);
        expect(fixedIn ?? '0').toMatch(/^[0-9][A-Za-z0-9.+:~-]*$/);
      }
    }
  });
});
