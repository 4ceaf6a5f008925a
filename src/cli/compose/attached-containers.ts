/**
 * What a project's containers print and when they end, for `up` that stays: attached to before they start, followed by
 * the daemon's events until the last one that counts has ended.
 * Source: docker/compose 2.26.1 pkg/compose/{attach,start}.go.
 */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import type { EventMessage } from '#engine/api/types/system.ts';
import { copyAll, copyFrames } from '../stream/stdcopy.ts';
import { labelFilter, type ComposeWork } from './compose-work.ts';
import { PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { compareStrings } from './load/model.ts';
import { LineOutput, type LogPrinter } from './log-printer.ts';
import { nameWithoutProject, projectContainers } from './project-containers.ts';

export interface Exit {
  name: string;
  service: string;
  code: number;
  /** The daemon starts it again. */
  restarts: boolean;
}

export interface AttachedOptions {
  /** Services whose output is printed. */
  attach: readonly string[];
  /** Services whose containers have to end; empty for all. */
  services: readonly string[];
  printer: LogPrinter;
  onExit: (exit: Exit) => Promise<void>;
}

export class AttachedContainers {
  readonly #work: ComposeWork;
  readonly #project: string;
  readonly #options: AttachedOptions;
  /** Ends of the streams, by container. */
  readonly #streams = new Map<string, Promise<void>>();
  readonly #closes: (() => void)[] = [];
  readonly #watched = new Map<string, ContainerSummary>();
  #events: AsyncIterator<EventMessage> | undefined;
  /** From here on nothing is printed. */
  #isSilent = false;

  constructor(work: ComposeWork, project: string, options: AttachedOptions) {
    this.#work = work;
    this.#project = project;
    this.#options = options;
  }

  /** Attaches to what there is, before it is started. */
  async attach(): Promise<void> {
    const { api, context } = this.#work;
    const { attach, services, printer } = this.#options;
    if (attach.length > 0) {
      const containers = (await projectContainers(api, this.#project, { services: attach })).sort((a, b) =>
        compareStrings(nameWithoutProject(a), nameWithoutProject(b)),
      );
      for (const container of containers) printer.register(nameWithoutProject(container));
      await context.out(`Attaching to ${containers.map(nameWithoutProject).join(', ')}\n`);
      await Promise.all(containers.map((container) => this.#attachTo(container)));
    }
    const watched = services.length === 0 ? [] : [...new Set([...attach, ...services])];
    for (const container of await projectContainers(api, this.#project, { services: watched })) this.#watched.set(container.Id, container);
    const query = { filters: labelFilter([`${PROJECT_LABEL}=${this.#project}`]) };
    this.#events = (await api.messages<EventMessage>('/events', { query }))[Symbol.asyncIterator]();
  }

  /** Until every container that counts has ended for good. */
  async follow(): Promise<void> {
    while (this.#watched.size > 0) {
      const next = await this.#events!.next();
      if (next.done) return;
      const { Type, Action, Actor, timeNano = 0 } = next.value;
      const container = this.#watched.get(Actor.ID);
      if (Type !== 'container' || !container) continue;
      if (Action === 'die') await this.#ended(container, Number(Actor.Attributes['exitCode'] ?? 0));
      else if (Action === 'start' && this.#hasStopped(container)) this.#followLogs(container, timeNano);
      else if (Action === 'destroy') this.#watched.delete(container.Id);
    }
  }

  silence(): void {
    this.#isSilent = true;
  }

  close(): void {
    for (const close of this.#closes) close();
    void this.#events?.return?.()?.catch(() => {});
  }

  /** Its stream was there and has come to its end. */
  #hasStopped({ Id: id }: ContainerSummary): boolean {
    return this.#attaches(id) && !this.#streams.has(id);
  }

  #attaches(id: string): boolean {
    const service = this.#watched.get(id)?.Labels[SERVICE_LABEL] ?? '';
    return this.#options.attach.includes(service);
  }

  async #attachTo(container: ContainerSummary): Promise<void> {
    const { api } = this.#work;
    const { Config } = await api.get<ContainerInspect>(`/containers/${container.Id}/json`);
    const query = { stderr: 1, stdin: 1, stdout: 1, stream: 1 };
    const { connection, close } = await api.hijack(`/containers/${container.Id}/attach`, { query });
    this.#closes.push(close);
    this.#streams.set(container.Id, this.#print(container, connection.input, Config.Tty));
  }

  /** A container that runs again is read from the time of its start. */
  #followLogs(container: ContainerSummary, sinceNanos: number): void {
    const since = `${Math.trunc(sinceNanos / 1e9)}.${String(Math.trunc(sinceNanos % 1e9)).padStart(9, '0')}`;
    const query = { stdout: 1, stderr: 1, follow: 1, since };
    const read = async (): Promise<void> => {
      const { Config } = await this.#work.api.get<ContainerInspect>(`/containers/${container.Id}/json`);
      const { chunks } = await this.#work.api.stream(`/containers/${container.Id}/logs`, { query });
      await this.#print(container, chunks, Config.Tty);
    };
    this.#streams.set(container.Id, read());
  }

  async #print(container: ContainerSummary, chunks: AsyncIterable<Uint8Array>, tty: boolean): Promise<void> {
    const name = nameWithoutProject(container);
    const lines = (stream: 'stdout' | 'stderr') =>
      new LineOutput((line) => (this.#isSilent ? Promise.resolve() : this.#options.printer.log(name, line, stream)));
    const [out, err] = [lines('stdout'), lines('stderr')];
    // What cannot be read any more has ended; how the container ended is told by the daemon's events.
    await (tty ? copyAll(chunks, out) : copyFrames(chunks, out, err)).catch(() => {});
    await out.end();
    await err.end();
  }

  async #ended(container: ContainerSummary, code: number): Promise<void> {
    await this.#streams.get(container.Id);
    this.#streams.delete(container.Id);
    const restarts = await this.#restarts(container.Id);
    if (!restarts) this.#watched.delete(container.Id);
    await this.#options.onExit({ name: nameWithoutProject(container), service: container.Labels[SERVICE_LABEL] ?? '', code, restarts });
  }

  async #restarts(id: string): Promise<boolean> {
    const state = await this.#work.api.get<ContainerInspect>(`/containers/${id}/json`).then(
      ({ State }) => State,
      () => undefined,
    );
    return state !== undefined && (state.Restarting || state.Running);
  }
}
