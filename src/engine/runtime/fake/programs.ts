/** The fake runtime's programs: the few of busybox that tests and lessons run, as far as they need them. */
import { resolvePath } from './files.ts';
import type { Program, ProgramContext } from './program.ts';
import { shell } from './shell.ts';

const forever = 2 ** 31;

export const programs: Record<string, Program> = {
  sh: shell,
  ash: shell,
  true: async () => 0,
  false: async () => 1,
  sync: async () => 0,

  /** The node's, mounted into containers made with `--init`. */
  'docker-init': ({ args, run, stdin, stdout, stderr }) => run({ args: args.slice(args[1] === '--' ? 2 : 1), stdin, stdout, stderr }),

  async echo({ args, stdout }) {
    const newline = args[1] !== '-n';
    const escapes = args[1] === '-e';
    const text = args.slice(newline && !escapes ? 1 : 2).join(' ');
    await stdout((escapes ? unescape(text) : text) + (newline ? '\n' : ''));
    return 0;
  },

  async printf({ args, stdout }) {
    const values = args.slice(2);
    await stdout(unescape(args[1] ?? '').replace(/%[sd%]/g, (spec) => (spec === '%%' ? '%' : (values.shift() ?? ''))));
    return 0;
  },

  async cat(context) {
    const { args, stdin, stdout, stderr } = context;
    if (args.length === 1 || args[1] === '-') {
      for (let bytes = await stdin.read(); bytes; bytes = await stdin.read()) await stdout(bytes);
      return 0;
    }
    let code = 0;
    for (const path of args.slice(1)) {
      const text = contentOf(context, path);
      if (text === undefined) {
        await stderr(`cat: can't open '${path}': No such file or directory\n`);
        code = 1;
      } else await stdout(text);
    }
    return code;
  },

  async sleep({ args, sleep, stderr }) {
    const match = /^(\d*\.?\d+)([smhd]?)$/.exec(args[1] ?? '');
    if (!match && args[1] !== 'infinity') {
      await stderr(`sleep: invalid number '${args[1] ?? ''}'\n`);
      return 1;
    }
    const seconds = match ? Number(match[1]) * { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2] as '' | 's' | 'm' | 'h' | 'd'] : forever;
    await sleep(seconds * 1000);
    return 0;
  },

  async pwd({ cwd, stdout }) {
    await stdout(cwd + '\n');
    return 0;
  },

  async env(context) {
    return printEnvironment(context);
  },
  async printenv(context) {
    const name = context.args[1];
    if (name === undefined) return printEnvironment(context);
    const value = context.env.get(name);
    if (value === undefined) return 1;
    await context.stdout(value + '\n');
    return 0;
  },

  async id(context) {
    const { uid, gid, args, stdout } = context;
    if (args[1] === '-u') await stdout(`${uid}\n`);
    else if (args[1] === '-g') await stdout(`${gid}\n`);
    else {
      const user = named(context, '/etc/passwd', uid);
      const group = named(context, '/etc/group', gid);
      await stdout(`uid=${uid}${user} gid=${gid}${group} groups=${gid}${group}\n`);
    }
    return 0;
  },
  async whoami(context) {
    await context.stdout(named(context, '/etc/passwd', context.uid).slice(1, -1) + '\n');
    return 0;
  },

  async hostname({ container, stdout }) {
    await stdout(container.hostname + '\n');
    return 0;
  },
  async uname({ args, container, stdout }) {
    const all = `Linux ${container.hostname} 6.1.0-fake #1 i686 GNU/Linux`;
    await stdout((args[1] === '-a' ? all : args[1] === '-m' ? 'i686' : args[1] === '-r' ? '6.1.0-fake' : 'Linux') + '\n');
    return 0;
  },
  async date({ now, stdout }) {
    const [day, number, month, year, time] = new Date(now()).toUTCString().replace(',', '').split(' ') as [
      string,
      string,
      string,
      string,
      string,
    ];
    await stdout(`${day} ${month} ${number.replace(/^0/, ' ')} ${time} UTC ${year}\n`);
    return 0;
  },
  async nproc({ stdout }) {
    await stdout('1\n');
    return 0;
  },
  async tty({ terminal, stdout }) {
    await stdout(terminal ? '/dev/pts/0\n' : 'not a tty\n');
    return terminal ? 0 : 1;
  },
  async stty({ container, stdout }) {
    const size = container.init?.size ?? { rows: 24, columns: 80 };
    await stdout(`${size.rows} ${size.columns}\n`);
    return 0;
  },

  async ls(context) {
    const { args, cwd, container, stdout, stderr } = context;
    const names = args.slice(1).filter((arg) => !arg.startsWith('-'));
    for (const name of names.length > 0 ? names : ['.']) {
      const path = resolvePath(cwd, name);
      const node = container.files.get(path);
      if (!node) {
        await stderr(`ls: ${name}: No such file or directory\n`);
        return 1;
      }
      await stdout(
        node.type === 'file'
          ? name + '\n'
          : container.files
              .list(path)
              .map((entry) => entry + '\n')
              .join(''),
      );
    }
    return 0;
  },
  async touch({ args, cwd, container }) {
    for (const name of args.slice(1)) container.files.write(resolvePath(cwd, name), '', true);
    return 0;
  },
  async mkdir({ args, cwd, container }) {
    for (const name of args.slice(1)) if (name !== '-p') container.files.makeDirectory(resolvePath(cwd, name));
    return 0;
  },
  async rm({ args, cwd, container }) {
    for (const name of args.slice(1)) if (!name.startsWith('-')) container.files.remove(resolvePath(cwd, name));
    return 0;
  },

  async head(context) {
    const { args, stdin, stdout } = context;
    const [unit, count, path] = [args[1], Number(args[2] ?? 10), args[3]];
    if (path === '/dev/zero') {
      const block = new Uint8Array(4096);
      for (let left = count; left > 0; left -= block.length) await stdout(left < block.length ? block.slice(0, left) : block);
      return 0;
    }
    const text = path === undefined ? await stdin.text() : (contentOf(context, path) ?? '');
    await stdout(unit === '-c' ? text.slice(0, count) : text.split('\n').slice(0, count).join('\n') + '\n');
    return 0;
  },
  async tail(context) {
    const { args, stdin, stdout, container, sleep } = context;
    const path = args.at(-1) as string;
    if (path === '/dev/zero') {
      if (container.memoryLimit) container.outOfMemory();
      await sleep(forever);
    }
    if (args[1] === '-f') await sleep(forever);
    const count = args[1] === '-n' ? Number(args[2]) : 10;
    const text = path.startsWith('-') || args.length % 2 === 1 ? await stdin.text() : (contentOf(context, path) ?? '');
    await stdout(
      text
        .split('\n')
        .slice(0, -1)
        .slice(-count)
        .map((line) => line + '\n')
        .join(''),
    );
    return 0;
  },
  async wc({ args, stdin, stdout }) {
    let bytes = 0;
    let lines = 0;
    for (let chunk = await stdin.read(); chunk; chunk = await stdin.read()) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 10) lines++;
    }
    await stdout((args[1] === '-c' ? bytes : lines) + '\n');
    return 0;
  },
  async seq({ args, stdout }) {
    const [from, to] = args.length > 2 ? [Number(args[1]), Number(args[2])] : [1, Number(args[1])];
    let text = '';
    for (let number = from; number <= to; number++) {
      text += number + '\n';
      if (text.length > 4096 || number === to) {
        await stdout(text);
        text = '';
      }
    }
    return 0;
  },
  async yes({ args, stdout }) {
    for (;;) await stdout(((args[1] ?? 'y') + '\n').repeat(512));
  },
  async grep(context) {
    const { args, stdin, stdout } = context;
    const text = args[2] === undefined ? await stdin.text() : (contentOf(context, args[2]) ?? '');
    const found = text.split('\n').filter((line) => line.includes(args[1] ?? ''));
    await stdout(found.map((line) => line + '\n').join(''));
    return found.length > 0 ? 0 : 1;
  },

  async ps({ container, stdout }) {
    const rows = [...container.entries.values()].map(
      (entry, index) => `${String(index + 1).padStart(5)} root      0:00 ${entry.args.join(' ')}\n`,
    );
    await stdout('PID   USER     TIME  COMMAND\n' + rows.join(''));
    return 0;
  },

  test: async (context) => (check(context, context.args.slice(1)) ? 0 : 1),
  '[': async (context) => (check(context, context.args.slice(1, -1)) ? 0 : 1),
};

