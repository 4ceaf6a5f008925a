/**
 * The app's side of all previews: greets the shells on the preview's origins, those in panes and those in tabs, and has their
 * requests answered. A shell is known by its origin, which says the port; what it sends is checked.
 */
import type { PortAddress, PreviewOrigins } from './address.ts';
import { isGreeting, readShellMessage, shellPath, type AppMessage } from './messages.ts';
import type { PreviewServer } from './preview-server.ts';
import { RequestPort } from './request-port.ts';

export interface Shell {
  readonly address: PortAddress;
  /** The window that greeted. */
  readonly window: MessageEventSource;
  tell(message: AppMessage): void;
}

export interface PreviewHostOptions {
  origins: PreviewOrigins;
  /** Of the app: the shells are told. */
  app: string;
  server: PreviewServer;
  /** A shell is there, for the first time or again. */
  onShell(shell: Shell): void;
  onPlace(shell: Shell, path: string, title: string): void;
  /** The browser has no service worker there. */
  onUnable(shell: Shell, reason: string): void;
}

export class PreviewHost {
  readonly #options: PreviewHostOptions;
  readonly #shells = new Map<MessageEventSource, { shell: Shell; port: MessagePort }>();
  /** What the one origin shows that there is, where there is one for all ports. */
  #only: PortAddress | undefined;

  constructor(options: PreviewHostOptions) {
    this.#options = options;
  }

  /** The address of a shell that shows a path of a port. */
  shellUrl(address: PortAddress, path: string): string {
    const { origins, app } = this.#options;
    if (!origins.many) this.#only = address;
    return `${origins.originOf(address)}${shellPath}?${new URLSearchParams({ app })}#${path}`;
  }

  /** To be called with the window's messages; those of others are left alone. */
  handle({ data, origin, source }: MessageEvent<unknown>): void {
    if (!source || !isGreeting(data)) return;
    const { origins } = this.#options;
    const address = origins.portOf(origin) ?? (this.#only && origin === origins.originOf(this.#only) ? this.#only : undefined);
    if (!address) return;
    const { port1, port2 } = new MessageChannel();
    this.#shells.get(source)?.port.close();
    const shell: Shell = { address, window: source, tell: (message) => port1.postMessage(message) };
    this.#shells.set(source, { shell, port: port1 });
    port1.onmessage = (event: MessageEvent<unknown>) => this.#take(shell, event);
    port1.addEventListener('close', () => {
      if (this.#shells.get(source)?.shell === shell) this.#shells.delete(source);
    });
    source.postMessage({ drydock: 'app' }, { targetOrigin: origin, transfer: [port2] });
    this.#options.onShell(shell);
  }

  /** Shells that show a port. */
  shellsOf({ node, port }: PortAddress): Shell[] {
    const all = [...this.#shells.values()].map(({ shell }) => shell);
    return all.filter(({ address }) => address.node === node && address.port === port);
  }

  /** The app is leaving. */
  close(): void {
    for (const { shell, port } of this.#shells.values()) {
      shell.tell({ kind: 'bye' });
      port.close();
    }
    this.#shells.clear();
  }

  #take(shell: Shell, { data, ports }: MessageEvent<unknown>): void {
    const message = readShellMessage(data);
    const { origins, server, onPlace, onUnable } = this.#options;
    switch (message?.kind) {
      case 'at':
        return onPlace(shell, message.path, message.title);
      case 'unable':
        return onUnable(shell, message.reason);
      case 'open': {
        const url = new URL(message.url);
        const to = origins.meant(url, shell.address);
        if (to) this.leave(shell, to, `${url.pathname}${url.search}${url.hash}`);
        return;
      }
      case 'request':
        if (ports[0]) void server.serve(shell.address, message.request, new RequestPort(ports[0]));
        return;
      case undefined:
        ports[0]?.close();
    }
  }

  /** Takes a shell to a path of another port, or of its own. */
  leave(shell: Shell, to: PortAddress, path: string): void {
    const { origins } = this.#options;
    if (to.node === shell.address.node && to.port === shell.address.port) return shell.tell({ kind: 'go', path });
    if (origins.many) shell.tell({ kind: 'leave', url: this.shellUrl(to, path) });
  }
}
