/**
 * The headers of a request as the server in the container gets them: those of the page, and those that a browser adds where no
 * service worker sees it.
 */
import { hostOf, isSame, type PortAddress, type PreviewOrigins } from './address.ts';
import type { PreviewRequest } from './messages.ts';

type Headers = PreviewRequest['headers'];

/** Ours to say, or about a connection that is not this one. */
const dropped =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|content-length|upgrade|expect|cookie|origin|referer|accept-encoding)$/;

export function guestHeaders(
  request: PreviewRequest,
  origins: PreviewOrigins,
  { from, to, cookie }: { from: PortAddress; to: PortAddress; cookie: string },
): Headers {
  const headers: Headers = [['Host', hostOf(to)]];
  for (const [name, value] of request.headers) if (!dropped.test(name.toLowerCase())) headers.push([name, value]);
  // Packing costs the emulated processor more than it saves.
  headers.push(['Accept-Encoding', 'identity']);
  const referer = asGuest(request.referrer, origins, from);
  if (referer) headers.push(['Referer', referer]);
  const crosses = request.mode === 'cors' && !isSame(from, to);
  if (crosses || !['GET', 'HEAD'].includes(request.method)) headers.push(['Origin', `http://${hostOf(from)}`]);
  if (cookie !== '') headers.push(['Cookie', cookie]);
  return headers;
}

/** An address on the preview's origin, as the container knows it. */
function asGuest(referrer: string, origins: PreviewOrigins, from: PortAddress): string | undefined {
  if (!URL.canParse(referrer)) return undefined;
  const url = new URL(referrer);
  const port = origins.meant(url, from);
  if (!port || url.pathname.startsWith('/__drydock')) return undefined;
  return `http://${hostOf(port)}${url.pathname}${url.search}`;
}
