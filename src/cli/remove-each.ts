/** What `rm` of volumes, plugins and contexts do: one name after the other; what fails is reported at the end. */
import type { CommandContext } from './command.ts';
import { errorLine } from './error-line.ts';
import { ExitError } from './exit-error.ts';

/** Prints the names that went. @throws ExitError with a line for each that did not */
export async function removeEach(context: CommandContext, remove: (name: string) => Promise<void>): Promise<void> {
  const problems: string[] = [];
  for (const name of context.args) {
    try {
      await remove(name);
      await context.out(`${name}\n`);
    } catch (error) {
      problems.push(errorLine(error));
    }
  }
  if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
}
