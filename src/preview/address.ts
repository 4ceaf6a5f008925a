/**
 * Which origin shows which port. Each port of each node has an origin of its own, as on a host, so that absolute
 * paths, storage and scripts of two containers do not meet. The origins come from one template, in which `{name}`
 * stands for the port: `http://{name}.localhost:8601` makes `http://node1-8080.localhost:8601`. A template without
 * `{name}` is one origin, which shows one port at a time.
 */
export interface PortAddress {
  node: string;
  port: number;
}

/** Host names under which a page may mean the node that it comes from. */
const ownNames = ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'];

export class PreviewOrigins {
  readonly #template: string;
  readonly #slot: number;
  readonly #pattern: RegExp;

  /** @param slot tells tabs of the app apart, each of which has a machine of its own; the first is 1 */
  constructor(template: string, slot = 1) {
    this.#template = template.replace(/\/$/, '');
    this.#slot = slot;
    const [before = '', after = ''] = this.#template.split('{name}').map(escape);
    const suffix = slot > 1 ? `-${slot}` : '';
    this.#pattern = new RegExp(`^${before}([a-z][a-z0-9]{0,30})-(\\d{1,5})${suffix}${after}$`);
  }

  /** Whether each port has an origin of its own. */
  get many(): boolean {
    return this.#template.includes('{name}');
  }

  originOf({ node, port }: PortAddress): string {
    return this.#template.replace('{name}', `${node}-${port}${this.#slot > 1 ? `-${this.#slot}` : ''}`);
  }

  /** The port that an origin shows; undefined when it is none of ours, or shows one port after another. */
  portOf(origin: string): PortAddress | undefined {
    if (!this.many) return undefined;
    const [, node, port] = this.#pattern.exec(origin) ?? [];
    return node !== undefined && validPort(Number(port)) ? { node, port: Number(port) } : undefined;
  }

  /**
   * The port that an address in a page means: its own origin's, or, as pages generate them for their readers,
   * `http://localhost:8080/…`. Undefined for the rest of the world.
   */
  meant(url: URL, from: PortAddress): PortAddress | undefined {
    if (url.origin === this.originOf(from)) return from;
    const other = this.portOf(url.origin);
    if (other) return other;
    if (url.protocol !== 'http:' || !(ownNames.includes(url.hostname) || url.hostname === from.node)) return undefined;
    return { node: from.node, port: url.port === '' ? 80 : Number(url.port) };
  }

  /** The same address on the preview's origins, for links and redirects; as it is when it means none of our ports. */
  shown(location: string, base: URL, from: PortAddress): string {
    let url: URL;
    try {
      url = new URL(location, base);
    } catch {
      return location;
    }
    const port = this.meant(url, from);
    if (!port || (!this.many && port.port !== from.port)) return location;
    return `${port.node === from.node && port.port === from.port ? '' : this.originOf(port)}${url.pathname}${url.search}${url.hash}`;
  }
}

export function validPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65536;
}

/** As a person names it, and as the server in the container sees it. */
export function hostOf({ port }: PortAddress): string {
  return port === 80 ? 'localhost' : `localhost:${port}`;
}

/** What a policy's `frame-src` says for a template; empty when it is none that can be allowed. */
export function frameSource(template: string): string {
  const source = template.replace(/\/$/, '').replace('{name}', '*');
  return /^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d{1,5})?$/i.test(source) ? source : '';
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
