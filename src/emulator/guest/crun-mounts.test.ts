import { expect, it } from 'vitest';
import { doubtfulSources, mountsForCrun } from './crun-mounts.ts';

it.each([
  ['/file', ['rbind', 'rro', 'rprivate'], ['rbind', 'ro', 'rprivate']],
  ['/directory', ['rbind', 'rro', 'rprivate'], ['rbind', 'rro', 'rprivate']],
  ['/directory', ['bind', 'rro', 'rslave'], ['bind', 'rro', 'slave']],
  ['/directory', ['bind', 'private'], ['bind', 'private']],
])('%s %j', (source, options, said) => {
  expect(mountsForCrun([{ destination: '/x', source, options }], new Set(['/file']))).toEqual([
    { destination: '/x', source, options: said },
  ]);
});

it('asks of what may be a file', () => {
  const mounts = [
    { destination: '/proc' },
    { destination: '/a', source: '/a', options: ['rro'] },
    { destination: '/b', source: '/b', options: ['ro'] },
  ];
  expect(doubtfulSources(mounts)).toEqual(['/a']);
});
