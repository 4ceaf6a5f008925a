/**
 * The `--flags` of an instruction, by what it knows.
 * Source: BuildKit frontend/dockerfile/instructions/bflag.go.
 */
import { DockerfileError } from '../dockerfile-error.ts';
import { suggesting } from '../suggest.ts';

/** `text` and `switch` come once, `list` any number of times. */
export type FlagKind = 'text' | 'switch' | 'list';

export class Flags<Name extends string> {
  private readonly values = new Map<string, string[]>();

  /** @throws DockerfileError */
  constructor(kinds: Partial<Record<Name, FlagKind>>, given: readonly string[]) {
    for (const flag of given) {
      if (flag === '--') return;
      if (!flag.startsWith('--')) throw new DockerfileError(`arg should start with -- : ${flag}`);
      const equals = flag.indexOf('=');
      const written = equals < 0 ? flag : flag.slice(0, equals);
      const name = written.slice(2);
      const kind = Object.hasOwn(kinds, name) ? kinds[name as Name] : undefined;
      if (!kind) throw new DockerfileError(suggesting(`unknown flag: ${written}`, name, Object.keys(kinds)));
      const earlier = this.values.get(name);
      if (earlier && kind !== 'list') throw new DockerfileError(`duplicate flag specified: ${written}`);
      this.values.set(name, [...(earlier ?? []), valueOf(kind, written, equals < 0 ? undefined : flag.slice(equals + 1))]);
    }
  }

  text(name: Name, fallback = ''): string {
    return this.values.get(name)?.[0] ?? fallback;
  }

  list(name: Name): string[] {
    return this.values.get(name) ?? [];
  }

  isOn(name: Name): boolean {
    return this.text(name) === 'true';
  }

  /** Names of the flags given, in order. */
  used(): string[] {
    return [...this.values.keys()];
  }
}

function valueOf(kind: FlagKind, written: string, value: string | undefined): string {
  if (kind !== 'switch') {
    if (value === undefined) throw new DockerfileError(`missing a value on flag: ${written}`);
    return value;
  }
  if (value === '') throw new DockerfileError(`missing a value on flag: ${written}`);
  const lower = (value ?? 'true').toLowerCase();
  if (lower !== 'true' && lower !== 'false') {
    throw new DockerfileError(`expecting boolean value for flag ${written}, not: ${value ?? ''}`);
  }
  return lower;
}
