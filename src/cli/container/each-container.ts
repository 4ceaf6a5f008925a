/**
 * Carries out one request for each container named on a command line. Names that succeed are printed in
 * the order given; failures do not stop the others and are reported together at the end.
 * Source: docker/cli cli/command/container/utils.go, parallelOperation.
 */
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { errorLine } from '../error-line.ts';

/** How many requests are under way at once, as in Docker. */
const parallel = 50;

export type ContainerOperation = (name: string) => Promise<void>;

export interface EachContainerOptions {
  /** One after the other, as `docker restart` and `docker wait` do. */
  sequential?: boolean;
  /** Handles a failure that is none, by saying so; the name is not printed then. */
  forgive?: (error: unknown) => boolean;
}

/** @throws ExitError with a line for each container that failed */
export async function eachContainer(
  context: CommandContext,
  names: readonly string[],
  operation: ContainerOperation,
  options: EachContainerOptions = {},
): Promise<void> {
  const limit = options.sequential ? 1 : parallel;
  const results: Promise<Outcome>[] = [];
  const problems: string[] = [];
  for (const [index, name] of names.entries()) {
    while (results.length < Math.min(index + limit, names.length)) results.push(settle(operation, names[results.length]!));
    const outcome = await results[index]!;
    if (outcome.ok) await context.out(`${name}\n`);
    else if (options.forgive?.(outcome.error)) await context.err(`${errorLine(outcome.error)}\n`);
    else problems.push(errorLine(outcome.error));
  }
  if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
}

type Outcome = { ok: true } | { ok: false; error: unknown };

function settle(operation: ContainerOperation, name: string): Promise<Outcome> {
  return operation(name).then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error }),
  );
}
