/** Prints what happens in the daemon, as it happens. Source: docker/cli cli/command/system/events.go. */
import { messageOf } from '#engine/errors.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { Template } from '../format/gotemplate/template.ts';
import { compareStrings, GoMap, GoList, JsonNumber, type GoValue } from '../format/gotemplate/value.ts';
import { readJson } from '../format/json-text.ts';
import { typed } from '../inspect/go-types.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import { parseTime } from '../options/time.ts';
import { responseLines } from '../response-text.ts';

const BAD_TEMPLATE = 64;

/** @cli  Y  docker system events  "Get real time events from the server" */
export const eventsCommand: Command = {
  path: ['system', 'events'],
  async run(context) {
    const { flags, environment } = context;
    const template = templateOf(flags.string('format'));
    const filters = flags.value<Filters>('filter');
    const time = (name: string): string | undefined => {
      const text = flags.string(name);
      return text === '' ? undefined : parseTime(text, environment.clock.now());
    };
    const query = {
      filters: filtersParameter(filters),
      since: time('since'),
      until: time('until'),
    };
    for await (const line of responseLines(await context.api(), '/events', { query })) {
      const event = plain(readJson(line)) as Event;
      await context.out(template ? `${template.run(typed('events.Message', event))}\n` : eventText(event));
    }
  },
};

/** Nanoseconds do not fit a JavaScript number: whole numbers are bigint. */
interface Event {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> | null };
  time?: bigint;
  timeNano?: bigint;
}

/** `2026-11-23T19:40:03.000000000Z container start 0123… (image=busybox, name=web)`. */
export function eventText(event: Event): string {
  const nanoseconds = event.timeNano || (event.time ?? 0n) * 1_000_000_000n;
  const time = nanoseconds === 0n ? '' : `${nanosecondTime(nanoseconds)} `;
  const attributes = Object.entries(event.Actor.Attributes ?? {}).sort(([a], [b]) => compareStrings(a, b));
  const list = attributes.length === 0 ? '' : ` (${attributes.map(([key, value]) => `${key}=${value}`).join(', ')})`;
  return `${time}${event.Type} ${event.Action} ${event.Actor.ID}${list}\n`;
}

function nanosecondTime(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds / 1_000_000_000n);
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

function templateOf(format: string): Template | undefined {
  if (format === '') return undefined;
  try {
    const template = new Template(format === 'json' ? '{{json .}}' : format);
    // A name that events do not have is said before there is one.
    template.run(typed('*events.Message', {}));
    return template;
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE, `Error parsing format: ${messageOf(error)}`, { cause: error });
  }
}

/** A document as JavaScript has it, but with whole numbers exact. */
function plain(value: GoValue): unknown {
  if (value instanceof JsonNumber) return /^-?\d+$/.test(value.text) ? BigInt(value.text) : Number(value.text);
  if (value instanceof GoList) return value.elements.map(plain);
  if (value instanceof GoMap) return Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry)]));
  return value;
}
