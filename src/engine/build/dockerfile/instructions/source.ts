/**
 * What every instruction keeps of its place in the file: text, lines, and the comments that describe it.
 * Source: BuildKit frontend/dockerfile/instructions.
 */
import type { LineRange } from '../dockerfile-error.ts';
import { trimSpace } from '../go-space.ts';
import type { Linter } from '../lint/linter.ts';
import type { DockerfileNode } from '../parser.ts';

export function writtenIn(node: DockerfileNode): { code: string; keyword: string; lines: LineRange } {
  return { code: trimSpace(node.original), keyword: node.keyword, lines: node.lines };
}

/** The text of the comment above that begins with a name. */
export function commentFor(name: string, comments: readonly string[]): string {
  const described = name === '' ? undefined : comments.find((comment) => comment.startsWith(`${name} `));
  return described?.slice(name.length + 1) ?? '';
}

/** The comment right above a definition should begin with its name. */
export function checkDescription(keyword: 'ARG' | 'FROM', names: readonly string[], node: DockerfileNode, lint?: Linter): void {
  const comment = node.comments.at(-1);
  if (comment === undefined || names.length === 0 || names.includes(comment.split(' ', 1)[0]!)) return;
  lint?.report('InvalidDefinitionDescription', node.lines, keyword, names.length > 1 ? '<arg_key>' : names[0]!);
}
