/** Prints a command's help: on a terminal as wide as that, and without what the daemon does not have. */
import { configDirectory } from '../client-config.ts';
import type { CliEnvironment, CliOutput } from '../environment.ts';
import { clientRelease } from '../client-release.ts';
import { askDaemon, offered, refusalOf } from './daemon-features.ts';
import { asOf, dependsOnClient } from './flags-since.ts';
import type { HelpEntry } from './help-data.ts';
import { helpText } from './usage.ts';

const DEFAULT_WIDTH = 80;

/** @returns the exit status, which is 0 */
export async function explain(
  environment: CliEnvironment,
  host: () => Promise<string>,
  known: HelpEntry,
  output: CliOutput,
): Promise<number> {
  const entry = dependsOnClient(known) ? asOf(known, (await clientRelease(environment)).version) : known;
  const daemon = Object.keys(entry.needs).length > 0 ? await askDaemon(environment, host) : undefined;
  const refusal = daemon && refusalOf(entry, undefined, daemon);
  const width = environment.stdout.size()?.columns ?? DEFAULT_WIDTH;
  const layout = { width, configDirectory: configDirectory(environment) };
  await output.write(refusal === undefined ? helpText(daemon ? offered(entry, daemon) : entry, layout) : `${refusal}\n`);
  return 0;
}
