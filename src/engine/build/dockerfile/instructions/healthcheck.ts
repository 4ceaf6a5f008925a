/**
 * HEALTHCHECK: its flags and its command.
 * Source: BuildKit frontend/dockerfile/instructions, parseHealthcheck.
 */
import { parseDuration } from '../../../go-duration.ts';
import { quote } from '../../../go-quote.ts';
import type { Healthcheck } from '../../../oci/image-config.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { messageOf } from '../../../errors.ts';
import { Flags } from './flags.ts';

const millisecond = 1_000_000n;
const maxRetries = 2 ** 31 - 1;

/** @throws DockerfileError */
export function parseHealthcheck(args: readonly string[], json: boolean, given: readonly string[]): Healthcheck {
  const [first, ...command] = args;
  if (first === undefined) throw new DockerfileError('HEALTHCHECK requires at least one argument');
  const type = first.toUpperCase();
  if (type === 'NONE') {
    if (command.length > 0) throw new DockerfileError('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const flags = new Flags({ interval: 'text', timeout: 'text', 'start-period': 'text', 'start-interval': 'text', retries: 'text' }, given);
  if (type !== 'CMD') throw new DockerfileError(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw new DockerfileError('Missing command after HEALTHCHECK CMD');
  const healthcheck: Healthcheck = { Test: json ? ['CMD', ...command] : ['CMD-SHELL', command.join(' ')] };
  const durations = { Interval: 'interval', Timeout: 'timeout', StartPeriod: 'start-period', StartInterval: 'start-interval' } as const;
  for (const [field, flag] of Object.entries(durations) as [keyof typeof durations, 'interval'][]) {
    const nanoseconds = parseInterval(flag, flags.text(flag));
    if (nanoseconds !== 0) healthcheck[field] = nanoseconds;
  }
  const retries = parseRetries(flags.text('retries'));
  if (retries !== 0) healthcheck.Retries = retries;
  return healthcheck;
}

/** Nanoseconds; 0 when none was given. */
function parseInterval(name: string, text: string): number {
  if (text === '') return 0;
  let nanoseconds: bigint;
  try {
    nanoseconds = parseDuration(text);
  } catch (error) {
    throw new DockerfileError(messageOf(error));
  }
  if (nanoseconds !== 0n && nanoseconds < millisecond) throw new DockerfileError(`Interval ${quote(name)} cannot be less than 1ms`);
  return Number(nanoseconds);
}

function parseRetries(text: string): number {
  if (text === '') return 0;
  const problem = /^[+-]?\d+$/.test(text) ? undefined : 'invalid syntax';
  const retries = Number(text);
  if (problem || retries > maxRetries || retries < -maxRetries - 1) {
    throw new DockerfileError(`strconv.ParseInt: parsing ${quote(text)}: ${problem ?? 'value out of range'}`);
  }
  if (retries < 0) throw new DockerfileError(`--retries cannot be negative (${retries})`);
  return retries;
}
