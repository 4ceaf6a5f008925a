/** `--timeout` and its old name `--time`, which `docker stop` and `docker restart` share. */
import { ExitError } from '../exit-error.ts';
import type { ParsedFlags } from '../flags/parse.ts';

/** What both send; what was not given is left out. */
export function stopQuery(flags: ParsedFlags): { t?: number; signal?: string } {
  if (flags.changed('time') && flags.changed('timeout'))
    throw new ExitError(1, 'conflicting options: cannot specify both --timeout and --time');
  const name = ['timeout', 'time'].find((flag) => flags.changed(flag));
  return {
    ...(name !== undefined && { t: flags.number(name) }),
    ...(flags.string('signal') !== '' && { signal: flags.string('signal') }),
  };
}
