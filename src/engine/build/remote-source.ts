/**
 * ADD from a URL, as far as the host may reach it: in a browser, what its server allows by CORS.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError, messageOf } from '../errors.ts';
import { concatBytes } from '../bytes.ts';
import type { RegistryTransport } from '../image/registry-port.ts';

const maxBytes = 512 << 20;
const maxRedirects = 10;

export interface RemoteFile {
  bytes: Uint8Array;
  /** From `Last-Modified`; 0 when the server does not say. */
  modifiedMs: number;
}

/** @throws EngineError with one line that says why it cannot be had */
export async function fetchFile(transport: RegistryTransport, url: string, cancellation: Cancellation): Promise<RemoteFile> {
  let at = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const { scheme, host, path } = parseUrl(at);
    let answer;
    try {
      answer = await transport.request({ method: 'GET', host, scheme, path, headers: {}, cancellation });
    } catch (error) {
      cancellation.check();
      throw new EngineError('unavailable', `failed to load cache key: ${messageOf(error)}`, { cause: error });
    }
    const location = answer.headers['location'];
    if (answer.status >= 300 && answer.status < 400 && location) {
      at = location.startsWith('/') ? `${scheme}://${host}${location}` : location;
      continue;
    }
    if (answer.status !== 200)
      throw new EngineError('invalid-parameter', `failed to load cache key: invalid response status ${answer.status}`);
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      length += chunk.length;
      if (length > maxBytes) throw new EngineError('invalid-parameter', `${url} is larger than ${maxBytes} bytes`);
      pieces.push(chunk);
    }
    const modified = parseHttpDate(answer.headers['last-modified'] ?? '');
    return { bytes: concatBytes(pieces), modifiedMs: modified };
  }
  throw new EngineError(
    'invalid-parameter',
    `failed to load cache key: Get ${JSON.stringify(url)}: stopped after ${maxRedirects} redirects`,
  );
}

function parseUrl(url: string): { scheme: 'http' | 'https'; host: string; path: string } {
  const [, scheme, host, path = ''] = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(url) ?? [];
  if (scheme === undefined || host === undefined || host.includes('@'))
    throw new EngineError('invalid-parameter', `invalid URL ${JSON.stringify(url)}`);
  return { scheme: scheme.toLowerCase() as 'http' | 'https', host, path: path.startsWith('/') ? path : `/${path}` };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Wed, 21 Oct 2015 07:28:00 GMT`; 0 for anything else. */
function parseHttpDate(text: string): number {
  const [, day, month, year, hours, minutes, seconds] = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text) ?? [];
  const index = months.indexOf(month ?? '');
  if (index < 0) return 0;
  return Date.UTC(Number(year), index, Number(day), Number(hours), Number(minutes), Number(seconds));
}
