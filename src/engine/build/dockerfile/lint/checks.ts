/**
 * Build checks on a file as a whole, and on names.
 * Source: BuildKit dockerfile2llb, validateStageNames, validateCommandCasing, validateNoSecretKey.
 */
import { parseNormalizedNamed } from '../../../oci/reference.ts';
import type { Platform } from '../../../oci/manifest.ts';
import { parsePlatform } from '../../../image/platform.ts';
import type { LineRange } from '../dockerfile-error.ts';
import type { Stage } from '../instructions/instruction.ts';
import type { Environment, Expansion } from '../shell/lexer.ts';
import { nearest } from '../suggest.ts';
import type { Linter } from './linter.ts';

const reservedNames = new Set(['context', 'scratch']);
const secretWords = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const publicWords = /(?:_|^)public(?:_|$)/i;

export function checkStageNames(stages: readonly Stage[], lint: Linter): void {
  const names = new Set<string>();
  for (const { name, lines } of stages) {
    if (name === '') continue;
    if (reservedNames.has(name)) lint.report('ReservedStageName', lines, name);
    if (names.has(name)) lint.report('DuplicateStageName', lines, name);
    names.add(name);
  }
}

/** Keywords should be written as most of them are, all small or all capital. */
export function checkCasing(stages: readonly Stage[], lint: Linter): void {
  const written = stages.flatMap((stage) => [stage, ...stage.instructions]);
  const lower = written.filter(({ keyword }) => keyword === keyword.toLowerCase()).length;
  const upper = written.filter(({ keyword }) => keyword !== keyword.toLowerCase() && keyword === keyword.toUpperCase()).length;
  const casing = lower > upper ? 'lowercase' : 'uppercase';
  for (const { keyword, lines } of written) {
    const wanted = casing === 'lowercase' ? keyword.toLowerCase() : keyword.toUpperCase();
    if (keyword !== wanted) lint.report('ConsistentInstructionCasing', lines, keyword, casing);
  }
}

export function checkNoSecret(keyword: 'ARG' | 'ENV', name: string, lines: LineRange, lint: Linter): void {
  if (secretWords.test(name) && !publicWords.test(name)) lint.report('SecretsUsedInArgOrEnv', lines, keyword, name);
}

/** Says when a base image's name is none without arguments from outside. */
export function checkDefaultBaseName(stage: Stage, expanded: string, lint: Linter): void {
  try {
    parseNormalizedNamed(expanded);
  } catch {
    lint.report('InvalidDefaultArgInFrom', stage.lines, stage.baseName);
  }
}

export function checkFromArgs(unmatched: ReadonlySet<string>, known: ReadonlySet<string>, lines: LineRange, lint: Linter): void {
  for (const name of unmatched) {
    if (!known.has(name)) lint.report('UndefinedArgInFrom', lines, name, nearest(name, known) ?? '');
  }
}

export function checkFromPlatform(stage: Stage, expansion: Expansion, args: Environment, lint: Linter): void {
  const { matched, unmatched, result } = expansion;
  const target = args.get('TARGETPLATFORM');
  if (matched.size === 1 && unmatched.size === 0 && matched.has('TARGETPLATFORM') && result === target) {
    lint.report('RedundantTargetPlatform', stage.lines, stage.platform);
  }
  if (matched.size > 0 || unmatched.size > 0) return;
  let platform: Platform;
  try {
    platform = parsePlatform(result);
  } catch {
    return;
  }
  // A stage that says in its name what it is for may be for that alone.
  if (stage.name.includes(platform.os) || stage.name.includes(platform.architecture)) return;
  lint.report('FromPlatformFlagConstDisallowed', stage.lines, result);
}

export function checkUndefined(
  unmatched: ReadonlySet<string>,
  declared: ReadonlySet<string>,
  environment: Environment,
  lines: LineRange,
  lint: Linter,
): void {
  for (const name of unmatched) {
    if (declared.has(name) || neverVariables.has(name)) continue;
    lint.report('UndefinedVar', lines, name, nearest(name, environment.keys()) ?? '');
  }
}

/** Arguments of the builder that are no variables of the build. */
export const neverVariables: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);
