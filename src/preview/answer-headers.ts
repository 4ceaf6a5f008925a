/**
 * What becomes of a container's headers on their way to the preview. They pass as they are, but for what is about the
 * connection, cookies (kept in the jar), what would keep the page out of our frame, and redirects to `localhost`.
 */
import type { AnswerHead } from '#engine/api/http1-answer.ts';

type Headers = AnswerHead['headers'];

/** About the connection, or without effect on what a service worker answers. */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Ours is the frame, whatever the page says of frames.
  'x-frame-options',
  // A document in a process group of its own would lose the frame's owner.
  'cross-origin-opener-policy',
  'cross-origin-embedder-policy',
]);
const policies = ['content-security-policy', 'content-security-policy-report-only'];

/** @param moved says where a redirect goes on the preview's origins */
export function previewHeaders(headers: Headers, moved: (location: string) => string): Headers {
  const kept: Headers = [];
  for (const [name, value] of headers) {
    if (dropped.has(name)) continue;
    if (policies.includes(name)) {
      const policy = framedPolicy(value);
      if (policy !== '') kept.push([name, policy]);
    } else if (name === 'location' || name === 'content-location') {
      kept.push([name, moved(value)]);
    } else {
      kept.push([name, value]);
    }
  }
  return kept;
}

/** A content security policy without what would keep the page out of our frame, or give it an origin that no worker serves. */
export function framedPolicy(value: string): string {
  return value
    .split(',')
    .map((policy) =>
      policy
        .split(';')
        .map((directive) => directive.trim())
        .filter((directive) => !/^(|frame-ancestors|sandbox|report-uri|report-to)(\s|$)/i.test(directive))
        .join('; '),
    )
    .filter((policy) => policy !== '')
    .join(', ');
}

/** How a body is packed that the browser would unpack itself if it had fetched it; undefined when it is not packed. */
export function packing(headers: Headers): 'gzip' | 'deflate' | undefined {
  const encodings = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value.trim().toLowerCase());
  if (encodings.length !== 1) return undefined;
  if (encodings[0] === 'gzip' || encodings[0] === 'x-gzip') return 'gzip';
  return encodings[0] === 'deflate' ? 'deflate' : undefined;
}
