/**
 * The limited view, where the preview has no origin of its own: a page of the app's origin in a sandboxed frame, which makes its
 * origin opaque. It fetches a container's page over the port that the app gives it, puts styles, images and scripts into the
 * page itself, and passes links, forms and `fetch` on. Outside such a frame it does nothing.
 */
import { isObject, readAnswerHead, readAppMessage, type Greeting, type PreviewRequest, type ShellMessage } from './messages.ts';
import { piecesOf, pour, RequestPort, streamOf } from './request-port.ts';

const appOrigin = new URL(location.href).origin;
const maxRedirects = 10;
const nativeFetch = fetch;

let app: MessagePort | undefined;
/** Of the page that is shown, as the container knows it. */
let base = new URL('http://localhost/');
let turn = 0;

if (self.origin === 'null' && parent !== self) {
  addEventListener('message', function welcome({ source, origin, data, ports }: MessageEvent<unknown>) {
    if (source !== parent || origin !== appOrigin || !isObject(data) || data['drydock'] !== 'app' || !ports[0]) return;
    removeEventListener('message', welcome);
    app = ports[0];
    if (typeof data['base'] === 'string') base = new URL(data['base']);
    app.onmessage = (event: MessageEvent<unknown>) => {
      const message = readAppMessage(event.data);
      if (message?.kind === 'go') void visit(new URL(message.path, base));
      if (message?.kind === 'reload') void visit(base);
    };
  });
  parent.postMessage({ drydock: 'preview' } satisfies Greeting, appOrigin);
}

/** Shows a page of the port; where it is another's, the app is asked. */
async function visit(url: URL, init: RequestInit = {}): Promise<void> {
  const mine = ++turn;
  let answer = await ask(new Request(url, init), 'navigate');
  for (let hops = 0; hops < maxRedirects && answer.status >= 300 && answer.status < 400 && answer.headers.has('location'); hops++) {
    url = new URL(answer.headers.get('location') ?? '', url);
    if (url.host !== base.host) return leave(url);
    answer = await ask(new Request(url), 'navigate');
  }
  if (mine !== turn || answer.status === 204) return;
  base = url;
  const type = answer.headers.get('content-type') ?? '';
  let page: Document;
  if (/\bhtml\b/.test(type)) {
    page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    await embed(page);
  } else {
    page = document.implementation.createHTMLDocument(url.pathname);
    if (type.startsWith('image/')) page.body.append(Object.assign(page.createElement('img'), { src: await dataUrl(answer) }));
    else page.body.append(Object.assign(page.createElement('pre'), { textContent: await answer.text() }));
  }
  if (mine !== turn) return;
  page.querySelectorAll('base, meta[http-equiv="Content-Security-Policy" i]').forEach((element) => element.remove());
  page.head.prepend(Object.assign(page.createElement('base'), { href: url.href }));
  bridgeFetch();
  document.open();
  document.write(`<!doctype html>${page.documentElement.outerHTML}`);
  document.close();
  listen();
  app?.postMessage({ kind: 'at', path: `${url.pathname}${url.search}${url.hash}`, title: document.title } satisfies ShellMessage);
}

/** Puts what the page would fetch into the page. */
async function embed(page: Document): Promise<void> {
  const each = <T extends Element>(selector: string, work: (element: T) => Promise<void>): Promise<void>[] =>
    [...page.querySelectorAll<T>(selector)].map((element) => work(element).catch(() => {}));
  await Promise.all([
    ...each<HTMLLinkElement>('link[rel~="stylesheet" i][href]', async (link) => {
      const url = new URL(link.getAttribute('href') ?? '', base);
      const style = page.createElement('style');
      if (link.media) style.media = link.media;
      style.textContent = await embedCss(await (await get(url)).text(), url);
      link.replaceWith(style);
    }),
    ...each<HTMLStyleElement>('style', async (style) => {
      style.textContent = await embedCss(style.textContent, base);
    }),
    ...each<HTMLImageElement>('img[src], input[type="image"][src], audio[src], video[src], source[src]', async (image) => {
      image.removeAttribute('srcset');
      image.setAttribute('src', await dataUrl(await get(new URL(image.getAttribute('src') ?? '', base))));
    }),
    ...each<HTMLScriptElement>('script[src]', async (script) => {
      const source = await (await get(new URL(script.getAttribute('src') ?? '', base))).text();
      script.removeAttribute('src');
      script.removeAttribute('integrity');
      script.textContent = source.replaceAll('</script', '<\\/script');
      // Without an address these would run before the page is there.
      if (script.defer && script.type !== 'module') page.body.append(script);
    }),
  ]);
}

