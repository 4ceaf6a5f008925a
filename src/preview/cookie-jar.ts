/**
 * The cookies of what is previewed. A service worker cannot set any with its answers. Those that scripts may see it puts into the
 * browser's own store, where it has one for workers; all others are kept here, for the whole node as browsers do, which do
 * not look at ports. Lost with the page.
 * Source: RFC 6265.
 */
export interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Infinity when it lasts as long as the page. */
  expiresMs: number;
  httpOnly: boolean;
}

const maxCookies = 180;
const maxBytes = 4096;

/** @param setCookie the value of one `Set-Cookie` header; undefined when it is none that a browser would take */
export function readSetCookie(setCookie: string, requestPath: string, nowMs: number): Cookie | undefined {
  if (setCookie.length > maxBytes || /[\0\r\n]/.test(setCookie)) return undefined;
  const [pair = '', ...attributes] = setCookie.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(equals, 0)).trim();
  const value = pair.slice(equals + 1).trim();
  if (name === '' && value === '') return undefined;
  const cookie: Cookie = { name, value, path: defaultPath(requestPath), expiresMs: Infinity, httpOnly: false };
  let maxAge: number | undefined;
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    const given = at < 0 ? '' : attribute.slice(at + 1).trim();
    if (key === 'path' && given.startsWith('/')) cookie.path = given;
    else if (key === 'httponly') cookie.httpOnly = true;
    else if (key === 'max-age' && /^-?\d{1,15}$/.test(given)) maxAge = Number(given);
    else if (key === 'expires' && !Number.isNaN(Date.parse(given))) cookie.expiresMs = Date.parse(given);
    // A server may speak for the host that it was asked as, and for no other.
    else if (key === 'domain' && given !== '' && !['localhost', '127.0.0.1'].includes(given.replace(/^\./, '').toLowerCase()))
      return undefined;
  }
  if (maxAge !== undefined) cookie.expiresMs = maxAge <= 0 ? -Infinity : nowMs + maxAge * 1000;
  return cookie;
}

export class CookieJar {
  /** By name and path; older ones first. */
  readonly #cookies = new Map<string, Cookie>();

  put(cookie: Cookie, nowMs: number): void {
    const key = `${cookie.name}\n${cookie.path}`;
    this.#cookies.delete(key);
    if (cookie.expiresMs <= nowMs) return;
    this.#cookies.set(key, cookie);
    for (const oldest of this.#cookies.keys()) {
      if (this.#cookies.size <= maxCookies) break;
      this.#cookies.delete(oldest);
    }
  }

  /** The value of the header `Cookie`; empty when there are none. Longer paths first. */
  header(path: string, nowMs: number): string {
    return this.#at(path, nowMs).map(pairOf).join('; ');
  }

  #at(path: string, nowMs: number): Cookie[] {
    const found: Cookie[] = [];
    for (const [key, cookie] of this.#cookies) {
      if (cookie.expiresMs <= nowMs) this.#cookies.delete(key);
      else if (pathMatches(path, cookie.path)) found.push(cookie);
    }
    return found.sort((a, b) => b.path.length - a.path.length);
  }
}

function pairOf({ name, value }: Cookie): string {
  return name === '' ? value : `${name}=${value}`;
}

function defaultPath(requestPath: string): string {
  const last = requestPath.lastIndexOf('/');
  return last <= 0 ? '/' : requestPath.slice(0, last);
}

function pathMatches(path: string, cookiePath: string): boolean {
  return path === cookiePath || (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'));
}
