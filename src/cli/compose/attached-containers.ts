/**
 * What a project's containers print and when they end, for `up` that stays: attached to before they start, followed by
 * the daemon's events until the last one that counts has ended.
 * Source: docker/compose 2.26.1 pkg/compose/{attach,start}.go.
 */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import { copyAll, copyFrames } from '../stream/stdcopy.ts';
import type { ComposeWork } from './compose-work.ts';
import { ContainerWatch, type Exit, type WatchedContainer } from './container-watch.ts';
import { compareStrings } from './load/model.ts';
import { LineOutput, type LogPrinter } from './log-printer.ts';
import { nameWithoutProject, projectContainers, serviceOf } from './project-containers.ts';
import { ToldEnds } from './told-ends.ts';

export interface AttachedOptions {
  /** Services whose output is printed; empty for all. */
  attach: readonly string[];
  /** Services whose containers have to end; empty for those whose output is printed. */
  required: readonly string[];
  printer: LogPrinter;
  /** @param isTold its output was printed */
  onExit: (exit: Exit, isTold: boolean) => Promise<void>;
}

export class AttachedContainers {
  readonly #work: ComposeWork;
  readonly #project: string;
  readonly #options: AttachedOptions;
  /** Ends of the streams, by container. */
  readonly #streams = new Map<string, Promise<void>>();
  readonly #closes: (() => void)[] = [];
  readonly #told = new ToldEnds();
  #watch: ContainerWatch | undefined;
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
    const { attach, required } = this.#options;
    const services = [...new Set([...attach, ...required])];
    this.#watch = await ContainerWatch.open(api, this.#project, { services, required });
    const containers = (await projectContainers(api, this.#project, { services: attach })).sort((a, b) =>
      compareStrings(nameWithoutProject(a), nameWithoutProject(b)),
    );
    if (containers.length > 0) {
      for (const container of containers) this.#tellOf(container);
      await context.out(`Attaching to ${containers.map(nameWithoutProject).join(', ')}\n`);
      await Promise.all(containers.map((container) => this.#attachTo(container)));
    }
    this.#watch.expect(await projectContainers(api, this.#project, { services }));
  }

  /** Until every container that counts has ended for good. */
  async follow(): Promise<void> {
    await this.#watch!.follow({
      onReplacement: (id) => this.#told.add(id),
      onStart: (container, since) => {
        this.#tellOf(container);
        if (this.#options.attach.includes(serviceOf(container))) this.#followLogs(container, since);
      },
      onExit: async ({ Id: id }, exit) => {
        await this.#streams.get(id);
        if (this.#told.isOver) return;
        await this.#options.onExit(exit, this.#told.ended(id, exit.restarts));
        if (this.#told.isOver) this.silence();
      },
    });
  }

  silence(): void {
    this.#isSilent = true;
  }

  close(): void {
    for (const close of this.#closes) close();
    this.#watch?.close();
  }

  #tellOf(container: WatchedContainer): void {
    this.#told.add(container.Id);
    this.#options.printer.register(nameWithoutProject(container));
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
  #followLogs(container: WatchedContainer, since: string): void {
    const query = { stdout: 1, stderr: 1, follow: 1, since };
    const read = async (): Promise<void> => {
      const { Config } = await this.#work.api.get<ContainerInspect>(`/containers/${container.Id}/json`);
      const { chunks } = await this.#work.api.stream(`/containers/${container.Id}/logs`, { query });
      await this.#print(container, chunks, Config.Tty);
    };
    this.#streams.set(container.Id, read());
  }

  async #print(container: WatchedContainer, chunks: AsyncIterable<Uint8Array>, tty: boolean): Promise<void> {
    const name = nameWithoutProject(container);
    const lines = (stream: 'stdout' | 'stderr') =>
      new LineOutput((line) => (this.#isSilent ? Promise.resolve() : this.#options.printer.log(name, line, stream)));
    const [out, err] = [lines('stdout'), lines('stderr')];
    // What cannot be read any more has ended; how the container ended is told by the daemon's events.
    await (tty ? copyAll(chunks, out) : copyFrames(chunks, out, err)).catch(() => {});
    await out.end();
    await err.end();
  }
}
