/**
 * Build commands that Docker's client hands to its plugin buildx: `docker build` is `docker buildx build`, unless
 * `DOCKER_BUILDKIT=0` asks for the classic builder.
 * Source: docker/cli cmd/docker/builder.go.
 */
import { messageOf } from '#engine/errors.ts';
import type { CliEnvironment } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import type { HelpEntry } from '../help/help-data.ts';
import { errorLine } from '../error-line.ts';
import { parseBool } from '../units/number.ts';

const CLASSIC_WARNING = `DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.

`;

/** The first words, and what they stand for. */
const FORWARDED: [words: string[], plugin: string[]][] = [
  [['bake'], ['buildx', 'bake']],
  [['builder'], ['buildx']],
  [['build'], ['buildx', 'build']],
  [
    ['image', 'build'],
    ['buildx', 'build'],
  ],
];

/**
 * The words after `docker` and its global flags, with the plugin's name where it is to carry them out. Warns of the
 * classic builder where that is chosen.
 */
export async function forwardToBuilder(environment: CliEnvironment, words: string[]): Promise<string[]> {
  const isDisabled = !wantsBuildKit(environment) && words[0] !== 'bake';
  const match = FORWARDED.find(([first]) => first.every((word, index) => words[index] === word));
  if (!match) return words;
  if (isDisabled) {
    await environment.stderr.write(CLASSIC_WARNING);
    return words;
  }
  return [...match[1], ...words.slice(match[0].length)];
}

function wantsBuildKit({ env }: CliEnvironment): boolean {
  if (!env.DOCKER_BUILDKIT) return true;
  try {
    return parseBool(env.DOCKER_BUILDKIT);
  } catch (error) {
    throw new ExitError(1, `DOCKER_BUILDKIT environment variable expects boolean value: ${messageOf(error)}`);
  }
}

/** A plugin's command that failed, as the plugin says it. What is an exit status already stays one. */
export function pluginFailure(entry: HelpEntry, error: unknown): unknown {
  if (entry.plugin === undefined || entry.plugin === 'compose' || (error instanceof ExitError && error.status !== 1)) return error;
  const line = errorLine(error);
  return line === '' ? error : new ExitError(1, line.startsWith('ERROR: ') ? line : `ERROR: ${line}`, { cause: error });
}
