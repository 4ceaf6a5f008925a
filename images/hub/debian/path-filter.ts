// dpkg's path-exclude and path-include: which files of a package are left out. The last pattern that fits decides, and `*` fits slashes too.

export type PathFilter = { leaveOut: boolean; pattern: RegExp }[];

/** The lines of a file of dpkg.cfg.d. */
export function parsePathFilter(text: string): PathFilter {
  return [...text.matchAll(/^path-(exclude|include)[ =](\S+)$/gm)].map(([, kind, glob]) => ({
    leaveOut: kind === 'exclude',
    pattern: new RegExp(
      `^${glob!
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    ),
  }));
}

export function leavesOut(filter: PathFilter, path: string): boolean {
  return filter.findLast(({ pattern }) => pattern.test(path))?.leaveOut ?? false;
}
