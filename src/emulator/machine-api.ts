/**
 * What a page (or Node) can do with a running machine. `client.ts` implements it over the worker,
 * `host.ts` in-process under Node. The page knows nothing else of the emulator.
 */
import type { ApiHandler, Connection } from '#engine/api/http.ts';

export interface Machine {
  /** Opens a login shell on a node. */
  openTerminal(options: { node: string; rows: number; columns: number; cwd?: string }): Promise<TerminalSession>;
  /** The Engine API of a node. */
  api(node: string): ApiHandler;
  /** The home directory (`/root`) that guest and editor share. */
  home(node: string): HomeFiles;
  /**
   * Opens a TCP connection to a port of a node, as a client on the node itself would (`127.0.0.1`); undefined when
   * nobody listens there.
   */
  connect(node: string, port: number): Promise<TcpConnection | undefined>;
  /** Saves machine, engine and files together under a label; the oldest sessions are dropped by size. */
  saveSession(label: string): Promise<SessionInfo>;
  sessions(): Promise<SessionInfo[]>;
  /** Guest facts for the page's footer and the benchmarks. */
  status(): Promise<MachineStatus>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Where `machine/`, `hub/` and v86's wasm are served from. */
  baseUrl: string;
  /** Session to restore instead of the shipped state. */
  sessionId?: string;
  onProgress?(progress: StartProgress): void;
  /** The worker died or asserted; the machine is gone. */
  onCrash?(crash: { message: string; detail: string }): void;
}

export interface StartProgress {
  phase: 'fetching' | 'restoring' | 'booting' | 'ready';
  loadedBytes: number;
  /** 0 while unknown. */
  totalBytes: number;
  /** One sentence for people, e.g. why a cold boot is needed. */
  message: string;
}

export interface TerminalSession {
  /** Bytes to the terminal. */
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Tells the machine that output was drawn, so that a slow page slows the guest. */
  acknowledge(byteCount: number): void;
  resize(rows: number, columns: number): void;
  /** Resolves with the shell's exit code. */
  exited: Promise<number>;
  close(): void;
}

export interface TcpConnection extends Connection {
  /** Gives up both directions. */
  close(): void;
}

export interface HomeFiles {
  list(path: string): Promise<{ name: string; type: 'file' | 'directory' | 'other'; sizeBytes: number }[]>;
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Called with the path of whatever the guest changed; returns a function that stops it. */
  watch(listener: (path: string) => void): () => void;
}

export interface SessionInfo {
  id: string;
  label: string;
  savedAtMs: number;
  sizeBytes: number;
}

export interface MachineStatus {
  uptimeMs: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  /** Emulated instructions, millions per second over the last second. */
  mips: number;
  openFids: number;
}
