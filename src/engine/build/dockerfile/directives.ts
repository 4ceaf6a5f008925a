/**
 * Parser directives: the `# syntax=`, `# escape=` and `# check=` lines that a Dockerfile may begin with. The first
 * line that is none ends them; each may come once.
 * Source: BuildKit frontend/dockerfile/parser/directives.go.
 */
import { DockerfileError } from './dockerfile-error.ts';
import { trimEndOf } from './go-space.ts';

export type DirectiveName = 'syntax' | 'escape' | 'check';

export interface Directive {
  name: DirectiveName;
  value: string;
}

export class DirectiveReader {
  private readonly seen = new Set<DirectiveName>();
  private done = false;

  /**
   * Reads the file's next line, without its end.
   *
   * @throws DockerfileError when the directive was there before
   */
  read(line: string): Directive | undefined {
    const directive = this.done ? undefined : parseDirective(line);
    if (!directive) {
      this.done = true;
      return undefined;
    }
    if (this.seen.has(directive.name)) throw new DockerfileError(`only one ${directive.name} parser directive can be used`);
    this.seen.add(directive.name);
    return directive;
  }
}

/** A directive's value and line, of a file that need not be a valid Dockerfile. */
export function readDirective(text: string, name: DirectiveName): { value: string; line: number } | undefined {
  const lines = text.replace(/^\uFEFF/, '').split('\n', 16);
  const reader = new DirectiveReader();
  // A shebang line may come first.
  for (let index = lines[0]!.startsWith('#!') ? 1 : 0; index < lines.length; index++) {
    let directive: Directive | undefined;
    try {
      directive = reader.read(lines[index]!.replace(/\r$/, ''));
    } catch {
      return undefined;
    }
    if (!directive) return undefined;
    if (directive.name === name) return { value: directive.value, line: index + 1 };
  }
  return undefined;
}

function parseDirective(line: string): Directive | undefined {
  const matched = /^#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=/.exec(line);
  if (!matched) return undefined;
  const name = matched[1]!.toLowerCase();
  const rest = line.slice(matched[0].length);
  if (!isName(name) || rest === '') return undefined;
  // A value of blanks alone is the last of them.
  const value = trimEndOf(rest, '\t\n\f\r ').replace(/^[\t\n\f\r ]+/, '') || rest.slice(-1);
  return { name, value };
}

function isName(name: string): name is DirectiveName {
  return name === 'syntax' || name === 'escape' || name === 'check';
}
