/**
 * The package mirror: on the nodes' network a name server that knows the names images are configured with, and a web
 * server that answers under them. Every other name fails as on a host whose uplink is down, and whoever watches is
 * told in one line. Costs nothing until somebody asks.
 */
import { serveConnection } from '#engine/api/http1.ts';
import { assert } from '#engine/assert.ts';
import type { AgentClient, GuestConnection } from '../agent/client.ts';
import type { Channel } from '../agent/channel.ts';
import { channelConnection } from '../channel-connection.ts';
import { recordType, responseCode, type DnsAnswer, type DnsQuestion } from '../dns/message.ts';
import { serveDns, unreachable } from '../dns/server.ts';
import { mirrorAddress, nodeAt } from '../guest/lan.ts';
import type { AssetFiles } from '../ports/asset-files.ts';
import { Catalog } from './catalog.ts';
import { mirrorHandler, mirrorHosts, type MirrorRequest } from './handler.ts';

/** Something was asked for that is not here, or apt took its list of packages. */
export interface MirrorEvent {
  /** Number of the node that asked; its containers ask in its name. */
  node: number;
  /**
   * `name`: a host that does not exist here. `package`: one that the mirror has not. `lists`: nothing is missing, but what apt
   * looks for later it looks for in this list.
   */
  kind: 'name' | 'package' | 'lists';
  asked: string;
  /** For people: one line without its end. */
  line: string;
}

/** As kept with a saved machine. */
export interface SavedMirror {
  /** Number of the web server's listener. */
  listener: number;
  /** Number of the name server's channel. */
  names: number;
}

const TTL_SECONDS = 300;
/** A resolver asks again, and for each kind of address: the same within this time is told once. */
const REPEAT_MS = 5000;
const MAX_REMEMBERED = 100;
/** Names in a line. */
const MAX_NAMED = 12;

export class PackageMirror {
  readonly #catalog: Catalog;
  readonly #listener: number;
  readonly #names: Channel;
  readonly #watchers = new Set<(event: MirrorEvent) => void>();
  /** When each was told last, oldest first. */
  readonly #told = new Map<string, number>();

  private constructor(
    assets: AssetFiles,
    listener: number,
    names: Channel,
    private readonly now: () => number,
  ) {
    this.#catalog = new Catalog(assets);
    this.#listener = listener;
    this.#names = names;
    void serveDns(names, (question, client) => this.#resolve(question, client));
  }

  /** Opens the servers in a guest whose network is there. */
  static async open(agent: AgentClient, assets: AssetFiles, now: () => number): Promise<PackageMirror> {
    const names = await agent.bind(0, mirrorAddress, 53);
    const { id } = await agent.listen(0, { kind: 'tcp', address: mirrorAddress, port: 80 });
    return new PackageMirror(assets, id, names, now);
  }

  /** Of a saved machine, where both are open. */
  static restore(agent: AgentClient, assets: AssetFiles, saved: SavedMirror, now: () => number): PackageMirror {
    const names = agent.channel(saved.names);
    assert(names, 'a saved machine has the name server that it says it has');
    return new PackageMirror(assets, saved.listener, names, now);
  }

  save(): SavedMirror {
    return { listener: this.#listener, names: this.#names.id };
  }

  /** Serves a connection if it is one of the mirror's. */
  take({ listener, channel, address }: GuestConnection): boolean {
    if (listener !== this.#listener) return false;
    const handler = mirrorHandler(this.#catalog, (request) => void this.#noted(request, address));
    void serveConnection(channelConnection(channel), handler).finally(() => channel.abort());
    return true;
  }

  /** @returns what ends it */
  watch(watcher: (event: MirrorEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #resolve({ name, type }: DnsQuestion, client: Uint8Array): readonly DnsAnswer[] {
    const lower = name.toLowerCase();
    if (mirrorHosts.has(lower)) {
      const wanted = type === recordType.a || type === recordType.any;
      return [{ code: responseCode.noError, records: wanted ? [{ type: 'A', ttlSeconds: TTL_SECONDS, address: mirrorAddress }] : [] }];
    }
    // Addresses are looked up by programs, for their own logs: nobody asked for them.
    if (type !== recordType.ptr && lower !== '') this.#tell(client, 'name', lower, noInternet(lower));
    return unreachable;
  }

  async #noted({ kind, ecosystem, asked }: MirrorRequest, client: Uint8Array): Promise<void> {
    const chosen = await this.#catalog.chosen(ecosystem);
    const held = `it holds ${chosen.slice(0, MAX_NAMED).join(', ')}${chosen.length > MAX_NAMED ? ', …' : ''}`;
    if (kind === 'lists')
      this.#tell(client, 'lists', ecosystem, `There is no internet here: packages come from the mirror inside the sandbox; ${held}.`);
    else this.#tell(client, 'package', asked, `The package mirror inside the sandbox has no ${asked}; ${held}.`);
  }

  #tell(client: Uint8Array, kind: MirrorEvent['kind'], asked: string, line: string): void {
    const key = `${client.join('.')} ${kind} ${asked}`;
    const now = this.now();
    const before = this.#told.get(key);
    if (before !== undefined && now - before < REPEAT_MS) return;
    this.#told.delete(key);
    this.#told.set(key, now);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
    const event = { node: nodeAt(client) ?? 0, kind, asked, line };
    for (const watcher of this.#watchers) watcher(event);
  }
}

function noInternet(name: string): string {
  const names = [...mirrorHosts.keys()].filter((host) => !/^(security|files)\./.test(host));
  return `There is no internet here: ${name.slice(0, 100)} cannot be reached; ${names.join(', ')} answer from inside the sandbox.`;
}
