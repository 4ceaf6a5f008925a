/**
 * What a registry's refusal means: its own error code and message where it sent some, else what its status says. The words
 * and which refusals are final are Docker's.
 * Source: distribution registry/client/errors.go and registry/api; moby distribution/errors.go.
 */
import { concatBytes } from '../bytes.ts';
import { EngineError, type ErrorKind } from '../errors.ts';
import { parseChallenges } from './registry-challenge.ts';
import type { RegistryResponse } from './registry-port.ts';

/** Errors, tokens and tag lists are small. */
export const maxAnswerBytes = 1 << 20;
/** As much of a page of HTML as an error quotes. */
const maxQuoted = 2000;

/** Codes that registries use, and what they say where they say no more. */
const messages: Record<string, string> = {
  UNKNOWN: 'unknown error',
  UNSUPPORTED: 'The operation is unsupported.',
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
  UNAVAILABLE: 'service unavailable',
  TOOMANYREQUESTS: 'too many requests',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  SIZE_INVALID: 'provided length did not match content length',
  RANGE_INVALID: 'invalid content range',
  NAME_INVALID: 'invalid repository name',
  TAG_INVALID: 'manifest tag did not match URI',
  NAME_UNKNOWN: 'repository name not known to registry',
  MANIFEST_UNKNOWN: 'manifest unknown',
  MANIFEST_INVALID: 'manifest invalid',
  MANIFEST_UNVERIFIED: 'manifest failed signature verification',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  PAGINATION_NUMBER_INVALID: 'invalid number of results requested',
};

/** Asking again brings the same answer. */
const finalCodes = ['UNAUTHORIZED', 'UNSUPPORTED', 'DENIED', 'TOOMANYREQUESTS', 'NAME_UNKNOWN'];

export class RegistryError extends EngineError {
  constructor(
    kind: ErrorKind,
    /** `MANIFEST_UNKNOWN`; empty when it is no error of the protocol. */
    readonly code: string,
    /** Without the code. */
    readonly detail: string,
    /** Asking again makes no sense. */
    readonly isFinal: boolean,
  ) {
    super(kind, code === '' ? detail : `${codeText(code)}: ${detail}`);
  }
}

/** `requested access…` for `DENIED`, as an error. */
export function codedError(code: string, message = ''): RegistryError {
  const known = Object.hasOwn(messages, code) ? code : 'UNKNOWN';
  return new RegistryError('unknown', known, message || messages[known]!, finalCodes.includes(known));
}

/** What an answer that is none of the expected ones means. Reads its body. */
export async function refusalOf(answer: RegistryResponse): Promise<RegistryError> {
  if (answer.status < 400 || answer.status >= 500) {
    await discard(answer);
    return new RegistryError('unknown', '', `received unexpected HTTP status: ${statusText(answer.status)}`, false);
  }
  for (const { scheme, parameters } of answer.status === 401 ? parseChallenges(answer.headers['www-authenticate']) : []) {
    const code = { invalid_token: 'UNAUTHORIZED', insufficient_scope: 'DENIED' }[parameters['error'] ?? ''];
    if (scheme !== 'bearer' || code === undefined) continue;
    await discard(answer);
    return codedError(code, parameters['error_description']);
  }
  return fromBody(answer, await readText(answer));
}

function fromBody({ status, headers }: RegistryResponse, text: string): RegistryError {
  const byStatus = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' }[status] ?? 'UNKNOWN';
  const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/vnd.api+json') return codedError(byStatus, text.trim().slice(0, maxQuoted));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return strange(status, 'invalid JSON', text);
  }
  if (!isObject(parsed)) return strange(status, 'invalid JSON', text);
  if (typeof parsed['details'] === 'string' && parsed['details'] !== '') return codedError(byStatus, parsed['details']);
  const first: unknown = Array.isArray(parsed['errors']) ? parsed['errors'][0] : undefined;
  if (!isObject(first)) return strange(status, 'no error details found in HTTP response body', text);
  const { code, message } = first;
  return codedError(typeof code === 'string' ? code : '', typeof message === 'string' ? message : '');
}

function strange(status: number, problem: string, text: string): RegistryError {
  if (status === 401) return codedError('UNAUTHORIZED');
  const quoted = JSON.stringify(text.slice(0, maxQuoted));
  return new RegistryError('unknown', '', `error parsing HTTP ${status} response body: ${problem}: ${quoted}`, true);
}

/** `manifest unknown` for `MANIFEST_UNKNOWN`. */
function codeText(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  416: 'Requested Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** `404 Not Found`. */
export function statusText(status: number): string {
  return Object.hasOwn(reasons, status) ? `${status} ${reasons[status]}` : String(status);
}

/** A whole answer. @throws EngineError past the limit */
export async function readAnswer(answer: RegistryResponse, limitBytes = maxAnswerBytes): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > limitBytes) throw new EngineError('unknown', `answer of the registry is larger than ${limitBytes} bytes`);
    parts.push(chunk);
  }
  return concatBytes(parts);
}

/** Lets go of an answer whose body nobody needs. */
export async function discard(answer: RegistryResponse): Promise<void> {
  await answer.body[Symbol.asyncIterator]().return?.();
}

/** An error's body; one that breaks off or has no end says nothing. */
async function readText(answer: RegistryResponse): Promise<string> {
  return new TextDecoder().decode(await readAnswer(answer).catch(() => new Uint8Array()));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
