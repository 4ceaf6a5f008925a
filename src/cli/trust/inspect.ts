/** Shows who signed images: nobody that could be asked about. Source: docker/cli cli/command/trust/inspect.go. */
import { parseNormalizedNamed } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';

/** @cli  P[there is no notary server]  docker trust inspect  "Return low-level information about keys and signatures" */
export const inspectCommand: Command = {
  path: ['trust', 'inspect'],
  async run({ args, flags, out }) {
    const problems = args.map((name) => {
      try {
        parseNormalizedNamed(name);
        return `no signatures or cannot access ${name}`;
      } catch (error) {
        return errorLine(error);
      }
    });
    if (!flags.bool('pretty')) await out('[]\n');
    throw new ExitError(1, flags.bool('pretty') ? (problems[0] ?? '') : problems.join('\n'));
  },
};
