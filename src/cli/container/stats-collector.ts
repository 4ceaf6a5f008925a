/**
 * Gathers the figures of one container for `docker stats`: its latest sample, or why there is none.
 * Source: docker/cli cli/command/container/stats_helpers.go, collect.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { Clock } from '#engine/clock.ts';
import { containerPath } from './container-path.ts';
import { usageOf, type StatsSample, type Usage } from './usage.ts';

/** Without a sample for so long, the figures are taken for unknown. */
const patienceMs = 2000;

/** What one sample says; there is none yet, or none any more, without `usage`. */
export interface Figures {
  name: string;
  id: string;
  usage: Usage | undefined;
}

export class StatsCollector {
  figures: Figures = { name: '', id: '', usage: undefined };
  /** Why there are no figures. */
  error: unknown;
  #cancelTimeout = (): void => {};

  /** @param container name or id */
  constructor(
    readonly container: string,
    readonly api: ApiClient,
    readonly clock: Clock,
  ) {}

  /** Resolves with the first sample, or when it is clear that there will be none. With `stream`, more follow. */
  async collect(stream: boolean): Promise<void> {
    try {
      const samples = await this.api.messages<StatsSample>(containerPath(this.container, 'stats'), { query: { stream } });
      const iterator = samples[Symbol.asyncIterator]();
      if (!stream) return this.#take(await iterator.next());
      await new Promise<void>((resolve) => void this.#follow(iterator, resolve));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #follow(samples: AsyncIterator<StatsSample>, first: () => void): Promise<void> {
    try {
      for (;;) {
        this.#cancelTimeout = this.clock.after(patienceMs, () => {
          this.#fail(new Error('timeout waiting for stats'));
          first();
        });
        const sample = await samples.next();
        this.#cancelTimeout();
        this.#take(sample);
        if (sample.done) return;
        first();
      }
    } catch (error) {
      this.#cancelTimeout();
      this.#fail(error);
    } finally {
      first();
    }
  }

  #take(sample: IteratorResult<StatsSample, unknown>): void {
    if (sample.done) return this.#fail(new Error('EOF'));
    this.figures = { name: sample.value.name, id: sample.value.id, usage: usageOf(sample.value) };
    this.error = undefined;
  }

  #fail(error: unknown): void {
    this.error = error;
    this.figures = { ...this.figures, usage: undefined };
  }
}
