/**
 * The worker's side of the messages: carries out the page's calls on the running machine. Every message is
 * checked before it is acted on. What breaks here, by assertion or otherwise, is reported to the page as
 * a crash.
 */
import { messageOf } from '#engine/errors.ts';
import { answerRequest } from './api-bridge.ts';
import type { StartProgress, TerminalSession } from './machine-api.ts';
import { joinPipes, splice } from './pipe-connection.ts';
import { Pipes, type PipeMessage } from './pipes.ts';
import type { Platform } from './platform.ts';
import { readPageMessage, type Answers, type Call, type CallName, type WorkerMessage } from './protocol.ts';
import type { RunningMachine } from './running-machine.ts';
import { startMachine } from './start.ts';

/** How often progress is told while bytes arrive. */
const PROGRESS_MS = 50;

type Post = (message: WorkerMessage, transfer?: Transferable[]) => void;
type CallOf<N extends CallName> = Extract<Call, { name: N }>;

export class WorkerEdge {
  readonly #post: Post;
  readonly #platformAt: (baseUrl: string) => Platform;
  readonly #pipes: Pipes;
  readonly #terminals = new Map<number, TerminalSession>();
  readonly #watches = new Map<string, () => void>();
  #machine: RunningMachine | undefined;
  #crashed = false;
  #lastProgress = { phase: '', message: '', atMs: 0 };

  constructor(post: Post, platformAt: (baseUrl: string) => Platform) {
    this.#post = post;
    this.#platformAt = platformAt;
    this.#pipes = new Pipes((message: PipeMessage, transfer) => post(message, transfer));
  }

  handle(data: unknown): void {
    const message = readPageMessage(data);
    if (!message) return this.crash(new Error('the page sent a message that makes no sense'));
    if (message.kind !== 'call') return this.#pipes.handle(message);
    const { id, call } = message;
    this.#answer(call).then(
      (value) => this.#post({ kind: 'result', id, value }),
      (error: unknown) => this.#post({ kind: 'failure', id, message: messageOf(error), detail: detailOf(error) }),
    );
  }

  /** Tells the page that nothing here can be trusted any more. */
  crash(error: unknown): void {
    if (this.#crashed) return;
    this.#crashed = true;
    this.#post({ kind: 'crash', message: messageOf(error), detail: detailOf(error) });
    void this.#machine?.stop();
  }

  async #answer(call: Call): Promise<unknown> {
    const answer = this.#answers[call.name] as (call: Call) => Promise<unknown>;
    return answer(call);
  }

  readonly #answers: { [N in CallName]: (call: CallOf<N>) => Promise<Answers[N]> } = {
    start: async ({ baseUrl, sessionId }) => {
      if (this.#machine) throw new Error('the machine has been started already');
      this.#machine = await startMachine({
        platform: this.#platformAt(baseUrl),
        ...(sessionId !== undefined && { sessionId }),
        onProgress: (progress) => this.#tellProgress(progress),
        onFailure: (error) => this.crash(error),
      });
    },
    stop: async () => {
      await this.#machine?.stop();
    },
    ping: () => Promise.resolve(),
    status: () => this.#running().status(),
    sessions: () => this.#running().sessions(),
    saveSession: ({ label }) => this.#running().saveSession(label),
    openTerminal: (call) => this.#openTerminal(call),
    resizeTerminal: ({ pipe, rows, columns }) => {
      this.#terminals.get(pipe)?.resize(rows, columns);
      return Promise.resolve();
    },
    awaitTerminal: async ({ pipe }) => this.#terminal(pipe).exited,
    closeTerminal: ({ pipe }) => {
      this.#terminals.get(pipe)?.close();
      return Promise.resolve();
    },
    api: ({ node, pipe, request }) => answerRequest(this.#pipes, this.#running().api(node), pipe, request),
    connect: (call) => this.#connect(call),
    homeList: ({ node, path }) => this.#running().home(node).list(path),
    homeRead: ({ node, path }) => this.#running().home(node).read(path),
    homeRemove: ({ node, path }) => this.#running().home(node).remove(path),
    homeWrite: ({ node, path, bytes }) => this.#running().home(node).write(path, bytes),
    homeWatch: ({ node }) => {
      const tell = (path: string): void => this.#post({ kind: 'homeChanged', node, path });
      if (!this.#watches.has(node)) this.#watches.set(node, this.#running().home(node).watch(tell));
      return Promise.resolve();
    },
    homeUnwatch: ({ node }) => {
      this.#watches.get(node)?.();
      this.#watches.delete(node);
      return Promise.resolve();
    },
  };

  async #openTerminal({ node, rows, columns, cwd, pipe }: CallOf<'openTerminal'>): Promise<void> {
    const keys = this.#pipes.receiver(pipe);
    const session = await this.#running().openTerminal({ node, rows, columns, ...(cwd !== undefined && { cwd }) });
    const screen = this.#pipes.sender(pipe);
    this.#terminals.set(pipe, session);
    session.onData((bytes) => {
      screen.write(bytes).then(
        () => session.acknowledge(bytes.length),
        () => session.close(),
      );
    });
    keys.listen((bytes) => {
      session.write(bytes);
      keys.acknowledge(bytes.length);
    });
    void session.exited.finally(() => {
      screen.end();
      keys.cancel();
      // Whoever asks for the exit code has done so by then: the page asks as soon as the terminal is open.
      setTimeout(() => this.#terminals.delete(pipe), 10_000);
    });
  }

  async #connect({ node, port, pipe }: CallOf<'connect'>): Promise<boolean> {
    const inside = await this.#running().connect(node, port);
    if (!inside) return false;
    const page = joinPipes(this.#pipes.sender(pipe), this.#pipes.receiver(pipe));
    void splice(page, inside).finally(() => page.close());
    return true;
  }

  #terminal(pipe: number): TerminalSession {
    const session = this.#terminals.get(pipe);
    if (!session) throw new Error('there is no such terminal');
    return session;
  }

  #running(): RunningMachine {
    if (!this.#machine) throw new Error('the machine is not running');
    return this.#machine;
  }

  /** Every change of phase or message; of mere counts only some. */
  #tellProgress(progress: StartProgress): void {
    const last = this.#lastProgress;
    const nowMs = performance.now();
    if (progress.phase === last.phase && progress.message === last.message && nowMs - last.atMs < PROGRESS_MS) return;
    this.#lastProgress = { phase: progress.phase, message: progress.message, atMs: nowMs };
    this.#post({ kind: 'progress', progress });
  }
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
