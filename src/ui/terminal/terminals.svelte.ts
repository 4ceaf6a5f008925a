/**
 * The terminals: one tab per shell, each with its screen and, while there is a machine, its session in
 * the guest. A screen outlives the machine, so that what was printed can still be read after a crash.
 */
import type { Machine, TerminalSession } from '#emulator/machine-api.ts';
import { messageOf } from '#engine/errors.ts';
import { node as firstNode } from '../machine/machine-state.svelte.ts';
import type { Screen } from './screen.ts';

/** Output is looked upon as settled after this long without any. */
const quietMs = 400;
const encoder = new TextEncoder();
const clearLine = '\x15';

export interface TerminalsOptions {
  screenReader: () => boolean;
  /** Something was typed or pasted: the machine is no longer as it was saved. */
  onInput: () => void;
  /** A terminal printed something and has gone quiet. */
  onQuiet: () => void;
  onLeave: (backwards: boolean) => void;
}

export class TerminalTab {
  readonly id: number;
  readonly node: string;
  /** Told apart by number when a node has several: `node1`, `node1 · 2`. */
  readonly title: string;
  screen = $state.raw<Screen | undefined>();
  connected = $state(false);
  /** Set when the shell has ended; Enter opens a new one. */
  exitCode = $state<number | undefined>();
  /** Resolves at the first output of a session, when a shell reads what is typed. */
  ready: Promise<void>;
  #isReady: () => void = () => {};
  #machine: Machine | undefined;
  #session: TerminalSession | undefined;
  /** Something stands on the line that was not sent off with Enter. */
  #halfTyped = false;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  readonly #options: TerminalsOptions;

  constructor(id: number, node: string, title: string, options: TerminalsOptions) {
    this.id = id;
    this.node = node;
    this.title = title;
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
  }

  async createScreen(): Promise<void> {
    const { createScreen } = await import('./screen.ts');
    this.screen = await createScreen({
      label: `Terminal ${this.title}`,
      screenReader: this.#options.screenReader(),
      onInput: (bytes) => this.#input(bytes),
      onReport: (bytes) => this.#session?.write(bytes),
      onResize: (rows, columns) => this.#session?.resize(rows, columns),
      onLeave: this.#options.onLeave,
    });
  }

  async connect(machine: Machine): Promise<void> {
    const { screen } = this;
    if (!screen) return;
    this.#machine = machine;
    screen.fit();
    this.exitCode = undefined;
    this.#halfTyped = false;
    let session: TerminalSession;
    try {
      session = await machine.openTerminal({ node: this.node, rows: screen.rows, columns: screen.columns });
    } catch (error) {
      if (this.#machine === machine) screen.write(`The terminal could not be opened: ${messageOf(error)}\r\n`);
      return;
    }
    if (this.#machine !== machine) {
      session.close();
      return;
    }
    this.#session = session;
    this.connected = true;
    session.onData((bytes) => {
      this.#isReady();
      screen.write(bytes, () => session.acknowledge(bytes.length));
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(this.#options.onQuiet, quietMs);
    });
    // It fails when the machine dies, which the machine's own state tells.
    void session.exited
      .catch(() => undefined)
      .then((code) => {
        if (code === undefined || this.#session !== session) return;
        this.#session = undefined;
        this.connected = false;
        this.exitCode = code;
        screen.write(`\r\n\x1b[90mThe shell has ended with exit code ${code}. Press Enter for a new one.\x1b[0m`);
      });
  }

  /** The machine is gone or about to be replaced. */
  disconnect(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#machine = undefined;
    this.connected = false;
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
  }

  /** Types a command line and Enter, as a person would; what stood half-typed is cleared first. */
  type(command: string): void {
    this.#send(`${this.#halfTyped ? clearLine : ''}${command}\r`);
    this.#halfTyped = false;
  }

  dispose(): void {
    clearTimeout(this.#quiet);
    this.disconnect();
    this.screen?.dispose();
  }

  #input(bytes: Uint8Array): void {
    const last = bytes.at(-1);
    if (this.exitCode !== undefined && last === 13 && this.#machine) {
      this.screen?.write('\r\n');
      void this.connect(this.#machine);
      return;
    }
    // Enter, Ctrl-C, Ctrl-D and Ctrl-U leave an empty line.
    this.#halfTyped = last !== undefined && ![3, 4, 13, 21].includes(last);
    this.#options.onInput();
    this.#session?.write(bytes);
  }

  #send(text: string): void {
    this.#options.onInput();
    this.#session?.write(encoder.encode(text));
  }
}

export class Terminals {
  tabs = $state.raw<TerminalTab[]>([]);
  activeId = $state(0);
  #lastId = 0;
  #machine: Machine | undefined;
  readonly #options: TerminalsOptions;

  constructor(options: TerminalsOptions) {
    this.#options = options;
    void this.open(firstNode);
  }

  get active(): TerminalTab | undefined {
    return this.tabs.find((tab) => tab.id === this.activeId);
  }

  async open(node: string): Promise<TerminalTab> {
    const id = ++this.#lastId;
    const count = this.tabs.filter((tab) => tab.node === node).length;
    const tab = new TerminalTab(id, node, count === 0 ? node : `${node} · ${id}`, this.#options);
    this.tabs = [...this.tabs, tab];
    this.activeId = id;
    await tab.createScreen();
    if (this.#machine) await tab.connect(this.#machine);
    return tab;
  }

  close(id: number): void {
    const index = this.tabs.findIndex((tab) => tab.id === id);
    this.tabs[index]?.dispose();
    this.tabs = this.tabs.filter((tab) => tab.id !== id);
    if (this.activeId === id) this.activeId = (this.tabs[index] ?? this.tabs[index - 1])?.id ?? 0;
  }

  /** Connects every tab to a machine, or to none. */
  async use(machine: Machine | undefined): Promise<void> {
    this.#machine = machine;
    for (const tab of this.tabs) tab.disconnect();
    if (!machine) return;
    for (const tab of this.tabs) {
      tab.screen?.reset();
      await tab.connect(machine);
    }
  }

  /** Types a command into the open terminal of a node, or into its first, or into a new one. */
  async run(node: string, command: string): Promise<void> {
    const { active } = this;
    const tab =
      active?.node === node && active.exitCode === undefined
        ? active
        : (this.tabs.find((one) => one.node === node && one.exitCode === undefined) ?? (await this.open(node)));
    this.activeId = tab.id;
    await tab.ready;
    tab.type(command);
    tab.screen?.focus();
  }
}
