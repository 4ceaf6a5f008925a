/**
 * ADD and COPY: flags, sources and destination, here-documents as sources.
 * Source: BuildKit frontend/dockerfile/instructions, parseAdd, parseCopy.
 */
import { DockerfileError } from '../dockerfile-error.ts';
import type { Features } from '../features.ts';
import { chomped, heredocIn } from '../heredoc.ts';
import type { DockerfileNode } from '../parser.ts';
import { type FlagKind, Flags } from './flags.ts';
import type { AddInstruction, CopyInstruction, InlineFile } from './instruction.ts';
import { writtenIn } from './source.ts';

const sharedFlags = { chown: 'text', chmod: 'text', link: 'switch' } as const;
type FlagName = keyof typeof sharedFlags | 'exclude' | 'parents' | 'from' | 'keep-git-dir' | 'checksum';

/** @throws DockerfileError */
export function parseAdd(node: DockerfileNode, features: Features): AddInstruction {
  const { flags, ...transfer } = parseTransfer(node, 'ADD', {
    ...(features.exclude && { exclude: 'list' }),
    'keep-git-dir': 'switch',
    checksum: 'text',
  });
  return { kind: 'ADD', ...transfer, keepGitDir: flags.isOn('keep-git-dir'), checksum: flags.text('checksum') };
}

/** @throws DockerfileError */
export function parseCopy(node: DockerfileNode, features: Features): CopyInstruction {
  const { flags, ...transfer } = parseTransfer(node, 'COPY', {
    ...(features.exclude && { exclude: 'list' }),
    ...(features.parents && { parents: 'switch' }),
    from: 'text',
  });
  return { kind: 'COPY', ...transfer, from: flags.text('from'), parents: flags.isOn('parents') };
}

type Transfer = Omit<AddInstruction, 'kind' | 'keepGitDir' | 'checksum'> & { flags: Flags<FlagName> };

function parseTransfer(node: DockerfileNode, keyword: string, ownFlags: Partial<Record<FlagName, FlagKind>>): Transfer {
  const { args } = node;
  if (args.length < 2) {
    throw new DockerfileError(`${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`);
  }
  const flags = new Flags<FlagName>({ ...ownFlags, ...sharedFlags }, node.flags);
  const dest = args.at(-1)!;
  if (heredocIn(dest)) throw new DockerfileError(`${keyword} cannot accept a heredoc as a destination`);
  return {
    ...writtenIn(node),
    ...splitSources(node, args.slice(0, -1)),
    dest,
    chown: flags.text('chown'),
    chmod: flags.text('chmod'),
    link: flags.isOn('link'),
    exclude: flags.list('exclude'),
    flags,
  };
}

/** Paths, and the here-documents among them. */
function splitSources(node: DockerfileNode, args: readonly string[]): { sources: string[]; files: InlineFile[] } {
  // A name that comes twice means the last one.
  const contents = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc.content]));
  const sources: string[] = [];
  const files: InlineFile[] = [];
  for (const arg of args) {
    const heredoc = heredocIn(arg);
    if (!heredoc) sources.push(arg);
    else {
      const { name, expand, chomp } = heredoc;
      files.push({ name, data: chomped({ chomp, content: contents.get(name) ?? '' }), expand });
    }
  }
  return { sources, files };
}
