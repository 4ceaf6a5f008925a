/**
 * The machine as a page uses it: the same interface as in the worker, over messages. Notices when the
 * worker has died without a word, which browsers do not tell.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { messageOf } from '#engine/errors.ts';
import { remoteApi } from './api-bridge.ts';
import { IndexedDbSessions } from './indexed-db-sessions.ts';
import type { HomeFiles, Machine, MachineStatus, SessionInfo, StartOptions, TcpConnection, TerminalSession } from './machine-api.ts';
import { joinPipes } from './pipe-connection.ts';
import { Pipes, type PipeMessage } from './pipes.ts';
import type { Answers, Call, CallName, PageMessage, WorkerMessage } from './protocol.ts';

/** A worker, or what stands for one in tests. */
export interface MessageEnd {
  post(message: PageMessage, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerMessage) => void): void;
  /** The other side reported an error of its own. */
  onError(listener: (error: unknown) => void): void;
  close(): void;
}

const PING_MS = 1000;
/** Pings unanswered after which the worker is taken for dead. */
const MISSED_PINGS = 6;

export async function startMachineInWorker(options: StartOptions): Promise<Machine> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'machine' });
  return connectMachine(workerEnd(worker), options);
}

/** Saved sessions, also while no machine runs. Newest first. */
export function savedSessions(): Promise<SessionInfo[]> {
  return new IndexedDbSessions().list();
}

export async function connectMachine(end: MessageEnd, options: StartOptions): Promise<Machine> {
  const machine = new RemoteMachine(end, options);
  const { baseUrl, sessionId } = options;
  try {
    await machine.call({ name: 'start', baseUrl, ...(sessionId !== undefined && { sessionId }) });
  } catch (error) {
    machine.close();
    throw error;
  }
  options.onProgress?.({ phase: 'ready', loadedBytes: 0, totalBytes: 0, message: '' });
  return machine;
}

function workerEnd(worker: Worker): MessageEnd {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => (worker.onmessage = (event: MessageEvent<WorkerMessage>) => listener(event.data)),
    onError: (listener) => (worker.onerror = (event) => listener(event.message || 'the machine’s worker could not be started')),
    close: () => worker.terminate(),
  };
}

class RemoteMachine implements Machine {
  readonly #end: MessageEnd;
  readonly #options: StartOptions;
  readonly #pipes: Pipes;
  readonly #pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #watchers = new Map<string, Set<(path: string) => void>>();
  /** From the worker's first message on: before, its code is still on its way, as long as that takes. */
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #nextCall = 1;
  #nextPipe = 2;
  #missedPings = 0;
  #over: Error | undefined;

