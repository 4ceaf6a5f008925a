/**
 * Asks before something is removed.
 * Source: docker/cli internal/prompt.
 */
import type { CommandContext } from './command.ts';

/**
 * Prints the question with ` [y/N] ` and reads one line.
 *
 * @returns true for `y` or `Y` alone
 */
export async function confirm(context: CommandContext, question: string): Promise<boolean> {
  await context.out(`${question} [y/N] `);
  const decoder = new TextDecoder();
  let line = '';
  for await (const chunk of context.environment.stdin.chunks()) {
    line += decoder.decode(chunk, { stream: true });
    if (line.includes('\n')) break;
  }
  return line.split('\n', 1)[0]!.trim().toLowerCase() === 'y';
}
