/**
 * Reads `WWW-Authenticate`: how a registry wants to be asked. Several challenges may stand in one header, since hosts
 * join headers of one name with commas. What does not parse ends the list; nothing is thrown.
 * Source: RFC 7235, section 4.1; distribution registry/client/auth/challenge.
 */

export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  scheme: string;
  /** Names in lower case: `realm`, `service`, `scope`, `error`. */
  parameters: Record<string, string>;
}

/** Nobody sends that many; a hostile one may. */
const maxChallenges = 16;
const maxHeaderLength = 8192;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const schemePattern = new RegExp(`[\\s,]*(${token})(?=[\\s,]|$)`, 'y');
const parameterPattern = new RegExp(`[\\s,]*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y');

export function parseChallenges(header = ''): Challenge[] {
  const text = header.slice(0, maxHeaderLength);
  const challenges: Challenge[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (challenges.length < maxChallenges) {
    const scheme = match(schemePattern)?.[1];
    if (scheme === undefined) break;
    const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
    for (let found = match(parameterPattern); found; found = match(parameterPattern)) {
      parameters[found[1]!.toLowerCase()] ??= found[2]?.replace(/\\(.)/gs, '$1') ?? found[3]!;
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
  return challenges;
}
