/** Image names as lessons write them: `busybox` means any tag of Docker Hub's `library/busybox`. */

/** True when `wanted` names what `actual` does; a tag counts only when `wanted` has one. */
export function sameImage(wanted: string, actual: string): boolean {
  const want = split(wanted);
  const have = split(actual);
  return want.repository === have.repository && (want.tag === undefined || want.tag === (have.tag ?? 'latest'));
}

function split(name: string): { repository: string; tag: string | undefined } {
  const short = name.replace(/^docker\.io\//, '').replace(/^library\//, '');
  const colon = short.lastIndexOf(':');
  return colon > short.lastIndexOf('/')
    ? { repository: short.slice(0, colon), tag: short.slice(colon + 1) }
    : { repository: short, tag: undefined };
}
