/**
 * Between ports of a node the browser's rule of origins holds, as it does on a host: a page of 8080 reads what 8081 answers only when
 * that allows it. The browser itself does not see that two ports take part, since our worker answers for both.
 * Source: the Fetch standard, "CORS check" and "CORS-preflight fetch".
 */
import { headerOf, type AnswerHead } from '#engine/api/http1-answer.ts';
import type { PreviewRequest } from './messages.ts';

const simpleMethods = ['GET', 'HEAD', 'POST'];
const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
/** What the browser adds by itself needs no leave. */
const simpleHeaders =
  /^(accept|accept-language|content-language|range|user-agent|sec-.*|upgrade-insecure-requests|cache-control|pragma|dnt|priority|purpose|save-data)$/i;

/** Names of headers that need leave; undefined when the request needs none at all. */
export function preflightFor({ method, headers, mode }: PreviewRequest): string[] | undefined {
  if (mode !== 'cors') return undefined;
  const asked = headers
    .filter(([name, value]) => !simpleHeaders.test(name) && !(name.toLowerCase() === 'content-type' && isSimpleType(value)))
    .map(([name]) => name.toLowerCase())
    .sort();
  return asked.length > 0 || !simpleMethods.includes(method) ? asked : undefined;
}

/** Whether the answer of a preflight allows the request. */
export function preflightAllows(answer: AnswerHead, origin: string, method: string, headers: readonly string[]): boolean {
  if (answer.status < 200 || answer.status > 299 || !allows(answer.headers, origin)) return false;
  const listed = (name: string): string[] => (headerOf(answer.headers, name) ?? '').split(',').map((each) => each.trim());
  const methods = listed('access-control-allow-methods');
  const names = listed('access-control-allow-headers').map((name) => name.toLowerCase());
  if (!simpleMethods.includes(method) && !methods.includes(method) && !methods.includes('*')) return false;
  return headers.every((name) => names.includes(name) || (names.includes('*') && name !== 'authorization'));
}

/** Whether an answer may be read by a page of `origin`. */
export function allows(headers: AnswerHead['headers'], origin: string): boolean {
  const allowed = headerOf(headers, 'access-control-allow-origin');
  return allowed === '*' || allowed === origin;
}

function isSimpleType(value: string): boolean {
  return simpleTypes.includes((value.split(';')[0] ?? '').trim().toLowerCase());
}
