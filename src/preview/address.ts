/**
 * Which origin shows which port. Each port of each node has an origin of its own while it is shown, as on a host, so that absolute
 * paths, storage and scripts of two containers do not meet. There are as many origins as the server has (under `npm start`
 * other ports of its host); a port is given the first that no other tab of the app uses, since that has another machine.
 *
 * They must be of the same site as the app: browsers keep service workers from frames of another site in private windows.
 */
export interface PortAddress {
  node: string;
  port: number;
}

export interface PreviewOriginsOptions {
  /** Takes an origin for this tab; false when another tab has it. */
  claim(origin: string): Promise<boolean>;
  /** Whether a port is still shown; if not, its origin can be given to another. */
  inUse(address: PortAddress): boolean;
}

/** Host names under which a page may mean the node that it comes from. */
const ownNames = ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'];

export class PreviewOrigins {
  readonly #origins: readonly string[];
  readonly #options: PreviewOriginsOptions;
  /** Of those that are ours, by origin; the one that was given away last comes last. */
  readonly #given = new Map<string, PortAddress>();
  #choosing: Promise<unknown> = Promise.resolve();

  constructor(origins: readonly string[], options: PreviewOriginsOptions) {
    this.#origins = origins;
    this.#options = options;
  }

  /** The origin that shows a port, from now on; undefined when all are taken. */
  give(address: PortAddress): Promise<string | undefined> {
    const chosen = this.#choosing.then(() => this.#choose(address));
    this.#choosing = chosen.catch(() => {});
    return chosen;
  }

  async #choose(address: PortAddress): Promise<string | undefined> {
    const present = this.originOf(address);
    if (present !== undefined) return present;
    const give = (origin: string): string => {
      this.#given.delete(origin);
      this.#given.set(origin, address);
      return origin;
    };
    for (const origin of this.#origins) if (!this.#given.has(origin) && (await this.#options.claim(origin))) return give(origin);
    for (const [origin, before] of this.#given) if (!this.#options.inUse(before)) return give(origin);
    return undefined;
  }

  originOf(address: PortAddress): string | undefined {
    for (const [origin, given] of this.#given) if (isSame(given, address)) return origin;
    return undefined;
  }

  /** The port that an origin shows; undefined when it is none of ours, or shows none. */
  portOf(origin: string): PortAddress | undefined {
    return this.#given.get(origin);
  }

  /**
   * The port that an address in a page means: its own origin's, or, as pages generate them for their readers,
   * `http://localhost:8080/…`. Undefined for the rest of the world.
   */
  meant(url: URL, from: PortAddress): PortAddress | undefined {
    const shown = this.portOf(url.origin);
    if (shown) return shown;
    if (url.protocol !== 'http:' || !(ownNames.includes(url.hostname) || url.hostname === from.node)) return undefined;
    return { node: from.node, port: url.port === '' ? 80 : Number(url.port) };
  }

  /** A redirect's target as a page on the preview's origin needs it: a path of its own port; else as it is. */
  shown(location: string, base: URL, from: PortAddress): string {
    if (!URL.canParse(location, base.href)) return location;
    const url = new URL(location, base);
    const port = this.meant(url, from);
    return port && isSame(port, from) ? `${url.pathname}${url.search}${url.hash}` : location;
  }
}

export function isSame(a: PortAddress, b: PortAddress): boolean {
  return a.node === b.node && a.port === b.port;
}

/** As a person names it, and as the server in the container sees it. */
export function hostOf({ port }: PortAddress): string {
  return port === 80 ? 'localhost' : `localhost:${port}`;
}

/**
 * The origins that a page names for its previews, separated by spaces: whole ones, or `:8601` for another port of the
 * page's own host.
 */
export function readOrigins(text: string, page: { protocol: string; hostname: string }): string[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((each) => (each.startsWith(':') ? `${page.protocol}//${page.hostname}${each}` : each.replace(/\/$/, '')));
}
