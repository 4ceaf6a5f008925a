import { expect, test } from 'vitest';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import { networkViews, volumeViews } from './networks.ts';

const web = {
  Id: 'aabbccddeeff0011',
  Names: ['/web'],
  State: 'running',
  Mounts: [{ Type: 'volume', Name: 'data' }],
  NetworkSettings: { Networks: { front: { IPAddress: '172.18.0.2', Aliases: ['aabbccddeeff', 'www'], DNSNames: ['web', 'www'] } } },
} as unknown as ContainerSummary;
const ended = { ...web, Id: 'ff', Names: ['/ended'], State: 'exited' } as ContainerSummary;
const network = (Name: string, Subnet?: string) =>
  ({
    Name,
    Id: Name,
    Driver: 'bridge',
    IPAM: { Config: Subnet ? [{ Subnet, Gateway: '172.18.0.1' }] : null },
  }) as unknown as NetworkInspect;

test('a network shows who is on it, by address and alias; people’s own come first', () => {
  const views = networkViews([network('none'), network('bridge', '172.17.0.0/16'), network('front', '172.18.0.0/16')], [web, ended]);
  expect(views.map(({ name }) => name)).toEqual(['front', 'bridge', 'none']);
  expect(views[0]).toMatchObject({ subnet: '172.18.0.0/16', gateway: '172.18.0.1' });
  expect(views[0]?.members).toMatchObject([{ name: 'web', address: '172.18.0.2', aliases: ['www'] }]);
  expect(views[2]).toMatchObject({ subnet: '', members: [] });
});

test('a volume shows its users, also those that have ended, and its size when that is known', () => {
  const volume = (Name: string, Size: number) => ({ Name, Driver: 'local', UsageData: { RefCount: 0, Size } });
  const views = volumeViews([volume('spare', -1), volume('data', 7)] as never, [web, ended]);
  expect(views.map(({ name, sizeBytes, users }) => [name, sizeBytes, users.length])).toEqual([
    ['data', 7, 2],
    ['spare', undefined, 0],
  ]);
});
