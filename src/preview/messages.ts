/**
 * What goes between the app and its preview origin. The shell (our page there) greets the app by a window message, once;
 * everything after that goes over the port that the app answers with. What is previewed runs on the same origin as the
 * shell and can say whatever the shell can, so that the app takes nothing from there on trust: origin, shape and size of
 * each message are checked, and all that can be asked for is a request to a port that is published.
 */
import { isPipeMessage } from '#emulator/protocol.ts';

/** Shell to app, by window message. */
export interface Greeting {
  drydock: 'preview';
}

/** App to shell, over the port. */
export type AppMessage =
  | { kind: 'go'; path: string }
  | { kind: 'reload' }
  | { kind: 'back' }
  | { kind: 'forward' }
  /** To the shell of another port. */
  | { kind: 'leave'; url: string }
  /** The app is leaving: whoever wants to go on greets again. */
  | { kind: 'bye' };

/** Shell to app, over the port. */
export type ShellMessage =
  /** What the frame shows now. */
  | { kind: 'at'; path: string; title: string }
  /** A link to another port of the node, or to this one by the name that the container knows. */
  | { kind: 'open'; url: string }
  /** Comes with a port for its answer, see `AnswerMessage`. */
  | { kind: 'request'; request: PreviewRequest }
  /** There are no service workers here. */
  | { kind: 'unable'; reason: string };

/** A request as the service worker has it. */
export interface PreviewRequest {
  method: string;
  /** Absolute, on the preview's origin or, as pages write it, `http://localhost:8080/…`. */
  url: string;
  headers: [name: string, value: string][];
  /** Empty when the browser does not tell. */
  referrer: string;
  mode: string;
  destination: string;
  /** Whether a body follows in the request's pipe. */
  body: boolean;
  /** What the browser's own store has; undefined where workers have none. */
  cookies?: string;
}

/** For the browser's own store; expired ones are taken out of it. */
export interface SharedCookie {
  name: string;
  value: string;
  path: string;
  /** Undefined when it lasts as long as the browser. */
  expiresMs?: number;
}

/** App to service worker, over the request's port; the body follows in its pipe. */
export interface AnswerHeadMessage {
  kind: 'head';
  status: number;
  reason: string;
  headers: [name: string, value: string][];
  body: boolean;
  cookies?: SharedCookie[];
}

/** The one pipe of a request's port: the request's body in one direction, the answer's in the other. */
export const bodyPipe = 0;

/** Our own files on the preview's origin; every other path is the container's. */
export const ownPrefix = '/__drydock';
export const shellPath = `${ownPrefix}.html`;

const maxUrl = 64 << 10;
const maxHeaders = 200;
const maxPath = 64 << 10;

type Fields = Record<string, unknown>;

export function isGreeting(data: unknown): data is Greeting {
  return isObject(data) && data['drydock'] === 'preview';
}

export function readAppMessage(data: unknown): AppMessage | undefined {
  if (!isObject(data)) return undefined;
  switch (data['kind']) {
    case 'go':
      return isPath(data['path']) ? { kind: 'go', path: data['path'] } : undefined;
    case 'leave':
      return isText(data['url'], maxUrl) && URL.canParse(data['url']) ? { kind: 'leave', url: data['url'] } : undefined;
    case 'reload':
    case 'back':
    case 'forward':
    case 'bye':
      return { kind: data['kind'] };
    default:
      return undefined;
  }
}

/** The message with nothing else in it, or undefined when it is none of ours. */
export function readShellMessage(data: unknown): ShellMessage | undefined {
  if (!isObject(data)) return undefined;
  switch (data['kind']) {
    case 'at':
      return isPath(data['path']) && isText(data['title'], maxPath)
        ? { kind: 'at', path: data['path'], title: data['title'].slice(0, 200) }
        : undefined;
    case 'open':
      return isText(data['url'], maxUrl) && URL.canParse(data['url']) ? { kind: 'open', url: data['url'] } : undefined;
    case 'unable':
      return isText(data['reason'], 1000) ? { kind: 'unable', reason: data['reason'] } : undefined;
    case 'request': {
      const request = readRequest(data['request']);
      return request && { kind: 'request', request };
    }
    default:
      return undefined;
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;

export function readRequest(data: unknown): PreviewRequest | undefined {
  if (!isObject(data)) return undefined;
  const { method, url, headers, referrer, mode, destination, body, cookies } = data;
  if (!isText(method, 40) || !token.test(method) || method === 'CONNECT' || !isText(url, maxUrl) || !URL.canParse(url)) return undefined;
  if (!isText(referrer, maxUrl) || !isText(mode, 40) || !isText(destination, 40) || typeof body !== 'boolean') return undefined;
  if (cookies !== undefined && (!isText(cookies, maxUrl) || /[\0\r\n]/.test(cookies))) return undefined;
  const pairs = readHeaders(headers);
  return pairs && { method, url, headers: pairs, referrer, mode, destination, body, ...(cookies !== undefined && { cookies }) };
}

export function readAnswerHead(data: unknown): AnswerHeadMessage | undefined {
  if (!isObject(data) || data['kind'] !== 'head') return undefined;
  const { status, reason, body } = data;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const headers = readHeaders(data['headers']);
  if (!isText(reason, 4096) || typeof body !== 'boolean' || !headers) return undefined;
  const cookies = Array.isArray(data['cookies']) ? (data['cookies'] as unknown[]).filter(isSharedCookie) : undefined;
  return { kind: 'head', status, reason, headers, body, ...(cookies && { cookies }) };
}

function isSharedCookie(value: unknown): value is SharedCookie {
  if (!isObject(value)) return false;
  const { name, value: text, path, expiresMs } = value;
  return isText(name, 4096) && isText(text, 4096) && isText(path, 4096) && (expiresMs === undefined || typeof expiresMs === 'number');
}

export { isPipeMessage };

function readHeaders(value: unknown): [string, string][] | undefined {
  if (!Array.isArray(value) || value.length > maxHeaders) return undefined;
  const pairs: [string, string][] = [];
  for (const pair of value as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [name, text] = pair as [unknown, unknown];
    if (!isText(name, 200) || !token.test(name) || !isText(text, maxUrl) || /[\0\r\n]/.test(text)) return undefined;
    pairs.push([name, text]);
  }
  return pairs;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, limit: number): value is string {
  return typeof value === 'string' && value.length <= limit;
}

function isPath(value: unknown): value is string {
  return isText(value, maxPath) && value.startsWith('/');
}