function contentOf(context: ProgramContext, path: string): string | undefined {
  const node = context.container.files.get(resolvePath(context.cwd, path));
  return node?.type === 'file' ? node.content : path === '/dev/null' ? '' : undefined;
}

async function printEnvironment({ env, stdout }: ProgramContext): Promise<number> {
  await stdout([...env].map(([name, value]) => `${name}=${value}\n`).join(''));
  return 0;
}

/** `(name)` of a user or group id, from passwd or group. */
function named(context: ProgramContext, file: string, id: number): string {
  const line = (contentOf(context, file) ?? '').split('\n').find((row) => row.split(':')[2] === String(id));
  return line ? `(${line.split(':')[0] as string})` : '';
}

function unescape(text: string): string {
  return text.replace(
    /\\(n|t|r|\\|033|0)/g,
    (_, code: string) => ({ n: '\n', t: '\t', r: '\r', '\\': '\\', '033': '\x1b', '0': '\0' })[code] ?? '',
  );
}

function check(context: ProgramContext, args: string[]): boolean {
  if (args[0] === '!') return !check(context, args.slice(1));
  const [left = '', operator, right = ''] = args;
  if (args.length === 1) return left !== '';
  if (args.length === 2) {
    const node = context.container.files.get(resolvePath(context.cwd, operator ?? ''));
    if (left === '-z') return operator === '';
    if (left === '-n') return operator !== '';
    return left === '-d' ? node?.type === 'directory' : left === '-f' ? node?.type === 'file' : node !== undefined;
  }
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return Number(left) === Number(right);
    case '-ne':
      return Number(left) !== Number(right);
    case '-lt':
      return Number(left) < Number(right);
    case '-le':
      return Number(left) <= Number(right);
    case '-gt':
      return Number(left) > Number(right);
    case '-ge':
      return Number(left) >= Number(right);
    default:
      return false;
  }
}
