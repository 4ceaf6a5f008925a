/**
 * A health check as history shows it: Go's `%q` of the structure, durations in words, the number of retries as a character.
 * Source: Go fmt; BuildKit dockerfile2llb, dispatchHealthcheck.
 */
import { formatDuration } from '../../go-duration.ts';
import { quote } from '../../go-quote.ts';
import type { Healthcheck } from '../../oci/image-config.ts';

export function healthcheckText({
  Test = [],
  Interval = 0,
  Timeout = 0,
  StartPeriod = 0,
  StartInterval = 0,
  Retries = 0,
}: Healthcheck): string {
  const durations = [Interval, Timeout, StartPeriod, StartInterval].map((value) => quote(formatDuration(BigInt(value))));
  return `&{${[`[${Test.map(quote).join(' ')}]`, ...durations, quotedCharacter(Retries)].join(' ')}}`;
}

function quotedCharacter(code: number): string {
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  const char = String.fromCodePoint(isCharacter ? code : 0xfffd);
  if (char === "'") return "'\\''";
  return char === '"' ? `'"'` : `'${quote(char).slice(1, -1)}'`;
}
