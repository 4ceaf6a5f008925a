/**
 * An instruction with its variables expanded. Which parts are is the language's choice: never commands, which the shell
 * expands when they run.
 * Source: BuildKit frontend/dockerfile/instructions/commands.go; Dockerfile reference, "Environment replacement".
 */
import type { Instruction, Pair } from './instructions/instruction.ts';

type Expand = (word: string) => string;

/**
 * @param expand for words: quotes and escapes come off
 * @param expandFile for the content of files given in the Dockerfile: quotes stay
 */
export function expandInstruction<T extends Instruction>(instruction: T, expand: Expand, expandFile: Expand): T;
export function expandInstruction(instruction: Instruction, expand: Expand, expandFile: Expand): Instruction {
  switch (instruction.kind) {
    case 'ADD':
      return { ...instruction, ...transfer(instruction, expand, expandFile), checksum: expand(instruction.checksum) };
    case 'COPY':
      return { ...instruction, ...transfer(instruction, expand, expandFile) };
    case 'ENV':
    case 'LABEL':
      return instruction.verbatim ? instruction : { ...instruction, pairs: instruction.pairs.map((pair) => expandPair(pair, expand)) };
    case 'VOLUME':
      return { ...instruction, values: instruction.values.map(expand) };
    case 'STOPSIGNAL':
    case 'USER':
    case 'WORKDIR':
      return { ...instruction, value: expand(instruction.value) };
    case 'ARG':
    case 'CMD':
    case 'ENTRYPOINT':
    case 'EXPOSE':
    case 'HEALTHCHECK':
    case 'MAINTAINER':
    case 'ONBUILD':
    case 'RUN':
    case 'SHELL':
      return instruction;
  }
}

type Transfer = Extract<Instruction, { kind: 'ADD' | 'COPY' }>;

function transfer(
  { chown, chmod, sources, dest, files }: Transfer,
  expand: Expand,
  expandFile: Expand,
): Pick<Transfer, 'chown' | 'chmod' | 'sources' | 'dest' | 'files'> {
  return {
    chown: expand(chown),
    chmod: expand(chmod),
    sources: sources.map(expand),
    dest: expand(dest),
    files: files.map((file) => (file.expand ? { ...file, data: expandFile(file.data) } : file)),
  };
}

function expandPair({ key, value, legacy }: Pair, expand: Expand): Pair {
  return { key: expand(key), value: expand(value), legacy };
}
