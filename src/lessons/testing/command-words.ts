/** The words of a command line, with quotes and `$(command)`, for tests that have no shell. */

/** @param run gives the output of an inner command */
export async function commandWords(line: string, run: (words: string[]) => Promise<string>): Promise<string[]> {
  const inner = /\$\(([^()]*)\)/.exec(line);
  if (inner) {
    const output = await run(await commandWords(inner[1] ?? '', run));
    return commandWords(
      line.replace(inner[0], () => output.split(/\s+/).join(' ').trim()),
      run,
    );
  }
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
}