  constructor(end: MessageEnd, options: StartOptions) {
    this.#end = end;
    this.#options = options;
    this.#pipes = new Pipes((message: PipeMessage, transfer) => end.post(message, transfer));
    end.onMessage((message) => {
      if (!this.#over) this.#heartbeat ??= setInterval(() => this.#ping(), PING_MS);
      this.#handle(message);
    });
    end.onError((error) => this.#crash(messageOf(error), error instanceof Error ? (error.stack ?? '') : ''));
  }

  call<N extends CallName>(call: Extract<Call, { name: N }>): Promise<Answers[N]> {
    if (this.#over) return Promise.reject(this.#over);
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: never) => void, reject });
      this.#end.post({ kind: 'call', id, call }, []);
    });
  }

  // Machine

  async openTerminal(options: { node: string; rows: number; columns: number; cwd?: string }): Promise<TerminalSession> {
    const pipe = this.#newPipe();
    const { node, rows, columns, cwd } = options;
    const screen = this.#pipes.receiver(pipe);
    const keys = this.#pipes.sender(pipe);
    let early: Uint8Array[] = [];
    let listener = (bytes: Uint8Array): void => void early.push(bytes);
    screen.listen((bytes) => listener(bytes));
    await this.call({ name: 'openTerminal', node, rows, columns, pipe, ...(cwd !== undefined && { cwd }) });
    const exited = this.call({ name: 'awaitTerminal', pipe });
    exited.catch(() => {});
    return {
      exited,
      write: (bytes) => void keys.write(bytes).catch(() => {}),
      onData(next) {
        listener = next;
        for (const bytes of early) next(bytes);
        early = [];
      },
      acknowledge: (byteCount) => screen.acknowledge(byteCount),
      resize: (newRows, newColumns) => this.#tell({ name: 'resizeTerminal', pipe, rows: newRows, columns: newColumns }),
      close: () => this.#tell({ name: 'closeTerminal', pipe }),
    };
  }

  api(node: string): ApiHandler {
    const handler = remoteApi(
      this.#pipes,
      () => this.#newPipe(),
      (pipe, request) => this.call({ name: 'api', node, pipe, request }),
    );
    return (request) =>
      handler(request).catch((error: unknown) => {
        const bytes = new TextEncoder().encode(JSON.stringify({ message: messageOf(error) }));
        return { status: 500, headers: { 'Content-Type': 'application/json' }, body: { kind: 'bytes', bytes } };
      });
  }

  home(node: string): HomeFiles {
    return {
      list: (path) => this.call({ name: 'homeList', node, path }),
      read: (path) => this.call({ name: 'homeRead', node, path }),
      write: (path, bytes) => this.call({ name: 'homeWrite', node, path, bytes }),
      remove: (path) => this.call({ name: 'homeRemove', node, path }),
      watch: (listener) => this.#watch(node, listener),
    };
  }

  async connect(node: string, port: number): Promise<TcpConnection | undefined> {
    const pipe = this.#newPipe();
    // Made first: the node may speak before the answer is here.
    const connection = joinPipes(this.#pipes.sender(pipe), this.#pipes.receiver(pipe));
    const connected = await this.call({ name: 'connect', node, port, pipe }).catch((error: unknown) => {
      connection.close();
      throw error;
    });
    if (connected) return connection;
    connection.close();
    return undefined;
  }

  saveSession(label: string): Promise<SessionInfo> {
    return this.call({ name: 'saveSession', label });
  }

  sessions(): Promise<SessionInfo[]> {
    return this.call({ name: 'sessions' });
  }

  status(): Promise<MachineStatus> {
    return this.call({ name: 'status' });
  }

  async stop(): Promise<void> {
    if (!this.#over) await this.call({ name: 'stop' });
    this.close();
  }

  close(): void {
    this.#finish(new Error('the machine was stopped'));
  }

  // Inside

  #handle(message: WorkerMessage): void {
    switch (message.kind) {
      case 'result':
        this.#take(message.id)?.resolve(message.value as never);
        break;
      case 'failure': {
        const error = new Error(message.message);
        error.stack = message.detail;
        this.#take(message.id)?.reject(error);
        break;
      }
      case 'progress':
        this.#options.onProgress?.(message.progress);
        break;
      case 'homeChanged':
        for (const listener of this.#watchers.get(message.node) ?? []) listener(message.path);
        break;
      case 'crash':
        this.#crash(message.message, message.detail);
        break;
      default:
        this.#pipes.handle(message);
    }
  }

  #take(id: number): { resolve: (value: never) => void; reject: (error: Error) => void } | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** A call whose answer nobody waits for. */
  #tell(call: Call): void {
    this.call(call).catch(() => {});
  }

  #watch(node: string, listener: (path: string) => void): () => void {
    const listeners = this.#watchers.get(node) ?? new Set();
    this.#watchers.set(node, listeners);
    if (listeners.size === 0) this.#tell({ name: 'homeWatch', node });
    listeners.add(listener);
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#tell({ name: 'homeUnwatch', node });
    };
  }

  /** Each request has two numbers: its body's, and its hijacked connection's. */
  #newPipe(): number {
    const pipe = this.#nextPipe;
    this.#nextPipe += 2;
    return pipe;
  }

  #ping(): void {
    if (this.#missedPings >= MISSED_PINGS) return this.#crash('The machine stopped answering.', `no answer to ${MISSED_PINGS} pings`);
    this.#missedPings++;
    this.call({ name: 'ping' }).then(
      () => (this.#missedPings = 0),
      () => {},
    );
  }

  #crash(message: string, detail: string): void {
    if (this.#over) return;
    this.#finish(new Error(message));
    this.#options.onCrash?.({ message, detail });
  }

  #finish(error: Error): void {
    if (this.#over) return;
    this.#over = error;
    clearInterval(this.#heartbeat);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#pipes.closeAll(error.message);
    this.#end.close();
  }
}
