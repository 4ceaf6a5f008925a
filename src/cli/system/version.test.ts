/** The layout of `docker version`, with the official client's facts. */
import { expect, it } from 'vitest';
import type { Version } from '#engine/api/types/system.ts';
import { reformatDate } from './build-date.ts';
import { versionText } from './version.ts';

const client = {
  Version: '28.2.2',
  ApiVersion: '1.41',
  DefaultAPIVersion: '1.50',
  GitCommit: 'e6534b4',
  GoVersion: 'go1.24.3',
  Os: 'linux',
  Arch: 'amd64',
  BuildTime: 'Fri May 30 12:07:14 2025',
  Context: 'default',
};

it('prints the client alone when no daemon answers', () => {
  expect(versionText({ ...client, ApiVersion: '1.50' }, undefined)).toBe(`Client:
 Version:           28.2.2
 API version:       1.50
 Go version:        go1.24.3
 Git commit:        e6534b4
 Built:             Fri May 30 12:07:14 2025
 OS/Arch:           linux/amd64
 Context:           default
`);
});

it('says that the API version was lowered for an old daemon', () => {
  const server: Version = {
    Platform: { Name: 'Docker Engine - Community' },
    Components: [
      {
        Name: 'Engine',
        Version: '20.10.24',
        Details: { ApiVersion: '1.41', MinAPIVersion: '1.12', GitCommit: 'x', Experimental: 'false' },
      },
      { Name: 'crun', Version: '1.8', Details: { GitCommit: '' } },
    ],
    Version: '20.10.24',
    ApiVersion: '1.41',
    GitCommit: 'x',
    GoVersion: '',
    Os: 'linux',
    Arch: '386',
  };
  const text = versionText(client, server);
  expect(text).toContain(' API version:       1.41 (downgraded from 1.50)\n');
  expect(text).toContain('\n\nServer: Docker Engine - Community\n Engine:\n  Version:          20.10.24\n');
  expect(text).toContain(' crun:\n  Version:          1.8\n  GitCommit:        \n');
});

it('prints build times as people read them', () => {
  expect(reformatDate('2025-05-30T12:07:27.000000000+00:00')).toBe('Fri May 30 12:07:27 2025');
  expect(reformatDate('2017-08-03T04:05:06Z')).toBe('Thu Aug  3 04:05:06 2017');
  expect(reformatDate('unknown')).toBe('unknown');
});
