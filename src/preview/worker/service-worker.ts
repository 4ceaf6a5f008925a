/**
 * The service worker of a preview origin: every request of what is previewed goes to the app, through the shell page that
 * the app keeps open here. It keeps nothing, so that it may be stopped and started by the browser at any time.
 */
import { ownPrefix, readAnswerHead, shellPath, type PreviewRequest, type SharedCookie } from '../messages.ts';
import { piecesOf, pour, RequestPort, streamOf } from '../request-port.ts';

declare const self: ServiceWorkerGlobalScope;

/** How long the shell is waited for when the page asks before it is there: it is loading again, or the app is. */
const shellLimitMs = 5000;
const loopback = ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'];
/** Answers that have no body, whatever was sent with them. */
const bodiless = [204, 205, 304];

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const here = url.origin === self.location.origin;
  if (here && url.pathname.startsWith(ownPrefix)) return;
  // What pages of this node mean by localhost is the node; the rest of the world is the browser's own affair.
  if (!here && !(url.protocol === 'http:' && loopback.includes(url.hostname))) return;
  // A page of a container has no say over this origin's workers.
  if (event.request.headers.get('Service-Worker') === 'script') return event.respondWith(new Response(null, { status: 403 }));
  event.respondWith(answer(event.request));
});

async function answer(request: Request): Promise<Response> {
  const shell = await findShell();
  if (!shell) return unreachable(request);
  const body = await bodyOf(request);
  const asked: PreviewRequest = {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    referrer: request.referrer,
    mode: request.mode,
    destination: request.destination,
    body: body !== undefined,
    ...(await storedCookies(request)),
  };
  const { port1, port2 } = new MessageChannel();
  const port = new RequestPort(port1);
  const head = new Promise<ReturnType<typeof readAnswerHead>>((resolve) => {
    port.onHead((data) => resolve(readAnswerHead(data)));
    // A shell that goes takes the answer with it.
    port1.addEventListener('close', () => {
      resolve(undefined);
      port.close('the preview was closed');
    });
  });
  request.signal.addEventListener('abort', () => port.receiver.cancel());
  shell.postMessage({ kind: 'request', request: asked }, [port2]);
  if (body) void pour(body, port.sender);
  const answered = await head;
  if (!answered) return Response.error();
  const { status, reason, headers, cookies } = answered;
  // Before the page's scripts can look.
  if (cookies) await Promise.all(cookies.map(store));
  const empty = !answered.body || bodiless.includes(status);
  // Not at once: the last word on its way would be lost.
  const over = (): void => void setTimeout(() => port1.close(), 1000);
  if (empty) {
    port.receiver.cancel();
    if (!body) over();
  }
  const stream = empty ? null : streamOf(port.receiver, over);
  return new Response(stream, { status, statusText: /^[\t\x20-\x7e]*$/.test(reason) ? reason : '', headers });
}

/** What the page's scripts see as well. Not every browser has a store for workers. */
async function storedCookies(request: Request): Promise<{ cookies?: string }> {
  if (!('cookieStore' in self)) return {};
  const here = new URL(request.url).origin === self.location.origin;
  const found = await self.cookieStore.getAll(here ? { url: request.url } : {}).catch(() => []);
  return { cookies: found.map(({ name, value }) => (name ? `${name}=${value ?? ''}` : (value ?? ''))).join('; ') };
}

async function store({ name, value, path, expiresMs }: SharedCookie): Promise<void> {
  const expired = expiresMs !== undefined && !(expiresMs > Date.now());
  const cookie = { name, value, path, expires: expiresMs ?? null, sameSite: 'lax' as const };
  // What the browser refuses, it would have refused from a header.
  await (expired ? self.cookieStore.delete({ name, path }) : self.cookieStore.set(cookie)).catch(() => {});
}

/** Not every browser streams a request's body to a service worker; then it is read whole. */
async function bodyOf(request: Request): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  if (request.body) return piecesOf(request.body);
  const bytes = new Uint8Array(await request.arrayBuffer());
  return bytes.length > 0 ? piecesOf(new Blob([bytes]).stream()) : undefined;
}

async function findShell(): Promise<WindowClient | undefined> {
  const giveUpMs = performance.now() + shellLimitMs;
  for (;;) {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const shell = windows.find(({ url }) => new URL(url).pathname === shellPath);
    if (shell || performance.now() > giveUpMs) return shell;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The app's tab is gone: nobody here knows more. */
function unreachable(request: Request): Response {
  if (request.mode !== 'navigate') return Response.error();
  const html =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">' +
    '<title>Drydock is closed</title><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem}h1{font:600 1.4rem/1.3 Georgia,serif}</style>' +
    '<h1>The tab with the machine is closed</h1><p>This page comes from a container that runs in a tab of Drydock. Open it from there again.</p></html>';
  return new Response(html, { status: 503, headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' } });
}
