/**
 * Says mounts as crun understands them, where it takes options for more than the OCI specification means.
 * Source: crun 1.8.1, src/libcrun/linux.c.
 */
import type { RuntimeSpec } from '#engine/runtime/spec.ts';

type Mount = RuntimeSpec['mounts'][number];

/** Sources of which `mountsForCrun` wants to know whether they are files. */
export function doubtfulSources(mounts: readonly Mount[]): string[] {
  return mounts.filter(({ options }) => options?.includes('rro')).map(({ source = '' }) => source);
}

/** @param files sources that are no directories */
export function mountsForCrun(mounts: readonly Mount[], files: ReadonlySet<string>): Mount[] {
  return mounts.map((mount) => {
    const { options = [], source = '' } = mount;
    const said = options.map((option) => {
      // Only directories are made read-only with all below them; a file has nothing below.
      if (option === 'rro' && files.has(source)) return 'ro';
      // A propagation that goes all the way down would make the bind itself go there; what is mounted has nothing below.
      return options.includes('bind') && /^r(?:private|shared|slave)$/.test(option) ? option.slice(1) : option;
    });
    return said.some((option, index) => option !== options[index]) ? { ...mount, options: said } : mount;
  });
}
