/**
 * Image references: `[domain/]path[:tag][@digest]`. Parses what people type into full names
 * (`busybox` → `docker.io/library/busybox`) and back. Error messages are Docker's; used by engine and command line alike.
 * Source: distribution/reference.
 */
import { EngineError } from '../errors.ts';
import { pathMatch } from '../glob.ts';
import { digestProblem, isDigest } from './digest.ts';

/** A named reference. From `parseNormalizedNamed` the domain is never empty. */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

export const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';
const maxPathLength = 255;
/** Longer input is refused unread, so that matching stays cheap. */
const maxInputLength = 4096;

const alphanumeric = '[a-z0-9]+';
const separator = '(?:[._]|__|[-]+)';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[(?:[a-fA-F0-9:]+)\\])`;
const domainAndPort = `${host}(?::[0-9]+)?`;
const pathComponent = `${alphanumeric}(?:${separator}${alphanumeric})*`;
const remoteName = `${pathComponent}(?:/${pathComponent})*`;
const tag = '[\\w][\\w.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9a-fA-F]{32,}';

const referencePattern = new RegExp(`^((?:${domainAndPort}/)?${remoteName})(?::(${tag}))?(?:@(${digest}))?$`);
const namePattern = new RegExp(`^(?:(${domainAndPort})/)?(${remoteName})$`);
const tagPattern = new RegExp(`^${tag}$`);
const digestPattern = new RegExp(`^${digest}$`);
const identifierPattern = /^[a-f0-9]{64}$/;

/** Parses the grammar as it stands, without default domain. Prefer `parseNormalizedNamed`. */
export function parseReference(text: string): Reference {
  const matched = text.length > maxInputLength ? null : referencePattern.exec(text);
  if (!matched) {
    if (text === '') throw invalid('repository name must have at least one component');
    const inLowerCase = text.length <= maxInputLength && referencePattern.test(text.toLowerCase());
    throw invalid(inLowerCase ? 'repository name must be lowercase' : 'invalid reference format');
  }
  const [, name = '', tagText, digestText] = matched;
  const [, domain = '', path = name] = namePattern.exec(name) ?? [];
  if (path.length > maxPathLength) throw invalid(`repository name must not be more than ${maxPathLength} characters`);
  const problem = digestText === undefined ? undefined : digestProblem(digestText);
  if (problem) throw invalid(problem);
  return { domain, path, tag: tagText, digest: digestText };
}

/** Parses what a person types: `busybox` is `docker.io/library/busybox`. */
export function parseNormalizedNamed(text: string): Reference {
  if (identifierPattern.test(text)) throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [domain, remainder] = splitDomain(text);
  const remote = remainder.split(':', 1)[0]!;
  if (remote.toLowerCase() !== remote) throw invalid(`invalid reference format: repository name (${remote}) must be lowercase`);
  return parseReference(`${domain}/${remainder}`);
}

export type AnyReference = { kind: 'digest'; digest: string } | { kind: 'named'; reference: Reference };

/** Also accepts a full image id, with or without `sha256:`. */
export function parseAnyReference(text: string): AnyReference {
  if (identifierPattern.test(text)) return { kind: 'digest', digest: `sha256:${text}` };
  if (isDigest(text)) return { kind: 'digest', digest: text };
  return { kind: 'named', reference: parseNormalizedNamed(text) };
}

export function withTag(reference: Reference, newTag: string): Reference {
  if (!tagPattern.test(newTag)) throw invalid('invalid tag format');
  return { ...reference, tag: newTag };
}

export function withDigest(reference: Reference, newDigest: string): Reference {
  if (!digestPattern.test(newDigest)) throw invalid('invalid digest format');
  return { ...reference, digest: newDigest };
}

/** The repository alone. */
export function trimNamed({ domain, path }: Reference): Reference {
  return { domain, path };
}

/** Adds `latest` when there is neither tag nor digest. */
export function tagNameOnly(reference: Reference): Reference {
  return isNameOnly(reference) ? { ...reference, tag: 'latest' } : reference;
}

export function isNameOnly(reference: Reference): boolean {
  return reference.tag === undefined && reference.digest === undefined;
}

/** `docker.io/library/busybox`. */
export function fullName({ domain, path }: Reference): string {
  return domain === '' ? path : `${domain}/${path}`;
}

/** `docker.io/library/busybox:latest`. */
export function fullString(reference: Reference): string {
  return fullName(reference) + suffix(reference);
}

/** `busybox`. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== defaultDomain) return fullName({ domain, path });
  const official = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : undefined;
  return official !== undefined && !official.includes('/') ? official : path;
}

/** `busybox:latest`. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

/**
 * True when a shell pattern (`busy*:latest`) matches the familiar form, with or without tag.
 *
 * @throws EngineError `invalid-parameter` `syntax error in pattern`
 */
export function familiarMatch(pattern: string, reference: Reference): boolean {
  return pathMatch(pattern, familiarString(reference)) || pathMatch(pattern, familiarName(reference));
}

function suffix(reference: Reference): string {
  return (reference.tag === undefined ? '' : `:${reference.tag}`) + (reference.digest === undefined ? '' : `@${reference.digest}`);
}

function splitDomain(name: string): [domain: string, remainder: string] {
  const slash = name.indexOf('/');
  if (slash < 0) return [defaultDomain, officialPrefix + name];
  const first = name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const domain = first === legacyDomain || !isDomain ? defaultDomain : first;
  const remainder = isDomain ? rest : name;
  return [domain, domain === defaultDomain && !remainder.includes('/') ? officialPrefix + remainder : remainder];
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
