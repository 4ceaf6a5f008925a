/**
 * The previews that are open, one per pane, and what they show of the machine. Everything but the list of panes is loaded when the
 * first one is opened.
 */
import type { Machine } from '#emulator/machine-api.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { PortAddress } from '#preview/address.ts';
import type { PreviewHost, Shell } from '#preview/preview-host.ts';
import type { PreviewServer } from '#preview/preview-server.ts';
import { node } from '../machine/machine-state.svelte.ts';
import type { PreviewFailure } from './failures.ts';
import { publishedPorts } from './published-ports.ts';

export interface PreviewsOptions {
  containers: () => readonly ContainerSummary[];
  theme: () => 'light' | 'dark' | 'system';
  /** The last one was closed. */
  onEmpty: () => void;
}

/** How long the second origin is given to show itself; then the limited view takes its place. */
const shellLimitMs = 6000;
/** How often a port on which nothing listens is tried again. */
const retryMs = 1000;

/** `arriving`: the second origin has not answered yet. `limited`: there is none. */
export type PaneMode = 'empty' | 'arriving' | 'shown' | 'limited';

export class PreviewPane {
  readonly id: number;
  address = $state.raw<PortAddress | undefined>();
  path = $state('/');
  title = $state('');
  mode = $state<PaneMode>('empty');
  /** Why the page in the frame is one of ours. */
  failure = $state<PreviewFailure | undefined>();
  /** What the frame was last sent to from outside. */
  src = $state<string | undefined>();
  /** Counts what the limited view is asked to show. */
  turn = $state(0);
  frame: HTMLIFrameElement | undefined;
  shell: Shell | undefined;
  limit: ReturnType<typeof setTimeout> | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

export class Previews {
  panes = $state.raw<readonly PreviewPane[]>([]);
  server: PreviewServer | undefined;
  readonly #options: PreviewsOptions;
  readonly #origins: string;
  #host: Promise<PreviewHost> | undefined;
  #machine: Machine | undefined;
  /** Ports that were typed by the person at the page. */
  #opened: number[] = [];
  #lastId = 0;
  #retrying = false;
  /** A second origin was named, but has never answered. */
  #unreachable = false;

  constructor(options: PreviewsOptions) {
    this.#options = options;
    this.#origins = document.querySelector<HTMLMetaElement>('meta[name="drydock-preview"]')?.content ?? '';
  }

  /** Where the previews' second origin is needed and missing, or cannot be reached. */
  get isLimited(): boolean {
    return this.#origins === '' || this.#unreachable;
  }

  /** Another machine, or none: what is shown is asked for again. */
  use(machine: Machine | undefined): void {
    this.#machine = machine;
    this.server?.reset();
    if (machine) for (const pane of this.panes) this.reload(pane);
  }

