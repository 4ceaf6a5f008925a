/**
 * The daemon's events about a project's containers: which start, which end, until none is left that counts.
 * Source: docker/compose 2.26.1 pkg/compose/start.go, watchContainers.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import type { EventMessage } from '#engine/api/types/system.ts';
import { isStatus, labelFilter } from './compose-work.ts';
import { ONEOFF_LABEL, PROJECT_LABEL, REPLACE_LABEL, SERVICE_LABEL } from './labels.ts';
import { nameWithoutProject, serviceOf } from './project-containers.ts';

/** What a container is known by. */
export type WatchedContainer = Pick<ContainerSummary, 'Id' | 'Names' | 'Labels'>;

export interface Exit {
  name: string;
  service: string;
  code: number;
  /** The daemon starts it again. */
  restarts: boolean;
  /** Another has been made in its place. */
  isReplaced: boolean;
}

export interface WatchListener {
  /** One is made that takes another's place. */
  onReplacement: (id: string) => void;
  /** One that was not seen before, or that had ended, runs. @param since as a query takes it */
  onStart: (container: WatchedContainer, since: string) => void;
  /** One has ended; the next event is looked at when this settles. */
  onExit: (container: WatchedContainer, exit: Exit) => Promise<void>;
}

export interface WatchOptions {
  /** Those that are looked at; empty for all. */
  services: readonly string[];
  /** Those of them whose end is waited for; all unless said. */
  required?: readonly string[];
}

export class ContainerWatch {
  readonly #api: ApiClient;
  readonly #options: WatchOptions;
  readonly #events: AsyncIterator<EventMessage>;
  /** Those whose end is waited for. */
  readonly #expected = new Set<string>();
  /** Those that have not ended for good. */
  readonly #known = new Set<string>();
  /** Those whose output somebody reads; an end takes one out. */
  readonly #started = new Map<string, WatchedContainer>();
  readonly #replaced = new Set<string>();

  private constructor(api: ApiClient, options: WatchOptions, events: AsyncIterable<EventMessage>) {
    this.#api = api;
    this.#options = options;
    this.#events = events[Symbol.asyncIterator]();
  }

  /** From here on no event is lost. */
  static async open(api: ApiClient, project: string, options: WatchOptions): Promise<ContainerWatch> {
    const query = { filters: labelFilter([`${PROJECT_LABEL}=${project}`]) };
    return new ContainerWatch(api, options, await api.messages<EventMessage>('/events', { query }));
  }

  /** Waits for the end of these, as far as they are required; whoever calls sees to what they print. */
  expect(containers: readonly WatchedContainer[]): void {
    for (const container of containers) {
      if (this.#isRequired(container.Labels)) this.#expected.add(container.Id);
      this.#known.add(container.Id);
      this.#started.set(container.Id, container);
    }
  }

  /** Until every container that counts has ended for good. */
  async follow(listener: WatchListener): Promise<void> {
    while (this.#expected.size > 0) {
      const next = await this.#events.next();
      if (next.done) return;
      if (next.value.Type === 'container' && this.#isOfInterest(next.value)) await this.#take(next.value, listener);
    }
  }

  close(): void {
    void this.#events.return?.()?.catch(() => {});
  }

  #isOfInterest({ Actor: { Attributes: labels } }: EventMessage): boolean {
    if (labels[ONEOFF_LABEL] === 'True') return false;
    const { services } = this.#options;
    return services.length === 0 || services.includes(labels[SERVICE_LABEL] ?? '');
  }

  #isRequired(labels: Readonly<Record<string, string>>): boolean {
    const { services, required = [] } = this.#options;
    return services.length === 0 || required.length === 0 || required.includes(labels[SERVICE_LABEL] ?? '');
  }

  async #take({ Action, Actor: { ID: id, Attributes: attributes }, timeNano = 0 }: EventMessage, listener: WatchListener): Promise<void> {
    switch (Action) {
      case 'create': {
        const replaced = attributes[REPLACE_LABEL];
        if (replaced !== undefined) {
          this.#replaced.add(replaced);
          listener.onReplacement(id);
        }
        this.#known.add(id);
        if (replaced === undefined ? this.#isRequired(attributes) : this.#expected.has(replaced)) this.#expected.add(id);
        return;
      }
      case 'start': {
        if (this.#started.has(id)) return;
        const container = await this.#find(id);
        if (!container) return;
        // One that nobody saw being made counts, whatever it is of.
        if (!this.#known.has(id)) this.#expected.add(id);
        this.#known.add(id);
        this.#started.set(id, container);
        return listener.onStart(container, justBefore(timeNano));
      }
      case 'die': {
        const container = this.#started.get(id);
        this.#started.delete(id);
        if (container) await this.#ended(container, Number(attributes['exitCode'] ?? 0), listener);
        return;
      }
      case 'destroy':
        this.#forget(id);
    }
  }

  async #ended(container: WatchedContainer, code: number, listener: WatchListener): Promise<void> {
    const { Id: id } = container;
    const restarts = await this.#restarts(id);
    if (!restarts) this.#forget(id);
    await listener.onExit(container, {
      name: nameWithoutProject(container),
      service: serviceOf(container),
      code,
      restarts,
      isReplaced: this.#replaced.delete(id),
    });
  }

  #forget(id: string): void {
    this.#known.delete(id);
    this.#expected.delete(id);
  }

  /** As it is called now: one that takes another's place is first called something else. */
  async #find(id: string): Promise<WatchedContainer | undefined> {
    const found = await this.#inspect(id);
    return found && { Id: id, Names: [found.Name], Labels: found.Config.Labels ?? {} };
  }

  async #restarts(id: string): Promise<boolean> {
    const { State } = (await this.#inspect(id)) ?? {};
    return State !== undefined && (State.Restarting || State.Running);
  }

  async #inspect(id: string): Promise<ContainerInspect | undefined> {
    return await this.#api.get<ContainerInspect>(`/containers/${id}/json`).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      return undefined;
    });
  }
}

/** Seconds, as a query takes them. A number does not hold all nanoseconds, and what is printed at once must not be lost. */
function justBefore(nanoseconds: number): string {
  const microseconds = Math.floor(nanoseconds / 1000) - 1;
  return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
}
