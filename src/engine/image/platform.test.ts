import { describe, expect, it } from 'vitest';
import { platformText } from '../oci/manifest.ts';
import { parsePlatform } from './platform.ts';

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['Linux/X86_64', 'linux/amd64'],
    ['linux', 'linux/386'],
    ['i386', 'linux/386'],
    ['aarch64', 'linux/arm64'],
    ['armhf', 'linux/arm/v7'],
    ['macos/arm64', 'darwin/arm64'],
    ['windows/amd64', 'windows/amd64'],
    ['linux/constructor', 'linux/constructor'],
  ])('%s', (text, canonical) => expect(platformText(parsePlatform(text))).toBe(canonical));

  it.each([
    ['bogus', '"bogus": unknown operating system or architecture: invalid argument'],
    ['linux/', 'is an invalid component of "linux/"'],
    ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier: invalid argument'],
    ['li nux/386', '"li nux" is an invalid component'],
  ])('refuses %s', (text, message) => expect(() => parsePlatform(text)).toThrow(message));
});
