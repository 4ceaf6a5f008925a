import { expect, it } from 'vitest';
import { featuresOf } from './features.ts';

it.each([
  [undefined, ''],
  ['docker/dockerfile', 'exclude parents security'],
  ['docker/dockerfile:1', 'exclude parents security'],
  ['docker.io/docker/dockerfile:1.7-labs', 'exclude parents security'],
  ['docker/dockerfile:1.16', ''],
  ['docker/dockerfile:1.19.0', 'exclude'],
  ['docker/dockerfile:1.20@sha256:0123 // why', 'exclude parents security'],
  ['docker/dockerfile-upstream:master', 'exclude parents security'],
  ['example.com/docker/dockerfile:1', ''],
])('%s knows: %s', (syntax, expected) => {
  const known = Object.entries(featuresOf(syntax)).flatMap(([name, isKnown]) => (isKnown ? [name] : []));
  expect(known.join(' ')).toBe(expected);
});
