/** dpkg's database and os-release, from images that anybody may have made. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDpkgStatus, readOsRelease, readSourceLabel } from './dpkg-status.ts';

const status = `Package: libssl3
Status: install ok installed
Architecture: i386
Source: openssl
Version: 3.0.15-1~deb12u1
Description: Secure Sockets Layer toolkit
 with more lines
 .
 Version: 9

Package: libc6
Status: install ok installed
Architecture: i386
Source: glibc (2.36-9+deb12u9)
Version: 2.36-9+deb12u9+b1

Package: vim
Status: deinstall ok config-files
Version: 2:9.0

Package: Bad\x1b[31m
Status: install ok installed
Version: 1
`;

describe('dpkg status', () => {
  it('gives what is installed, with its source package', () => {
    expect(readDpkgStatus(status)).toEqual([
      { name: 'libssl3', version: '3.0.15-1~deb12u1', architecture: 'i386', source: 'openssl', sourceVersion: '3.0.15-1~deb12u1' },
      { name: 'libc6', version: '2.36-9+deb12u9+b1', architecture: 'i386', source: 'glibc', sourceVersion: '2.36-9+deb12u9' },
    ]);
  });

  it('without a status line is installed: files of status.d', () => {
    expect(readDpkgStatus('Package: base-files\nVersion: 12.4\n')).toHaveLength(1);
  });

  it('shows no sign that a terminal would obey, whatever the file holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (name, version, source) => {
        for (const each of readDpkgStatus(`Package: ${name}\nVersion: ${version}\nSource: ${source}\n`)) {
          expect(`${each.name}${each.version}${each.source}${each.sourceVersion}`).toMatch(/^[\x21-\x7e]+$/);
        }
      }),
    );
  });
});

describe('labels', () => {
  it('name source packages and versions', () => {
    expect(readSourceLabel('busybox 1:1.35.0-4, musl 1.2.3-1').map(({ source, sourceVersion }) => [source, sourceVersion])).toEqual([
      ['busybox', '1:1.35.0-4'],
      ['musl', '1.2.3-1'],
    ]);
  });

  it('of other kinds name none', () => {
    expect(readSourceLabel('')).toEqual([]);
    expect(readSourceLabel('made by hand, of things; \x1b[31mred 1.0')).toEqual([]);
  });
});

describe('os-release', () => {
  it('is read with and without quotes', () => {
    expect(readOsRelease('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n')).toEqual({
      id: 'debian',
      version: '12',
      codename: 'bookworm',
      name: 'Debian GNU/Linux 12 (bookworm)',
    });
  });

  it('names no system when it has no ID', () => {
    expect(readOsRelease('NAME=x')).toBeUndefined();
  });
});
