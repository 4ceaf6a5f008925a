/**
 * The key sequence that leaves a container running: its notation (`ctrl-p,ctrl-q`) and its recognition
 * in what is typed.
 * Source: moby/term ascii.go and proxy.go.
 */

/** `ctrl-p,ctrl-q`. */
export const defaultDetachKeys = Uint8Array.of(16, 17);

/** Control codes by number: `ctrl-@` is 0, `ctrl-a` 1, … `ctrl-_` 31. */
const controlNames = [...'@abcdefghijklmnopqrstuvwxyz[\\]^_'].map((letter) => `ctrl-${letter}`);

/**
 * The codes that a comma-separated notation names: single characters, `ctrl-<letter>` and `DEL`.
 *
 * @throws Error with Docker's words for an unknown name
 */
export function parseDetachKeys(notation: string): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(
    notation.split(',').map((key) => {
      const bytes = encoder.encode(key);
      if (bytes.length === 1) return bytes[0]!;
      const control = controlNames.indexOf(key);
      if (control >= 0) return control;
      if (key === 'DEL') return 127;
      throw new Error(`Unknown character: '${key}'`);
    }),
  );
}

/** Finds the sequence in typed bytes that arrive in pieces. */
export class DetachKeyRecogniser {
  /** How many of the keys the latest bytes match. Those are held back until it is known whether the rest follows. */
  #matched = 0;

  constructor(readonly keys: Uint8Array) {}

  /**
   * @returns what to pass on now, and whether the sequence was completed; bytes after it are dropped.
   * A byte that breaks a match does not begin a new one, as in Docker.
   */
  feed(bytes: Uint8Array): { bytes: Uint8Array; detached: boolean } {
    if (this.keys.length === 0) return { bytes, detached: false };
    if (this.#matched === 0 && !bytes.includes(this.keys[0]!)) return { bytes, detached: false };
    const passed: number[] = [];
    for (const byte of bytes) {
      if (byte === this.keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.keys.length) return { bytes: Uint8Array.from(passed), detached: true };
        continue;
      }
      passed.push(...this.keys.subarray(0, this.#matched), byte);
      this.#matched = 0;
    }
    return { bytes: Uint8Array.from(passed), detached: false };
  }
}
