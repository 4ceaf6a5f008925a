/**
 * The keys that leave a terminal without ending what runs in it: `ctrl-p,ctrl-q` unless told otherwise.
 * Source: moby/term, ascii.go and proxy.go.
 */
import type { EngineError } from '../errors.ts';

export const defaultDetachKeys = [16, 17];

const named: Record<string, number> = { '[': 27, '\\': 28, ']': 29, '^': 30, _: 31, '@': 0 };

/** `ctrl-p,ctrl-q` as bytes. @throws EngineError with `what` in its words */
export function parseDetachKeys(text: string, what: (keys: string) => EngineError): number[] {
  if (text === '') return [];
  return text.split(',').map((key) => {
    if ([...key].length === 1) return key.charCodeAt(0);
    const control = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
    const code = control === undefined ? undefined : /[a-z]/.test(control) ? control.charCodeAt(0) - 96 : named[control];
    if (code === undefined) throw what(text);
    return code;
  });
}

/** Watches what is typed: holds back what may be the beginning of the sequence. */
export class DetachWatcher {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys.length > 0 ? keys : defaultDetachKeys;
  }

  /** What may be passed on, and whether the sequence is complete. */
  push(bytes: Uint8Array): { pass: Uint8Array; detach: boolean } {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { pass: Uint8Array.from(out), detach: true };
        continue;
      }
      out.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return { pass: Uint8Array.from(out), detach: false };
  }
}
