/**
 * The app's side of all previews: greets the shells on the preview's origins, those in panes and those in tabs, and has their
 * requests answered. A shell is known by its origin, which says the port; what it sends is checked.
 */
import { hostOf, isSame, type PortAddress, type PreviewOrigins } from './address.ts';
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
  /** What a frame of ours with a limited view shows; it has no origin to be known by. */
  limited(window: MessageEventSource): PortAddress | undefined;
  /** A shell is there, for the first time or again. */
  onShell(shell: Shell): void;
  onPlace(shell: Shell, path: string, title: string): void;
  /** A link was followed that the shell cannot follow by itself. */
  onOpen(shell: Shell, to: PortAddress, path: string): void;
  /** The browser has no service worker there. */
  onUnable(shell: Shell, reason: string): void;
}

export class PreviewHost {
  readonly #options: PreviewHostOptions;
  readonly #shells = new Map<MessageEventSource, { shell: Shell; port: MessagePort }>();

  constructor(options: PreviewHostOptions) {
    this.#options = options;
  }

  /** The address of a shell that shows a path of a port; undefined when there is no origin left for it. */
  async shellUrl(address: PortAddress, path: string): Promise<string | undefined> {
    const { origins, app } = this.#options;
    const origin = await origins.give(address);
    return origin && `${origin}${shellPath}?${new URLSearchParams({ app, of: `${address.node}:${address.port}` })}#${path}`;
  }

  /** To be called with the window's messages; those of others are left alone. */
  handle({ data, origin, source }: MessageEvent<unknown>): void {
    if (!source || !isGreeting(data)) return;
    const limited = origin === 'null';
    const address = limited ? this.#options.limited(source) : this.#options.origins.portOf(origin);
    if (address) this.#welcome(address, source, limited ? '*' : origin);
  }

  #welcome(address: PortAddress, window: MessageEventSource, origin: string): void {
    const { port1, port2 } = new MessageChannel();
    this.#shells.get(window)?.port.close();
    const shell: Shell = { address, window, tell: (message) => port1.postMessage(message) };
    this.#shells.set(window, { shell, port: port1 });
    port1.onmessage = (event: MessageEvent<unknown>) => this.#take(shell, event);
    port1.addEventListener('close', () => {
      if (this.#shells.get(window)?.shell === shell) this.#shells.delete(window);
    });
    window.postMessage({ drydock: 'app', base: `http://${hostOf(address)}/` }, { targetOrigin: origin, transfer: [port2] });
    this.#options.onShell(shell);
  }

  /** Shells that show a port. */
  shellsOf(address: PortAddress): Shell[] {
    const all = [...this.#shells.values()].map(({ shell }) => shell);
    return all.filter((shell) => isSame(shell.address, address));
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
    const { origins, server, onOpen, onPlace, onUnable } = this.#options;
    switch (message?.kind) {
      case 'at':
        return onPlace(shell, message.path, message.title);
      case 'unable':
        return onUnable(shell, message.reason);
      case 'open': {
        const url = new URL(message.url);
        const to = origins.meant(url, shell.address);
        if (to) onOpen(shell, to, `${url.pathname}${url.search}${url.hash}`);
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
  async leave(shell: Shell, to: PortAddress, path: string): Promise<void> {
    if (isSame(to, shell.address)) return shell.tell({ kind: 'go', path });
    const url = await this.shellUrl(to, path);
    if (url !== undefined) shell.tell({ kind: 'leave', url });
  }
}
