/**
 * Build arguments as the classic builder handles them: allowed from the ARG on that declares them, proxies always.
 * Source: moby daemon/builder/dockerfile/buildargs.go.
 */
import type { ArgInstruction } from './instructions/instruction.ts';
import { ShellLexer } from './shell/lexer.ts';

/** Allowed without ARG, and then not part of an image's history. */
const builtins = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

type Values = Map<string, string | undefined>;

export class ClassicArgs {
  private readonly allowed: Values = new Map();
  private readonly meta: Values;
  private readonly referenced: Set<string>;

  /** @param given `--build-arg`; undefined for a name without value that the client does not have either */
  constructor(
    private readonly given: ReadonlyMap<string, string | undefined>,
    shared?: { meta: Values; referenced: Set<string> },
  ) {
    this.meta = shared?.meta ?? new Map();
    this.referenced = shared?.referenced ?? new Set();
  }

  /** The arguments of a stage: none allowed yet. What is used there counts as used. */
  forStage(): ClassicArgs {
    return new ClassicArgs(this.given, { meta: this.meta, referenced: this.referenced });
  }

  /** An ARG before the first FROM. @throws DockerfileError */
  declareMeta({ args }: ArgInstruction, escape: string): void {
    const lexer = new ShellLexer(escape);
    const known = this.values(this.allowed);
    const expand = (word: string): string => lexer.process(word, known).result;
    for (const { key, value } of args.map((arg) => ({
      key: expand(arg.key),
      value: arg.value === undefined ? undefined : expand(arg.value),
    }))) {
      this.declare(key, value);
      this.meta.set(key, value);
    }
  }

  /** An ARG of a stage, expanded. */
  declare(key: string, value: string | undefined): void {
    this.allowed.set(key, value);
    this.referenced.add(key);
  }

  /** What FROM may use. */
  metaValues(): Map<string, string> {
    return this.values(this.meta);
  }

  /** What instructions may use, but for what the image's own variables hide; sorted by name. */
  visible(env: ReadonlyMap<string, string>): Map<string, string> {
    const visible = [...this.values(this.allowed)].filter(([name]) => !env.has(name));
    return new Map(visible.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Whether a command that sees the argument depends on it. */
  counts(name: string): boolean {
    return this.allowed.has(name) || !builtins.includes(name);
  }

  /** Arguments given that no ARG asked for: `[Warning] One or more build-args [a b] were not consumed`. */
  unused(): string[] {
    return [...this.given.keys()].filter((name) => !builtins.includes(name) && !this.referenced.has(name)).toSorted();
  }

  private values(source: Values): Map<string, string> {
    const values = new Map<string, string>();
    for (const name of [...source.keys(), ...builtins]) {
      const value = this.given.get(name) ?? source.get(name) ?? this.meta.get(name);
      if (value !== undefined) values.set(name, value);
    }
    return values;
  }
}
