/** The environment of a container's process. Source: moby container/container.go and env.go. */

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param linked what is told of linked containers */
export function environmentOf(
  hostname: string,
  terminal: boolean,
  configured: readonly string[],
  linked: readonly string[] = [],
): string[] {
  return withOverrides([defaultPath, `HOSTNAME=${hostname}`, ...(terminal ? ['TERM=xterm'] : []), ...linked], configured);
}

/** Later values replace earlier ones in place; a bare name removes. */
export function withOverrides(defaults: readonly string[], overrides: readonly string[]): string[] {
  const merged: (string | undefined)[] = [...defaults];
  const index = new Map(defaults.map((pair, at) => [pair.slice(0, pair.indexOf('=')), at]));
  for (const pair of overrides) {
    const equals = pair.indexOf('=');
    const at = index.get(equals < 0 ? pair : pair.slice(0, equals));
    if (at !== undefined) merged[at] = equals < 0 ? undefined : pair;
    else if (equals >= 0) merged.push(pair);
  }
  return merged.filter((pair) => pair !== undefined && pair !== '') as string[];
}
