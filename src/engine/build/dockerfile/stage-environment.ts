/**
 * The variables of a stage, in the order in which they were last set.
 */
import type { Environment } from './shell/lexer.ts';

export class StageEnvironment implements Environment {
  private readonly values = new Map<string, string>();

  /** @param entries `NAME=value` */
  constructor(entries: Iterable<string> = []) {
    for (const entry of entries) this.set(...splitEntry(entry));
  }

  get(name: string): string | undefined {
    return this.values.get(name);
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  set(name: string, value: string): void {
    this.values.delete(name);
    this.values.set(name, value);
  }

  list(): string[] {
    return [...this.values].map(([name, value]) => `${name}=${value}`);
  }

  copy(): StageEnvironment {
    return new StageEnvironment(this.list());
  }
}

export function splitEntry(entry: string): [name: string, value: string] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A configuration's variables, with PATH when it has none. */
export function withPath(env: ReadonlyMap<string, string>): [name: string, value: string][] {
  return env.has('PATH') ? [...env] : [...env, ['PATH', defaultPath]];
}
