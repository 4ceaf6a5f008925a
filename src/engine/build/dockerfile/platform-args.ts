/**
 * Variables that every Dockerfile has before its first FROM: platforms of the build, and the target's name.
 * Source: BuildKit dockerfile2llb/platform.go; Dockerfile reference, "Automatic platform ARGs".
 */
import { type Platform, platformText } from '../../oci/manifest.ts';

export function platformArgs(
  build: Platform,
  target: Platform,
  stageName: string,
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  const args = new Map([
    ['BUILDPLATFORM', platformText(build)],
    ['BUILDOS', build.os],
    ['BUILDOSVERSION', ''],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
    ['TARGETPLATFORM', platformText(target)],
    ['TARGETOS', target.os],
    ['TARGETOSVERSION', ''],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['TARGETSTAGE', stageName || 'default'],
  ]);
  for (const name of args.keys()) {
    const value = given.get(name);
    if (value !== undefined) args.set(name, value);
  }
  return args;
}
