import { expect, it } from 'vitest';
import { isInsecure } from './insecure-registries.ts';

it('a registry is insecure by its name with the port, or by its subnet', () => {
  const entries = ['reg:5000', '10.0.0.0/8', 'nonsense/8'];
  expect(['reg:5000', 'REG:5000', '10.1.2.3:5000', '10.1.2.3'].every((host) => isInsecure(host, entries))).toBe(true);
  expect(['reg', 'reg:5001', '11.0.0.1:5000', 'docker.io'].some((host) => isInsecure(host, entries))).toBe(false);
});
