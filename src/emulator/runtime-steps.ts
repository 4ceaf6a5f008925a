/**
 * The engine's calls to the runtime, so that the machine can be saved between two of them: in the middle of one the guest
 * has mounts and processes that the engine has not heard of, and after a restore nobody would take them away.
 */
import type { Runtime } from '#engine/runtime/runtime.ts';

export class RuntimeSteps {
  #underWay = 0;
  #held: Promise<void> | undefined;

  /** Calls that have begun and are not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Lets no call begin until the returned function is called; those under way end. */
  hold(): () => void {
    let release = (): void => {};
    this.#held = new Promise((resolve) => (release = resolve));
    return () => {
      this.#held = undefined;
      release();
    };
  }

  /** The runtime; all but `reattach`, `answerNames` and `readTree` answer by a promise. */
  of(runtime: Runtime): Runtime {
    return new Proxy(runtime, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
        if (name === 'readTree') return (...args: unknown[]) => this.#stream(() => call(...args) as AsyncIterable<unknown>);
        return name === 'reattach' || name === 'answerNames'
          ? call
          : (...args: unknown[]) => this.#step(() => call(...args) as Promise<unknown>);
      },
    });
  }

  /** One step from its first piece to its last. */
  async *#stream(call: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
    while (this.#held) await this.#held;
    this.#underWay++;
    try {
      yield* call();
    } finally {
      this.#underWay--;
    }
  }

  async #step(call: () => Promise<unknown>): Promise<unknown> {
    while (this.#held) await this.#held;
    this.#underWay++;
    try {
      return await call();
    } finally {
      this.#underWay--;
    }
  }
}
