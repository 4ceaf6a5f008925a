/**
 * Our page on a preview's origin, in a pane of the app or in a tab of its own. It keeps the frame with the container's page and
 * carries the service worker's requests to the app. The address says which app: `?app=<origin>#<path>`; the origin's own list
 * says which apps there are.
 */
import { isObject, readAppMessage, readRequest, shellPath, type Greeting, type ShellMessage } from './messages.ts';

const params = new URLSearchParams(location.search);
const app = params.get('app') ?? '';
const inPane = window.parent !== window;
const says = document.querySelector('p')!;
const frame = document.querySelector('iframe')!;
/** How often the frame is looked at: a page that it shows does not tell. */
const lookMs = 150;
const greetMs = 1000;

let port: MessagePort | undefined;
/** Requests that came while no app was there. */
let early: { data: unknown; port: MessagePort }[] = [];
/** What was shown, and where in it we are; the browser's own history is the tab's. */
let paths: string[] = [];
let at = -1;
let shown = '';
let hooked: Document | undefined;

void begin();

async function begin(): Promise<void> {
  const config: unknown = await (await fetch('/__drydock.json')).json();
  const apps: unknown = isObject(config) ? config['apps'] : undefined;
  if (!Array.isArray(apps) || !apps.includes(app) || app === location.origin || (!inPane && !opener)) return explain();
  addEventListener('message', welcome);
  if (!('serviceWorker' in navigator)) return refuse('this browser has no service workers here');
  try {
    navigator.serviceWorker.onmessage = ({ data, ports }: MessageEvent<unknown>) => ports[0] && pass(data, ports[0]);
    navigator.serviceWorker.startMessages();
    await navigator.serviceWorker.register('/__drydock-worker.js', { scope: '/', updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    if (active && active.state !== 'activated')
      await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  await forget();
  frame.hidden = false;
  void show(location.hash.slice(1) || '/');
  greet();
  setInterval(look, lookMs);
  frame.addEventListener('load', look);
}

/** What a page of another port has kept here, when this origin showed that before. */
async function forget(): Promise<void> {
  const key = '__drydock';
  const of = params.get('of') ?? '';
  if (localStorage.getItem(key) === of) return;
  localStorage.clear();
  sessionStorage.clear();
  const databases = await indexedDB.databases();
  for (const { name } of databases) if (name !== undefined) indexedDB.deleteDatabase(name);
  for (const name of await caches.keys()) await caches.delete(name);
  localStorage.setItem(key, of);
}

/** The app, and for a tab that was opened by a page in a pane the app above that. */
function greet(): void {
  if (port) return;
  const greeting: Greeting = { drydock: 'preview' };
  if (inPane) parent.postMessage(greeting, app);
  else
    for (let window = opener as Window | null, up = 0; window && up < 4; window = window.opener as Window | null, up++)
      window.top?.postMessage(greeting, app);
  setTimeout(greet, greetMs);
}

function welcome({ origin, data, ports }: MessageEvent<unknown>): void {
  if (origin !== app || !isObject(data) || data['drydock'] !== 'app' || !ports[0]) return;
  port?.close();
  port = ports[0];
  port.onmessage = (event: MessageEvent<unknown>) => obey(event.data);
  // Where browsers tell: the app is gone, or has been loaded again.
  port.addEventListener('close', lost);
  for (const request of early) pass(request.data, request.port);
  early = [];
  shown = '';
  look();
}

function lost(): void {
  port = undefined;
  greet();
}

function pass(data: unknown, answer: MessagePort): void {
  const request = isObject(data) && data['kind'] === 'request' ? readRequest(data['request']) : undefined;
  if (!request) return answer.close();
  if (port) port.postMessage({ kind: 'request', request } satisfies ShellMessage, [answer]);
  else if (early.length < 100) early.push({ data, port: answer });
}

function obey(data: unknown): void {
  const message = readAppMessage(data);
  switch (message?.kind) {
    case 'go':
      return void show(message.path);
    case 'reload':
      return void show(paths[at] ?? '/', at);
    case 'back':
      if (at > 0) void show(paths[at - 1] ?? '/', at - 1);
      return;
    case 'forward':
      if (at < paths.length - 1) void show(paths[at + 1] ?? '/', at + 1);
      return;
    case 'leave':
      return location.replace(message.url);
    case 'bye':
      return lost();
    case undefined:
  }
}

/** Shows a path: a new one, or one of those that were shown. */
async function show(path: string, index = -1): Promise<void> {
  if (index >= 0) at = index;
  else remember(path);
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin || url.pathname.startsWith('/__drydock')) return;
  // A page of a container can take the worker away from its origin, but not put another in its place: we begin anew.
  if (!(await navigator.serviceWorker.getRegistration('/'))) {
    history.replaceState(null, '', `${location.pathname}${location.search}#${path}`);
    return location.reload();
  }
  const before = inner();
  if (before && before.location.href === url.href) before.location.reload();
  else if (before) before.location.replace(url);
  else frame.src = url.href;
}

function remember(path: string): void {
  if (paths[at] === path) return;
  paths = [...paths.slice(0, at + 1), path].slice(-100);
  at = paths.length - 1;
}

/** The frame's window while it shows something of this origin. */
function inner(): Window | undefined {
  try {
    const { contentWindow } = frame;
    return contentWindow && contentWindow.location.origin === location.origin ? contentWindow : undefined;
  } catch {
    return undefined;
  }
}

function look(): void {
  const window = inner();
  if (!window) return;
  if (window.document !== hooked && window.document.documentElement) hook(window);
  const { pathname, search, hash } = window.location;
  const path = `${pathname}${search}${hash}`;
  const title = window.document.title;
  if (`${path}\n${title}` === shown) return;
  shown = `${path}\n${title}`;
  remember(path);
  if (!inPane) {
    document.title = title || path;
    history.replaceState(null, '', `${location.pathname}${location.search}#${path}`);
  }
  port?.postMessage({ kind: 'at', path, title } satisfies ShellMessage);
}

/** Links that lead out of what the frame can show: to `localhost`, as the container's page knows itself, and into new tabs. */
function hook(window: Window): void {
  hooked = window.document;
  window.document.addEventListener('click', (event) => {
    const link = event.composedPath().find((target): target is HTMLAnchorElement => (target as Element).tagName === 'A');
    if (!link?.href || event.defaultPrevented) return;
    const url = new URL(link.href, window.location.href);
    const fresh =
      event.ctrlKey ||
      event.metaKey ||
      (link.target !== '' && link.target !== '_self' && link.target !== '_parent' && link.target !== '_top');
    if (url.origin === location.origin) {
      if (link.hasAttribute('download')) return;
      if (!fresh) {
        // Above the page is nothing that it may replace.
        if (link.target !== '') link.target = '_self';
        return;
      }
      event.preventDefault();
      open(`${shellPath}?${params}#${url.pathname}${url.search}${url.hash}`, '_blank');
    } else if (isNode(url)) {
      event.preventDefault();
      port?.postMessage({ kind: 'open', url: url.href } satisfies ShellMessage);
    } else if (!fresh) {
      link.target = '_blank';
      link.rel = 'noopener';
    }
  });
  window.document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    const url = new URL(form.action, window.location.href);
    // To the same place by the name that our worker answers to.
    if (isNode(url)) form.action = new URL(`${url.pathname}${url.search}`, location.origin).href;
  });
  interface NavigateEvent extends Event {
    destination: { url: string };
    cancelable: boolean;
  }
  const { navigation } = window as unknown as { navigation?: EventTarget };
  navigation?.addEventListener('navigate', (event) => {
    const { destination, cancelable } = event as NavigateEvent;
    const url = new URL(destination.url);
    if (!cancelable || url.origin === location.origin || !isNode(url)) return;
    event.preventDefault();
    port?.postMessage({ kind: 'open', url: url.href } satisfies ShellMessage);
  });
}

function isNode(url: URL): boolean {
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'].includes(url.hostname);
}

function refuse(reason: string): void {
  addEventListener('message', () => port?.postMessage({ kind: 'unable', reason: reason.slice(0, 500) } satisfies ShellMessage));
  greet();
  explain();
}

function explain(): void {
  says.hidden = false;
  frame.hidden = true;
}