async function embedCss(css: string, from: URL): Promise<string> {
  const urls = new Set([...css.matchAll(/url\(\s*(['"]?)(?!data:|#)([^'")]+)\1\s*\)/g)].map(([, , url]) => url ?? ''));
  const embedded = new Map<string, string>();
  await Promise.all([...urls].map(async (url) => embedded.set(url, await dataUrl(await get(new URL(url, from))).catch(() => ''))));
  return css.replace(/url\(\s*(['"]?)(?!data:|#)([^'")]+)\1\s*\)/g, (_, _quote, url: string) => `url("${embedded.get(url) ?? ''}")`);
}

async function get(url: URL): Promise<Response> {
  const answer = await ask(new Request(url), 'no-cors');
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

async function dataUrl(answer: Response): Promise<string> {
  const blob = await answer.blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(blob);
  });
}

/** One request over the app's port. */
async function ask(request: Request, mode: string): Promise<Response> {
  if (!app) throw new TypeError('Failed to fetch');
  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : new Uint8Array(await request.arrayBuffer());
  const asked: PreviewRequest = {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    referrer: base.href,
    mode,
    destination: '',
    body: body !== undefined,
  };
  const { port1, port2 } = new MessageChannel();
  const port = new RequestPort(port1);
  const head = new Promise<ReturnType<typeof readAnswerHead>>((resolve) => port.onHead((data) => resolve(readAnswerHead(data))));
  app.postMessage({ kind: 'request', request: asked } satisfies ShellMessage, [port2]);
  if (body) void pour(piecesOf(new Blob([body]).stream()), port.sender);
  const answered = await head;
  if (!answered) throw new TypeError('Failed to fetch');
  const { status, reason, headers } = answered;
  const empty = [204, 205, 304].includes(status);
  const stream = empty ? null : streamOf(port.receiver, () => setTimeout(() => port1.close(), 1000));
  return new Response(stream, { status, statusText: reason, headers });
}

/** `document.open` has taken what listened before. */
function listen(): void {
  addEventListener('click', (event) => {
    const link = event.composedPath().find((target): target is HTMLAnchorElement => (target as Element).tagName === 'A');
    if (!link?.href || event.defaultPrevented) return;
    const url = new URL(link.href, base);
    if (url.pathname === base.pathname && url.search === base.search && url.hash !== '') {
      event.preventDefault();
      document.getElementById(decodeURIComponent(url.hash.slice(1)))?.scrollIntoView();
      return;
    }
    event.preventDefault();
    follow(url);
  });
  addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const fields = new FormData(form, event.submitter);
    const url = new URL(form.getAttribute('action') ?? '', base);
    const text = (): URLSearchParams =>
      new URLSearchParams([...fields].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]));
    if (form.method !== 'post') {
      url.search = text().toString();
      return follow(url);
    }
    const body = form.enctype === 'multipart/form-data' ? fields : text();
    if (url.host === base.host) void visit(url, { method: 'POST', body });
  });
}

/** Before the page's scripts run. */
function bridgeFetch(): void {
  window.fetch = (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, base), init);
    const { protocol } = new URL(request.url);
    return protocol === 'http:' ? ask(request, 'cors') : nativeFetch(request);
  };
}

function follow(url: URL): void {
  if (url.protocol !== 'http:') return;
  if (url.host === base.host) void visit(url);
  else leave(url);
}

function leave(url: URL): void {
  app?.postMessage({ kind: 'open', url: url.href } satisfies ShellMessage);
}
