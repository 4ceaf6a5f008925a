/**
 * Container names: which are allowed, which are taken, and what a container is called that nobody named.
 * Source: moby daemon/names.go, pkg/namesgenerator.
 */
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import type { Random } from '../random.ts';
import { adjectives, surnames } from './name-words.ts';

const allowed = '[a-zA-Z0-9][a-zA-Z0-9_.-]';

export class Names {
  /** Without slash, to container id. */
  readonly #ids = new Map<string, string>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  idOf(name: string): string | undefined {
    return this.#ids.get(name.replace(/^\//, ''));
  }

  /** @throws EngineError `invalid-parameter` for a bad name, `conflict` for one in use */
  reserve(name: string, id: string): string {
    const bare = name.replace(/^\//, '');
    if (!new RegExp(`^${allowed}+$`).test(bare))
      throw new EngineError('invalid-parameter', `Invalid container name (${name}), only ${allowed} are allowed`);
    const owner = this.#ids.get(bare);
    if (owner !== undefined) {
      throw new EngineError(
        'conflict',
        `Conflict. The container name "/${bare}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#ids.set(bare, id);
    return bare;
  }

  release(name: string): void {
    this.#ids.delete(name);
  }

  generate(id: string): string {
    for (let attempt = 0; attempt < 6; attempt++) {
      const name = generatedName(this.#random, attempt);
      if (this.#ids.has(name)) continue;
      this.#ids.set(name, id);
      return name;
    }
    return this.reserve(shortId(id), id);
  }
}

/** `quirky_turing`; from the second attempt on with a digit. Steve Wozniak is not boring. */
function generatedName(random: Random, attempt: number): string {
  for (;;) {
    const name = `${pick(random, adjectives)}_${pick(random, surnames)}`;
    if (name === 'boring_wozniak') continue;
    return attempt > 0 ? name + ((random.bytes(1)[0] ?? 0) % 10) : name;
  }
}

function pick(random: Random, words: readonly string[]): string {
  const [high = 0, low = 0] = random.bytes(2);
  return words[(high * 256 + low) % words.length] as string;
}
