/** Docker's remarks beside the output: ` Info -> `, dressed up on a terminal. Source: docker/cli internal/tui. */
import type { CliOutput } from '../environment.ts';

const PLAIN = ' Info -> ';
const FANCY = '\x1b[1m\x1b[106m\x1b[30mi\x1b[0m\x1b[0m \x1b[96mInfo → \x1b[0m\x1b[0m';

export async function printNote(output: CliOutput, text: string): Promise<void> {
  const { isTerminal } = output;
  const lines = (isTerminal ? text.replaceAll('--platform', '\x1b[1m--platform\x1b[0m') : text).split('\n');
  const shown = lines.map((line) => (isTerminal ? `\x1b[3m${line}\x1b[0m\n` : `${line}\n`));
  await output.write(`\n${isTerminal ? FANCY : PLAIN}${shown.join(' '.repeat(PLAIN.length))}`);
}
