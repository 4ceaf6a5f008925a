/**
 * What happened, as `docker events` shows it: the last 256 events and whoever listens. Nouns call
 * `log`; `api/routes/system.ts` streams. Never asks anybody anything.
 * Source: moby daemon/events.
 */
import { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Filters } from './filters.ts';
import { familiarName, parseNormalizedNamed } from './oci/reference.ts';
import { unixNano } from './time.ts';

export type EventType =
  'builder' | 'config' | 'container' | 'daemon' | 'image' | 'network' | 'node' | 'plugin' | 'secret' | 'service' | 'volume';

export interface EngineEvent {
  type: EventType;
  /** Docker's word: `create`, `die`, `exec_start: sh -c …`. */
  action: string;
  actorId: string;
  attributes: Record<string, string>;
  timeMs: number;
  timeNano: number;
}

export interface EventQuery {
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
  filters?: Filters;
}

const kept = 256;
/** A listener that falls this far behind loses events, as in Docker; they can be asked for again with `since`. */
const listenerCapacity = 1024;

export class Events {
  readonly #clock: Clock;
  #events: EngineEvent[] = [];
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #streams = new Set<Channel<EngineEvent>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  log(type: EventType, action: string, actorId: string, attributes: Record<string, string> = {}): void {
    const timeMs = this.#clock.now();
    const event = { type, action, actorId, attributes: { ...attributes }, timeMs, timeNano: unixNano(timeMs) };
    this.#events.push(event);
    if (this.#events.length > kept) this.#events.shift();
    for (const listener of [...this.#listeners]) listener(event);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Calls back on every new event; the returned function stops it. */
  listen(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Kept events of a span of time, oldest first; none when neither end is given. */
  past({ sinceMs, untilMs, filters }: EventQuery): EngineEvent[] {
    if (sinceMs === undefined && untilMs === undefined) return [];
    const from = sinceMs === undefined ? 0 : unixNano(sinceMs);
    const to = untilMs === undefined ? Infinity : unixNano(untilMs);
    return this.#events.filter((event) => event.timeNano >= from && event.timeNano <= to && includes(filters, event));
  }

  /** Kept events since then, and those that follow, until `untilMs` or the reader leaves. */
  stream(query: EventQuery): AsyncIterable<EngineEvent> {
    const past = this.past(query);
    let stop = (): void => {};
    const channel = new Channel<EngineEvent>({ capacity: listenerCapacity + past.length, onClose: () => stop() });
    for (const event of past) channel.push(event);
    const now = this.#clock.now();
    if (query.untilMs !== undefined && query.untilMs < now) {
      channel.end();
      return channel;
    }
    const deaf = this.listen((event) => {
      if (includes(query.filters, event)) channel.push(event);
    });
    this.#streams.add(channel);
    stop = () => {
      deaf();
      this.#streams.delete(channel);
      cancel?.();
    };
    const cancel = query.untilMs === undefined ? undefined : this.#clock.after(query.untilMs - now, () => (stop(), channel.end()));
    return channel;
  }

  /** Ends every stream and forgets the past: the daemon stops. */
  close(): void {
    this.#events = [];
    for (const channel of this.#streams) channel.end();
    this.#streams.clear();
    this.#listeners.clear();
  }

  /** For a saved session. */
  save(): EngineEvent[] {
    return this.#events.slice();
  }

  restore(events: readonly EngineEvent[]): void {
    this.#events = events.slice(-kept);
  }

  describe(): string {
    return this.#events.map((event) => `${event.type} ${event.action} ${event.actorId.slice(0, 12)}`).join('\n');
  }
}

/** Event types that may be picked by the id or name of what the event is about. */
const namedTypes = ['daemon', 'container', 'plugin', 'volume', 'network', 'node', 'service', 'secret', 'config'] as const;
/** Actions that carry a command or state after a colon, and may be asked for without it. */
const openActions = ['health_status', 'exec_create', 'exec_start'];

function includes(filters: Filters | undefined, event: EngineEvent): boolean {
  if (!filters || filters.size === 0) return true;
  const { actorId, attributes, action, type } = event;
  const name = attributes['name'] ?? '';
  const open = filters.get('event').some((wanted) => openActions.includes(wanted));
  if (!(open ? filters.prefix('event', action) : filters.exact('event', action))) return false;
  if (!filters.exact('type', type) || !filters.exact('scope', 'local')) return false;
  if (!namedTypes.every((noun) => filters.prefix(noun, actorId) || filters.prefix(noun, name))) return false;
  const image = attributes[type === 'image' ? 'name' : 'image'] ?? '';
  if (![actorId, image, withoutTag(actorId), withoutTag(image)].some((value) => filters.exact('image', value))) return false;
  return filters.pairs('label', attributes);
}

function withoutTag(image: string): string {
  try {
    return familiarName(parseNormalizedNamed(image));
  } catch {
    return image;
  }
}
