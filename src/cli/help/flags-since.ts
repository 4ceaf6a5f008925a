/**
 * Flags that older clients do not have, with the client's version that brought each. Sources: release notes of Docker Engine
 * 25.0, 27.0, 28.0 to 28.2; which API version they need is in the entries' own `needs`.
 */
import { compareVersions } from '#engine/api/version.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import type { HelpEntry } from './help-data.ts';

const since: Record<string, Record<string, string>> = {
  'container create': { 'health-start-interval': '25.0', 'use-api-socket': '28.2' },
  'container run': { 'health-start-interval': '25.0', 'use-api-socket': '28.2' },
  'image history': { platform: '28.0' },
  'image inspect': { platform: '28.1' },
  'image load': { platform: '28.0' },
  'image ls': { tree: '27.0' },
  'image push': { platform: '27.0' },
  'image rm': { platform: '28.2' },
  'image save': { platform: '28.0' },
  'network connect': { 'gw-priority': '28.0' },
  'network create': { ipv4: '28.0' },
};

/** Whether it depends on the client's version what the command has. */
export function dependsOnClient(entry: HelpEntry): boolean {
  return since[entry.canonical] !== undefined;
}

/** The first flag used that a client of this version does not know. */
export function unknownFlag(entry: HelpEntry, flags: ParsedFlags, version: string): string | undefined {
  return Object.keys(since[entry.canonical] ?? {}).find((name) => flags.changed(name) && isNewer(entry, name, version));
}

/** The entry as a client of this version has it. */
export function asOf(entry: HelpEntry, version: string): HelpEntry {
  return dependsOnClient(entry) ? { ...entry, flags: entry.flags.filter(({ name }) => !isNewer(entry, name, version)) } : entry;
}

function isNewer(entry: HelpEntry, flag: string, version: string): boolean {
  const first = since[entry.canonical]?.[flag];
  return first !== undefined && compareVersions(first, version) > 0;
}
