/**
 * What a build tells while it runs, as BuildKit's clients know it: vertexes (steps) with their times, statuses below
 * them, logs and warnings. One JSON document per change.
 * Source: BuildKit client/graph.go, SolveStatus, as `--progress rawjson` prints it.
 */
import { base64 } from '../base64.ts';
import type { Clock } from '../clock.ts';
import { rfc3339Nano } from '../time.ts';

export interface Vertex {
  digest: string;
  inputs?: string[];
  name: string;
  started?: string;
  completed?: string;
  cached?: boolean;
  error?: string;
}

export interface VertexStatus {
  id: string;
  vertex: string;
  name?: string;
  total?: number;
  current: number;
  timestamp: string;
  started?: string;
  completed?: string;
}

export interface VertexLog {
  vertex: string;
  stream: number;
  /** Base64. */
  data: string;
  timestamp: string;
}

export interface VertexWarning {
  vertex: string;
  level: number;
  /** Base64, as are the details. */
  short: string;
  detail?: string[];
  url?: string;
  sourceInfo?: { filename: string; data: string };
  range?: { start: { line: number; character: number }; end: { line: number; character: number } }[];
}

export interface SolveStatus {
  vertexes?: Vertex[];
  statuses?: VertexStatus[];
  logs?: VertexLog[];
  warnings?: VertexWarning[];
}

export class BuildProgress {
  readonly #clock: Clock;
  readonly #tell: (status: SolveStatus) => void | Promise<void>;

  /** @param tell its promise is waited for where a step prints, so that a slow reader slows the step */
  constructor(clock: Clock, tell: (status: SolveStatus) => void | Promise<void>) {
    this.#clock = clock;
    this.#tell = tell;
  }

  get now(): string {
    return rfc3339Nano(this.#clock.now());
  }

  /** Announces steps that will come. */
  announce(vertexes: Vertex[]): void {
    if (vertexes.length > 0) void this.#tell({ vertexes });
  }

  start(digest: string, name: string, inputs: string[] = []): Step {
    const vertex: Vertex = { digest, ...(inputs.length > 0 && { inputs }), name, started: this.now };
    void this.#tell({ vertexes: [{ ...vertex }] });
    return new Step(this, vertex, this.#tell);
  }

  /** Runs work as a step: completed with it, or with its error. */
  async step<T>(digest: string, name: string, work: (step: Step) => Promise<T>, inputs: string[] = []): Promise<T> {
    const step = this.start(digest, name, inputs);
    try {
      const result = await work(step);
      step.complete();
      return result;
    } catch (error) {
      step.fail(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }
}

export class Step {
  readonly #progress: BuildProgress;
  readonly #vertex: Vertex;
  readonly #tell: (status: SolveStatus) => void | Promise<void>;

  constructor(progress: BuildProgress, vertex: Vertex, tell: (status: SolveStatus) => void | Promise<void>) {
    this.#progress = progress;
    this.#vertex = vertex;
    this.#tell = tell;
  }

  /** It needed no work. */
  cached(): void {
    this.#vertex.cached = true;
  }

  complete(): void {
    this.#vertex.completed = this.#progress.now;
    void this.#tell({ vertexes: [{ ...this.#vertex }] });
  }

  fail(message: string): void {
    this.#vertex.error = message;
    this.complete();
  }

  /** Something below the step that begins and ends by itself. */
  status(
    id: string,
    counts: { current?: number; total?: number; name?: string } = {},
  ): { update(current: number, total?: number): void; done(current?: number): void } {
    const status: VertexStatus = {
      id,
      vertex: this.#vertex.digest,
      current: 0,
      ...counts,
      timestamp: this.#progress.now,
      started: this.#progress.now,
    };
    const tell = (): void => {
      status.timestamp = this.#progress.now;
      void this.#tell({ statuses: [{ ...status }] });
    };
    tell();
    return {
      update: (current, total) => {
        status.current = current;
        if (total !== undefined) status.total = total;
        tell();
      },
      done: (current = status.current) => {
        status.current = current;
        status.completed = this.#progress.now;
        tell();
      },
    };
  }

  async log(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const log: VertexLog = {
      vertex: this.#vertex.digest,
      stream: stream === 'stdout' ? 1 : 2,
      data: base64(bytes),
      timestamp: this.#progress.now,
    };
    await this.#tell({ logs: [log] });
  }

  warn(warning: Omit<VertexWarning, 'vertex'>): void {
    void this.#tell({ warnings: [{ vertex: this.#vertex.digest, ...warning }] });
  }
}
