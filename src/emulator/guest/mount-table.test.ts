import { expect, it } from 'vitest';
import { mountedInNode } from './mount-table.ts';

it('reads how mounts spread, and names with spaces', () => {
  const table = [
    '21 1 0:19 / / rw,relatime shared:1 - rootfs rootfs rw',
    '40 21 0:33 / /var/lib/docker rw,noatime shared:7 master:3 - 9p share rw,access=client',
    '41 21 0:34 / /mnt/two\\040words rw master:5 - tmpfs tmpfs rw',
    '42 21 0:35 / /private rw - tmpfs tmpfs rw',
    '',
  ].join('\n');
  expect(mountedInNode(table)).toEqual([
    { path: '/', shared: true, slave: false },
    { path: '/var/lib/docker', shared: true, slave: true },
    { path: '/mnt/two words', shared: false, slave: true },
    { path: '/private', shared: false, slave: false },
  ]);
});
