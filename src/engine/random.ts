/** The engine's only source of randomness: ids, names, jitter. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** A repeatable source for tests and simulation (xorshift128, seeded by splitmix32). */
export class SeededRandom implements Random {
  #state: [number, number, number, number];

  constructor(seed: number) {
    let z = seed >>> 0;
    const next = (): number => {
      z = (z + 0x9e3779b9) >>> 0;
      let t = z ^ (z >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return (t ^ (t >>> 15)) >>> 0;
    };
    this.#state = [next(), next(), next(), next() | 1];
  }

  #next(): number {
    const [x, y, z, w] = this.#state;
    const t = (x ^ (x << 11)) >>> 0;
    const value = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    this.#state = [y, z, w, value];
    return value;
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = this.#next() & 0xff;
    return out;
  }
}
