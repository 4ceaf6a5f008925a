/** There is one builder, the daemon's own, which buildx calls `default`. */
import type { CommandContext } from '../command.ts';

export const BUILDER = 'default';
/** Whose behaviour the builder follows. */
export const BUILDKIT_VERSION = 'v0.22.0';
export const PLATFORM = 'linux/386';

/** @throws Error when another is named: by an argument, `--builder`, or `BUILDX_BUILDER` */
export function checkBuilder({ flags, environment }: CommandContext, name = ''): void {
  const wanted = name || flags.string('builder') || environment.env.BUILDX_BUILDER || BUILDER;
  if (wanted !== BUILDER) throw new Error(`no builder ${JSON.stringify(wanted)} found`);
}
