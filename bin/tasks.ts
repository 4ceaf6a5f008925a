/**
 * The project's tasks, one word each. Every task first makes what it needs and what is stale: the saved
 * state of the machine, the built page, a browser for the tests.
 */
import { spawn } from 'node:child_process';
import { findBrowser, installBrowser } from './browser.ts';
import { buildPage, buildState } from './build.ts';
import { root } from './root.ts';

const tasks: Record<string, (args: string[]) => Promise<number>> = {
  async start(args) {
    await buildState();
    await buildPage();
    const { preview } = await import('vite');
    const port = Number(args.find((arg) => /^\d+$/.test(arg)) ?? process.env['PORT'] ?? 8600);
    const server = await preview({ root, preview: { port, open: false } });
    console.log(`Drydock is at ${server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`}`);
    return new Promise(() => {});
  },
  async dev() {
    await buildState();
    return run('vite', ['dev']);
  },
  async build() {
    await buildState();
    await buildPage();
    return 0;
  },
  async test(args) {
    await buildState();
    await buildPage();
    if (!findBrowser()) installBrowser();
    return run('vitest', ['run', ...args]);
  },
  async check() {
    const steps: [string, string[]][] = [
      ['tsc', ['-b']],
      ['tsc', ['-p', 'test']],
      ['svelte-check', ['--tsconfig', 'src/ui/tsconfig.json', '--fail-on-warnings']],
      ['eslint', ['.', '--max-warnings', '0']],
      ['prettier', ['--check', '.', '--log-level', 'warn']],
      ['depcruise', ['src', 'bin', '--config', '.dependency-cruiser.cjs', '--output-type', 'err']],
      ['knip', []],
      ['tsx', ['bin/coverage.ts', '--check']],
    ];
    let status = 0;
    for (const [tool, args] of steps) {
      const code = await run(tool, args);
      console.log(`${code === 0 ? 'ok    ' : 'failed'} ${tool} ${args.join(' ')}`);
      status ||= code;
    }
    return status;
  },
  async fix() {
    await run('tsx', ['bin/coverage.ts']);
    await run('eslint', ['.', '--fix']);
    return run('prettier', ['--write', '.', '--log-level', 'warn']);
  },
  async bench(args) {
    await buildState();
    await buildPage();
    return run('tsx', ['test/bench/bench.ts', ...args]);
  },
  images: (args) => run('tsx', ['images/build.ts', ...args]),
  replay: (args) => run('tsx', ['test/oracle/replay.ts', ...args]),
  oracle: (args) => run('tsx', ['test/oracle/record.ts', ...args]),
};

export async function runTask(name: string, args: string[]): Promise<number> {
  const task = tasks[name];
  if (!task) {
    console.error(`unknown task ${name}; there are: ${Object.keys(tasks).join(', ')}`);
    return 2;
  }
  return task(args);
}

/** Runs a tool from node_modules/.bin with our own streams; resolves with its exit code. */
function run(tool: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    const windows = process.platform === 'win32';
    const child = spawn(`${root}/node_modules/.bin/${tool}${windows ? '.cmd' : ''}`, args, { cwd: root, stdio: 'inherit', shell: windows });
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
  });
}
