/**
 * Which Docker Engine this one behaves as: what the package `docker-ce` that is installed says. Read when the engine
 * starts and not again, so another package counts from the next start on. `docs/engine-versions.md` lists what changes.
 */
import { compareVersions } from './api/version.ts';
import { EngineError, messageOf } from './errors.ts';

export interface EngineRelease {
  /** Docker's: `28.2.2`. */
  version: string;
  /** The newest API version that it speaks, and the oldest. */
  apiVersion: string;
  minApiVersion: string;
  /** As `docker version` shows them: of this program, not of Docker's. */
  gitCommit: string;
  buildTime: string;
  /** What it does that other releases do not, beyond what follows from the API version. */
  behaviours: ReleaseBehaviour[];
}

/**
 * - `dns-names`: `inspect` lists the names of an endpoint (25.0).
 * - `gateway-priority`: `inspect` shows the priority of an endpoint (28.0).
 * - `removal-names-container`: what refuses to be removed is called by its name (25.0), before by its whole id.
 * - `firewall-backend`: `info` names it (API 1.49).
 */
const known = ['dns-names', 'gateway-priority', 'removal-names-container', 'firewall-backend'] as const;
export type ReleaseBehaviour = (typeof known)[number];

/** What this program keeps to when no package says anything else. */
export const newestRelease: EngineRelease = {
  version: '28.2.2',
  apiVersion: '1.50',
  minApiVersion: '1.24',
  gitCommit: 'drydock',
  buildTime: '',
  behaviours: [...known],
};

/** A release says a few lines; what is larger is none. */
export const MAX_RELEASE_BYTES = 4096;

/** @throws EngineError `system` that says what is wrong with the file */
export function parseRelease(bytes: Uint8Array): EngineRelease {
  if (bytes.length > MAX_RELEASE_BYTES) throw bad('it is too large');
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad(messageOf(error), error);
  }
  return checkRelease(read);
}

/** @param read JSON of a file, or of a session that was saved */
export function checkRelease(read: unknown): EngineRelease {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw bad('it is no object');
  const fields = read as Record<string, unknown>;
  const text = (name: string, form: RegExp): string => {
    const value = fields[name] ?? '';
    if (typeof value !== 'string' || !form.test(value)) throw bad(`${name} is not valid`);
    return value;
  };
  const release: EngineRelease = {
    version: text('version', /^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
    apiVersion: text('apiVersion', apiVersionForm),
    minApiVersion: text('minApiVersion', apiVersionForm),
    gitCommit: text('gitCommit', /^[\w.-]{0,64}$/),
    buildTime: text('buildTime', /^[\w:.+-]{0,64}$/),
    behaviours: behavioursOf(fields['behaviours'] ?? []),
  };
  // It may be older than this program, but what is newer nobody has written.
  if (compareVersions(release.apiVersion, newestRelease.apiVersion) > 0) throw bad(`apiVersion ${release.apiVersion} is not known`);
  if (compareVersions(release.minApiVersion, release.apiVersion) > 0) throw bad('minApiVersion is above apiVersion');
  return release;
}

const apiVersionForm = /^1\.\d{1,3}$/;

function behavioursOf(value: unknown): ReleaseBehaviour[] {
  if (!Array.isArray(value)) throw bad('behaviours is no list');
  const unknown = value.find((name) => !(known as readonly unknown[]).includes(name));
  if (unknown !== undefined) throw bad(`behaviour ${JSON.stringify(unknown).slice(0, 60)} is not known`);
  return known.filter((name) => value.includes(name));
}

function bad(why: string, cause?: unknown): EngineError {
  return new EngineError('system', `the engine's release cannot be read: ${why}`, { cause });
}
