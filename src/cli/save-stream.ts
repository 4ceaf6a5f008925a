/** Where an archive goes that `docker save` and `docker export` get: a file, or standard output unless that is a terminal. */
import { writeAtomically } from './atomic-file.ts';
import type { CommandContext } from './command.ts';

/** @param complaint what precedes the reason why a file cannot be written */
export async function saveStream(
  context: CommandContext,
  path: string,
  open: () => Promise<AsyncIterable<Uint8Array>>,
  complaint: string,
): Promise<void> {
  const { stdout, files } = context.environment;
  if (path !== '') return await writeAtomically(files, path, open, complaint);
  if (stdout.isTerminal) throw new Error('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  for await (const chunk of await open()) await stdout.write(chunk);
}