  /** Shows a port in the pane that has it, or in a new one; without a port, an empty pane to type one into. */
  async open(port?: number, path = '/'): Promise<void> {
    const same = this.panes.find((pane) => pane.address?.port === port);
    if (same && port !== undefined) return this.go(same, port, path);
    if (same) return;
    const empty = this.panes.find((pane) => pane.mode === 'empty');
    const pane = empty ?? new PreviewPane(++this.#lastId);
    if (!empty) this.panes = [...this.panes, pane];
    if (port !== undefined) await this.go(pane, port, path);
  }

  close(pane: PreviewPane): void {
    clearTimeout(pane.limit);
    this.panes = this.panes.filter((one) => one !== pane);
    if (this.panes.length === 0) this.#options.onEmpty();
  }

  /** What a person asked for. */
  async go(pane: PreviewPane, port: number, path: string): Promise<void> {
    if (!this.#opened.includes(port)) this.#opened = [...this.#opened, port];
    const same = pane.address?.port === port;
    pane.address = { node, port };
    pane.path = path;
    pane.failure = undefined;
    const host = await (this.#host ??= this.#load());
    if (this.isLimited) {
      pane.mode = 'limited';
      pane.turn++;
    } else if (pane.shell && same) {
      pane.shell.tell({ kind: 'go', path });
    } else {
      const url = await host.shellUrl(pane.address, path);
      if (url !== undefined) return this.#send(pane, url);
      // As many ports are shown already as there are origins.
      pane.mode = 'limited';
      pane.turn++;
    }
  }

  reload(pane: PreviewPane): void {
    if (pane.mode === 'limited') pane.turn++;
    else if (pane.shell) pane.shell.tell({ kind: 'reload' });
    else if (pane.address) void this.go(pane, pane.address.port, pane.path);
  }

  back(pane: PreviewPane): void {
    pane.shell?.tell({ kind: 'back' });
  }

  /** To be called from a click. */
  async openTab({ address, path }: PreviewPane): Promise<void> {
    const host = await this.#host;
    const url = address && (await host?.shellUrl(address, path));
    if (url !== undefined) open(url, '_blank');
  }

  #send(pane: PreviewPane, url: string): void {
    pane.shell = undefined;
    pane.mode = 'arriving';
    pane.src = url;
    clearTimeout(pane.limit);
    pane.limit = setTimeout(() => this.#giveUp(pane), shellLimitMs);
  }

  #giveUp(pane: PreviewPane): void {
    if (pane.mode !== 'arriving') return;
    this.#unreachable = true;
    for (const each of this.panes) {
      if (each.mode !== 'arriving') continue;
      each.mode = 'limited';
      each.turn++;
    }
  }

  async #load(): Promise<PreviewHost> {
    const [
      { isSame, PreviewOrigins, readOrigins },
      { PreviewHost },
      { PreviewServer },
      { failureHtml },
      { explainFailure },
      { claimOrigin },
    ] = await Promise.all([
      import('#preview/address.ts'),
      import('#preview/preview-host.ts'),
      import('#preview/preview-server.ts'),
      import('#preview/failure-page.ts'),
      import('./failures.ts'),
      import('./preview-claims.ts'),
    ]);
    const origins = new PreviewOrigins(readOrigins(this.#origins, location), {
      claim: claimOrigin,
      inUse: (address) => this.panes.some((pane) => pane.address && isSame(pane.address, address)),
    });
    const server = new PreviewServer({
      origins,
      connect: ({ node, port }) => this.#connect(node, port),
      allowed: ({ port }) => this.#allowed(port),
      failurePage: ({ node, port }, failure) => {
        const about = { node, port, running: this.#machine !== undefined, containers: this.#options.containers() };
        return failureHtml({ ...explainFailure(failure, about), theme: this.#options.theme() });
      },
      onPage: (address, failure) => this.#noted(address, failure),
      onLeave: (from, to, path) => {
        for (const shell of host.shellsOf(from)) this.#follow(host, shell, to, path);
      },
    });
    this.server = server;
    const host = new PreviewHost({
      origins,
      app: location.origin,
      server,
      limited: (window) => this.panes.find(({ mode, frame }) => mode === 'limited' && frame?.contentWindow === window)?.address,
      onShell: (shell) => this.#arrived(shell),
      onPlace: (shell, path, title) => {
        const pane = this.#paneOf(shell);
        if (pane) Object.assign(pane, { path, title });
      },
      onOpen: (shell, to, path) => this.#follow(host, shell, to, path),
      onUnable: (shell) => {
        const pane = this.#paneOf(shell);
        if (pane) this.#giveUp(Object.assign(pane, { mode: 'arriving', shell: undefined }));
      },
    });
    addEventListener('message', (event) => host.handle(event));
    addEventListener('pagehide', () => host.close());
    return host;
  }

  #arrived(shell: Shell): void {
    const pane = this.#paneOf(shell);
    if (!pane) return;
    clearTimeout(pane.limit);
    pane.shell = shell;
    pane.address = shell.address;
    if (pane.mode === 'limited') shell.tell({ kind: 'go', path: pane.path });
    else pane.mode = 'shown';
  }

  /** A link or a redirect to another port. The pane stays; in a tab the shell goes there. */
  #follow(host: PreviewHost, shell: Shell, to: PortAddress, path: string): void {
    const pane = this.#paneOf(shell);
    if (pane?.mode !== 'limited') return void host.leave(shell, to, path);
    pane.address = to;
    pane.path = path;
    pane.turn++;
  }

  #paneOf(shell: Shell): PreviewPane | undefined {
    return this.panes.find(({ frame }) => frame !== undefined && frame.contentWindow === shell.window);
  }

  #connect(name: string, port: number) {
    if (!this.#machine) return Promise.reject(new Error('the machine is not running'));
    return this.#machine.connect(name, port);
  }

  #allowed(port: number): boolean {
    return (
      this.#opened.includes(port) || publishedPorts(this.#options.containers()).some((one) => one.port === port && one.protocol === 'tcp')
    );
  }

  #noted(address: PortAddress, failure: PreviewFailure | undefined): void {
    for (const pane of this.panes) if (pane.address?.port === address.port) pane.failure = failure;
    if (failure === 'refused' || failure === 'not-published') void this.#retry();
  }

  /** Looks again and again at ports that are shown and on which nothing listens. */
  async #retry(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    const waiting = () => this.panes.filter(({ failure }) => failure === 'refused' || failure === 'not-published');
    while (waiting().length > 0) {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      if (document.hidden || !this.#machine) continue;
      for (const pane of waiting()) {
        const { address } = pane;
        if (!address || !this.#allowed(address.port)) continue;
        const connection = await this.#connect(address.node, address.port).catch(() => undefined);
        if (!connection) continue;
        connection.close();
        pane.failure = undefined;
        this.reload(pane);
      }
    }
    this.#retrying = false;
  }
}
