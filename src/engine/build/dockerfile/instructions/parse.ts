/**
 * Lines of a Dockerfile to instructions and stages, with each instruction's own checks.
 * Source: BuildKit frontend/dockerfile/instructions/parse.go; its errors are the measure.
 */
import { DockerfileError, locating } from '../dockerfile-error.ts';
import { type Features, stableFeatures } from '../features.ts';
import { trimSpace } from '../go-space.ts';
import type { Linter } from '../lint/linter.ts';
import { type DockerfileNode, parseDockerfile, type ParsedDockerfile } from '../parser.ts';
import { suggesting } from '../suggest.ts';
import { parseCommand, parseRun } from './command.ts';
import { Flags } from './flags.ts';
import { parseHealthcheck } from './healthcheck.ts';
import type { ArgDefinition, ArgInstruction, Instruction, Pair, Stage } from './instruction.ts';
import { checkDescription, commentFor, writtenIn } from './source.ts';
import { parseFrom } from './stage.ts';
import { parseAdd, parseCopy } from './transfer.ts';

export interface ParseOptions {
  features?: Features;
  lint?: Linter | undefined;
}

export interface Instructions {
  stages: Stage[];
  /** ARG instructions before the first FROM. */
  metaArgs: ArgInstruction[];
}

/** @throws DockerfileError */
export function parseInstructions(parsed: ParsedDockerfile, options: ParseOptions = {}): Instructions {
  const stages: Stage[] = [];
  const metaArgs: ArgInstruction[] = [];
  for (const node of parsed.nodes) {
    const item = parseNode(node, options);
    const stage = stages.at(-1);
    if (item.kind === 'FROM') stages.push(item.stage);
    else if (stage) stage.instructions.push(item);
    else if (item.kind === 'ARG') metaArgs.push(item);
    else throw new DockerfileError('no build stage in current context', node.lines);
  }
  return { stages, metaArgs };
}

/**
 * The instruction that an ONBUILD trigger holds.
 *
 * @param lines the FROM that sets it off
 * @throws DockerfileError
 */
export function parseTrigger(text: string, lines: Stage['lines'], options: ParseOptions = {}): Instruction {
  return locating(lines, () => {
    const [node, ...others] = parseDockerfile(text).nodes;
    if (!node || others.length > 0) throw new DockerfileError('onbuild trigger should be a single expression', lines);
    return instructionOf({ ...node, lines }, options);
  });
}

/** One line that is no FROM. @throws DockerfileError */
export function instructionOf(node: DockerfileNode, options: ParseOptions = {}): Instruction {
  const item = locating(node.lines, () => parseInstruction(node, options));
  if (item.kind === 'FROM') throw new DockerfileError('*instructions.Stage is not a command type', node.lines);
  return item;
}

function parseNode(node: DockerfileNode, options: ParseOptions): Parsed {
  try {
    return locating(node.lines, () => parseInstruction(node, options));
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`dockerfile parse error on line ${node.lines.start}: ${error.message}`, error.lines);
  }
}

type Parsed = Instruction | { kind: 'FROM'; stage: Stage };
type Parser = (node: DockerfileNode, options: Required<Pick<ParseOptions, 'features'>> & ParseOptions) => Parsed;

const parsers: Record<string, Parser> = {
  ARG: parseArg,
  ADD: (node, { features }) => parseAdd(node, features),
  CMD: (node) => ({ kind: 'CMD', ...writtenIn(node), ...parseCommand(node) }),
  COPY: (node, { features }) => parseCopy(node, features),
  ENTRYPOINT: (node) => ({ kind: 'ENTRYPOINT', ...writtenIn(node), ...parseCommand(node) }),
  ENV: (node) => ({ kind: 'ENV', ...writtenIn(node), pairs: pairsOf(node, 'ENV') }),
  EXPOSE: (node) => ({ kind: 'EXPOSE', ...writtenIn(node), values: atLeastOne(node, 'EXPOSE').toSorted() }),
  FROM: (node, { lint }) => ({ kind: 'FROM', stage: parseFrom(node, lint) }),
  HEALTHCHECK: (node) => {
    return { kind: 'HEALTHCHECK', ...writtenIn(node), healthcheck: parseHealthcheck(node.args, node.json, node.flags) };
  },
  LABEL: (node) => ({ kind: 'LABEL', ...writtenIn(node), pairs: pairsOf(node, 'LABEL') }),
  MAINTAINER: (node, { lint }) => {
    lint?.report('MaintainerDeprecated', node.lines);
    return { kind: 'MAINTAINER', ...writtenIn(node), value: exactlyOne(node, 'MAINTAINER') };
  },
  ONBUILD: parseOnbuild,
  RUN: (node, { features }) => parseRun(node, features),
  SHELL: parseShell,
  STOPSIGNAL: (node) => ({ kind: 'STOPSIGNAL', ...writtenIn(node), value: exactlyOne(node, 'STOPSIGNAL', { flags: 'ignored' }) }),
  USER: (node) => ({ kind: 'USER', ...writtenIn(node), value: exactlyOne(node, 'USER') }),
  VOLUME: parseVolume,
  WORKDIR: (node) => ({ kind: 'WORKDIR', ...writtenIn(node), value: exactlyOne(node, 'WORKDIR') }),
};

