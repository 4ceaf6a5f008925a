/**
 * FROM: base, platform and the stage's name.
 * Source: BuildKit frontend/dockerfile/instructions, parseFrom.
 */
import { quote } from '../../../go-quote.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import type { Linter } from '../lint/linter.ts';
import type { DockerfileNode } from '../parser.ts';
import { Flags } from './flags.ts';
import type { Stage } from './instruction.ts';
import { checkDescription, commentFor, writtenIn } from './source.ts';

const validName = /^[a-z][a-z0-9-_.]*$/;

/** @throws DockerfileError */
export function parseFrom(node: DockerfileNode, lint: Linter | undefined): Stage {
  checkCasing(node, lint);
  const name = stageName(node.args);
  const platform = new Flags({ platform: 'text' }, node.flags).text('platform');
  if (name !== '') checkDescription('FROM', [name], node, lint);
  return { ...writtenIn(node), baseName: node.args[0]!, name, platform, instructions: [], comment: commentFor(name, node.comments) };
}

function stageName([base, as, name, ...others]: readonly string[]): string {
  if (base !== undefined && as === undefined) return '';
  if (name === undefined || others.length > 0 || as?.toLowerCase() !== 'as') {
    throw new DockerfileError('FROM requires either one or three arguments');
  }
  const lower = name.toLowerCase();
  if (validName.test(lower)) return lower;
  throw new DockerfileError(`invalid name for build stage: ${quote(name)}, name can't start with a number or contain symbols`);
}

function checkCasing({ keyword, args, lines }: DockerfileNode, lint: Linter | undefined): void {
  const [, as, name] = args;
  if (as === undefined || name === undefined) return;
  if (args.length === 3 && name !== name.toLowerCase()) lint?.report('StageNameCasing', lines, name);
  const isLower = keyword === keyword.toLowerCase();
  // A keyword of mixed case is another rule's business.
  if (!isLower && keyword !== keyword.toUpperCase()) return;
  if (as !== (isLower ? as.toLowerCase() : as.toUpperCase())) lint?.report('FromAsCasing', lines, keyword, as);
}
