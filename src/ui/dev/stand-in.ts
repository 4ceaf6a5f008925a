/** Development only: a machine that pretends. Deleted before anything ships. */
import type { Machine, StartOptions, SessionInfo } from '#emulator/machine-api.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { encodeFrame } from '#engine/api/stdcopy.ts';

const p = new URLSearchParams(location.search);
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
const enc = new TextEncoder();
const dec = new TextDecoder();
let sessions: SessionInfo[] = JSON.parse(sessionStorage.getItem('dev') ?? '[]');

export async function savedSessions(): Promise<SessionInfo[]> {
  return sessions;
}

export async function startMachineInWorker(o: StartOptions): Promise<Machine> {
  const total = 6_120_000;
  const step = p.has('slow') ? 400 : 20;
  if (p.has('fail')) throw new Error('The machine’s files could not be fetched: state/current.json answered 404.');
  for (let at = 0; at <= 10; at++) {
    o.onProgress?.({
      phase: 'fetching',
      loadedBytes: (total * at) / 10,
      totalBytes: total,
      message: 'Fetching the saved machine, 6.1 MB once; it is kept for the next visit.',
    });
    await sleep(step);
    if (p.has('hang')) if (at === 6) await sleep(1e9);
  }
  o.onProgress?.({ phase: 'restoring', loadedBytes: total, totalBytes: total, message: 'Restoring memory.' });
  await sleep(step * 2);
  o.onProgress?.({ phase: 'ready', loadedBytes: total, totalBytes: total, message: '' });
  const containers: any[] = [];
  const events: any[] = [];
  let images: any[] = [];
  let wake = () => {};
  const emit = (Type: string, Action: string, a: any) => {
    events.push({ Type, Action, Actor: { ID: 'x', Attributes: a }, time: events.length + 1, timeNano: (events.length + 1) * 1e9 });
    wake();
  };
  const add = (name: string, image: string, State: string, code: number, logs: string, extra: any = {}) => {
    const Id = Array.from({ length: 64 }, () => '0123456789abcdef'[Math.floor(Math.random() * 16)]).join('');
    containers.unshift({
      Id,
      Names: ['/' + name],
      Image: image,
      ImageID: 'sha256:' + image,
      Command: '',
      Created: 0,
      Ports: [],
      State,
      Status: State === 'exited' ? `Exited (${code}) 2 seconds ago` : 'Up 2 seconds',
      HostConfig: { NetworkMode: 'bridge' },
      NetworkSettings: { Networks: { bridge: { IPAddress: State === 'running' ? `172.17.0.${containers.length + 2}` : '' } } },
      logs,
      code,
      ...extra,
    });
    if (!images.some((i) => i.Id === 'sha256:' + image))
      images.push({ Id: 'sha256:' + image, RepoTags: [image.includes(':') ? image : image + ':latest'], Size: 1_460_000 });
    emit('image', 'pull', { name: image });
    emit('container', 'create', { name, image });
    emit('container', 'die', { name, image });
  };
  if (p.get('c') === 'few') {
    add('web', 'flask-app', 'running', 0, '', { Ports: [{ PublicPort: 3000, PrivatePort: 3000, Type: 'tcp' }] });
    add('cache', 'redis:7', 'running', 0, '');
    add('keen_hopper', 'busybox', 'exited', 0, 'hello world\n');
    add('search', 'busybox', 'exited', 1, '');
    add('next', 'alpine', 'created', 0, '');
    add('held', 'nginx', 'paused', 0, '');
  }
  if (p.get('c') === 'forty')
    for (let i = 0; i < 40; i++)
      add(
        i === 7 ? 'a-very-long-name-that-somebody-gave-to-their-container-for-some-reason' : `web-${i}`,
        ['busybox', 'nginx', 'redis:7', 'registry.example.com/team/a-very-long-image-name-indeed:2024-11-release', 'alpine'][i % 5]!,
        i % 7 === 3 ? 'exited' : 'running',
        i % 2,
        '',
      );
  const json = (v: unknown, status = 200) => ({
    status,
    headers: {},
    body: { kind: 'bytes' as const, bytes: enc.encode(JSON.stringify(v)) },
  });
  const api: ApiHandler = async (r) => {
    const [, , noun, id, verb] = r.path.split('/');
    if (noun === 'events')
      return {
        status: 200,
        headers: {},
        body: {
          kind: 'stream',
          chunks: (async function* () {
            for (let i = 0; ; i++) {
              while (i >= events.length) await new Promise<void>((x) => (wake = x));
              yield enc.encode(JSON.stringify(events[i]) + '\n');
            }
          })(),
        },
      };
    if (noun === 'networks') return json([{ Name: 'bridge', IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] } }]);
    if (noun === 'images' && id === 'json') return json(images);
    if (noun === 'images')
      return json([
        { CreatedBy: '/bin/sh -c #(nop)  CMD ["sh"]', Size: 0 },
        { CreatedBy: 'COPY . . # buildkit', Size: 3100 },
        { CreatedBy: 'RUN /bin/sh -c pip install -r requirements.txt # buildkit', Size: 11_400_000 },
        { CreatedBy: '/bin/sh -c #(nop) ADD file:3a7e in / ', Size: 1_460_000 },
      ]);
    if (noun === 'containers' && id === 'json') return json(containers);
    const c = containers.find((x) => x.Id === id);
    if (!c) return json({ message: 'no' }, 404);
    if (verb === 'logs') return { status: 200, headers: {}, body: { kind: 'bytes', bytes: encodeFrame('stdout', enc.encode(c.logs)) } };
    return json({ State: { ExitCode: c.code }, Config: { Tty: false, Image: c.Image }, SizeRw: 12_000 });
  };
  const files = new Map<string, Uint8Array>([
    [
      'app/index.py',
      enc.encode('from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef hello():\n    return "Hello"\n'),
    ],
    [
      'app/Dockerfile',
      enc.encode('FROM python:3\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nEXPOSE 3000\nCMD ["python", "./index.py"]\n'),
    ],
    ['notes.txt', enc.encode('hi\n')],
    ['compose.yaml', enc.encode('services:\n  web:\n    image: nginx\n    ports:\n      - "8080:80"\n')],
  ]);
  const watchers = new Set<(x: string) => void>();
  const machine: Machine = {
    async openTerminal() {
      let listener = (_: Uint8Array) => {};
      let line = '';
      const out = (t: string) => listener(enc.encode(t));
      const prompt = () => out('\x1b[32mnode1\x1b[0m \x1b[90m~\x1b[0m $ ');
      let exit = (_: number) => {};
      const exited = new Promise<number>((x) => (exit = x));
      setTimeout(() => {
        if (p.get('c') === 'few')
          out(
            '\x1b[32mnode1\x1b[0m \x1b[90m~\x1b[0m $ docker ps\r\nCONTAINER ID   IMAGE       STATUS         PORTS                    NAMES\r\n4f6a1c02e9d1   flask-app   Up 4 minutes   0.0.0.0:3000->3000/tcp   web\r\n',
          );
        prompt();
      }, 50);
      const exec = (cmd: string) => {
        const m = /^docker run (?:--name (\S+) )?busybox (?:echo|cat) (.*)$/.exec(cmd);
        if (m) {
          const bad = cmd.includes('cat ');
          out((bad ? "cat: can't open '/etc/treasure-map': No such file or directory" : m[2]) + '\r\n');
          add(m[1] ?? 'keen_hopper', 'busybox', 'exited', bad ? 1 : 0, m[2] + '\n');
        } else if (cmd.startsWith('docker rm')) {
          for (const c of containers.splice(0)) emit('container', 'destroy', { name: c.Names[0].slice(1), image: c.Image });
        } else if (cmd === 'exit') return exit(0);
        else if (cmd === 'crash')
          o.onCrash?.({
            message: 'The emulator stopped answering.',
            detail: 'RangeError: offset is out of bounds\n    at Uint8Array.set (<anonymous>)\n    at worker.js:1:20934',
          });
        else if (cmd.startsWith('touch')) {
          files.set('app/index.py', enc.encode('# changed by the guest ' + Date.now() + '\n'));
          for (const w of watchers) w('app/index.py');
        } else if (cmd) out(`sh: ${cmd.split(' ')[0]}: not found\r\n`);
        prompt();
      };
      return {
        write(b) {
          for (const ch of dec.decode(b)) {
            if (ch === '\r') {
              out('\r\n');
              const l = line;
              line = '';
              exec(l.trim());
            } else if (ch === '\x7f') {
              line = line.slice(0, -1);
              out('\b \b');
            } else if (ch === '\x15') {
              out('\b \b'.repeat(line.length));
              line = '';
            } else {
              line += ch;
              out(ch);
            }
          }
        },
        onData(l) {
          listener = l;
        },
        acknowledge() {},
        resize() {},
        exited,
        close() {},
      };
    },
    api: () => api,
    home: () => ({
      async list(path) {
        const pre = path ? path + '/' : '';
        const seen = new Map<string, any>();
        for (const [f, b] of files)
          if (f.startsWith(pre)) {
            const rest = f.slice(pre.length);
            const [n] = rest.split('/');
            seen.set(n!, { name: n, type: rest.includes('/') ? 'directory' : 'file', sizeBytes: b.length });
          }
        return [...seen.values()];
      },
      async read(path) {
        const b = files.get(path);
        if (!b) throw new Error('No such file: ' + path);
        return b;
      },
      async write(path, b) {
        files.set(path, b);
      },
      async remove(path) {
        files.delete(path);
      },
      watch(l) {
        watchers.add(l);
        return () => watchers.delete(l);
      },
    }),
    async saveSession(label) {
      await sleep(300);
      const s = { id: String(Math.random()), label, savedAtMs: Date.now(), sizeBytes: 9_300_000 };
      sessions = [...sessions, s];
      sessionStorage.setItem('dev', JSON.stringify(sessions));
      return s;
    },
    async sessions() {
      return sessions;
    },
    async status() {
      return { uptimeMs: 1, memoryUsedBytes: 31_000_000, memoryTotalBytes: 256_000_000, mips: 0, openFids: 1 };
    },
    async stop() {},
  };
  return machine;
}