function parseInstruction(node: DockerfileNode, options: ParseOptions): Parsed {
  const keyword = node.keyword.toUpperCase();
  const parser = Object.hasOwn(parsers, keyword) ? parsers[keyword] : undefined;
  if (parser) return parser(node, { features: stableFeatures, ...options });
  const message = `unknown instruction: ${node.keyword}`;
  throw new DockerfileError(suggesting(message, node.keyword, Object.keys(parsers), { ignoreCase: true }), node.lines);
}

function parseArg(node: DockerfileNode, { lint }: ParseOptions): Instruction {
  if (node.args.length === 0) throw requiresOne('ARG');
  const args = node.args.map((word): ArgDefinition => {
    const equals = word.indexOf('=');
    if (equals === 0) throw new DockerfileError('ARG names can not be blank');
    const key = equals < 0 ? word : word.slice(0, equals);
    return { key, value: equals < 0 ? undefined : word.slice(equals + 1), comment: commentFor(key, node.comments) };
  });
  const names = args.map(({ key }) => key);
  checkDescription('ARG', names, node, lint);
  return { kind: 'ARG', ...writtenIn(node), args };
}

function parseOnbuild(node: DockerfileNode): Instruction {
  if (!node.trigger) throw requiresOne('ONBUILD');
  new Flags({}, node.flags);
  const keyword = trimSpace(node.trigger.keyword).toUpperCase();
  if (keyword === 'ONBUILD') throw new DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (keyword === 'MAINTAINER' || keyword === 'FROM') throw new DockerfileError(`${keyword} isn't allowed as an ONBUILD trigger`);
  const line = node.original.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/i, '');
  const trigger = [line, ...node.heredocs.map(({ name, content }) => content + name)].join('\n');
  return { kind: 'ONBUILD', ...writtenIn(node), trigger };
}

function parseShell(node: DockerfileNode): Instruction {
  new Flags({}, node.flags);
  if (node.args.length === 0) throw requiresOne('SHELL');
  if (!node.json) throw new DockerfileError('SHELL requires the arguments to be in JSON form');
  return { kind: 'SHELL', ...writtenIn(node), values: node.args };
}

function parseVolume(node: DockerfileNode): Instruction {
  const values = atLeastOne(node, 'VOLUME').map(trimSpace);
  if (values.includes('')) throw new DockerfileError('VOLUME specified can not be an empty string');
  return { kind: 'VOLUME', ...writtenIn(node), values };
}

function pairsOf(node: DockerfileNode, instruction: string): Pair[] {
  new Flags({}, node.flags);
  if (node.args.length === 0) throw requiresOne(instruction);
  const pairs: Pair[] = [];
  for (let at = 0; at < node.args.length; at += 3) {
    const [key = '', value = '', delimiter = ''] = node.args.slice(at, at + 3);
    if (key === '') throw new DockerfileError(`${instruction} names can not be blank`);
    pairs.push({ key, value, legacy: delimiter === '' });
  }
  return pairs;
}

function atLeastOne(node: DockerfileNode, instruction: string): string[] {
  if (node.args.length === 0) throw requiresOne(instruction);
  new Flags({}, node.flags);
  return node.args;
}

function exactlyOne(node: DockerfileNode, instruction: string, { flags = 'checked' } = {}): string {
  const [value, ...others] = node.args;
  if (value === undefined || others.length > 0) throw new DockerfileError(`${instruction} requires exactly one argument`);
  if (flags === 'checked') new Flags({}, node.flags);
  return value;
}

function requiresOne(instruction: string): DockerfileError {
  return new DockerfileError(`${instruction} requires at least one argument`);
}
