/** A machine under Node with a terminal that is typed into as a person does. */
import { nodePlatform } from '../../src/emulator/host.ts';
import type { TerminalSession } from '../../src/emulator/machine-api.ts';
import type { RunningMachine } from '../../src/emulator/running-machine.ts';
import { startMachine } from '../../src/emulator/start.ts';

const encoder = new TextEncoder();

/** A terminal with what it has printed, and waiting for text in it. */
export class TypedTerminal {
  #text = '';
  #bytes = 0;
  #wake = (): void => {};

  constructor(private readonly session: TerminalSession) {
    const decoder = new TextDecoder();
    session.onData((bytes) => {
      this.#text += decoder.decode(bytes, { stream: true });
      this.#bytes += bytes.length;
      session.acknowledge(bytes.length);
      this.#wake();
    });
  }

  type(text: string): void {
    this.session.write(encoder.encode(text));
  }

  /** Forgets what was printed. */
  clear(): void {
    this.#text = '';
    this.#bytes = 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Types a line and waits for the prompt. */
  async run(line: string): Promise<void> {
    this.clear();
    this.type(`${line}\n`);
    await this.until(/\n.*node1.*[$#] (?:\x1b\[[0-9;]*[a-zA-Z])*$/);
  }
}

export async function openTyped(): Promise<{ machine: RunningMachine; terminal: TypedTerminal }> {
  const machine = await startMachine({
    platform: nodePlatform(),
    onFailure: (error) => {
      throw error;
    },
  });
  const terminal = new TypedTerminal(await machine.openTerminal({ node: 'node1', rows: 24, columns: 80 }));
  await terminal.until(/node1/);
  return { machine, terminal };
}
