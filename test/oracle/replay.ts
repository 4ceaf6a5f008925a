/**
 * `npm run replay -- FOLDER [SCENARIO …]`: gives the commands of recorded scenarios (FOLDER/SCENARIO.json, and
 * stability.json) to the official client against `drydock serve`, and compares what is printed with what Docker's engine
 * made it print. Whatever differs without a reason in replay-exceptions.ts fails. Needs docker 28.2.2 on the PATH and
 * port 5000.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serveDocker, type DockerHost } from '../machine/docker-client.ts';
import { startRegistry } from '../machine/docker-registry.ts';
import type { Printed } from '../machine/node-machine.ts';
import { normal } from './normal-output.ts';
import { exceptionFor, limitMs } from './replay-exceptions.ts';

interface Step {
  cmd: string;
  stdin?: string;
  stdout: string;
  stderr: string;
  exit: number;
  ptyOutput?: string;
  keys?: string[];
}

interface Recording {
  files?: Record<string, string>;
  steps: Step[];
}

const singleHost = ['containers-lifecycle', 'run-inspect-flags', 'ps-images-formats', 'logs', 'exec-attach', 'images-registry', 'system'];
const [folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error('usage: npm run replay -- FOLDER [SCENARIO …]');
const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
const stability = (await readJson('stability')) as Record<string, string[]>;
let failed = 0;
for (const scenario of wanted.length > 0 ? wanted : singleHost) failed += await replay(scenario);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns how many steps differ without a reason */
async function replay(scenario: string): Promise<number> {
  const { files = {}, steps } = (await readJson(scenario)) as Recording;
  const directory = await mkdtemp(join(tmpdir(), 'replay-'));
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await utimes(path, 1_700_000_000, 1_700_000_000);
  }
  // The recording daemon's images came from a registry on port 5000 with one image in it.
  const registry = await startRegistry('open', 5000);
  // It was recorded with cgroup v1, where this is the default.
  const host = await serveDocker(['--default-cgroupns-mode', 'host']);
  const shell = (command: string, stdin = '', limit?: number): Promise<Printed> => inShell({ host, directory, command, stdin, limit });
  const counts = { agree: 0, excepted: 0, differ: 0 };
  try {
    await shell('docker pull -q busybox; for t in latest 1.35; do docker tag busybox localhost:5000/library/busybox:$t; done');
    await shell(
      'docker push -aq localhost:5000/library/busybox; docker rmi localhost:5000/library/busybox localhost:5000/library/busybox:1.35',
    );
    for (const [number, step] of steps.entries()) {
      if (step.ptyOutput !== undefined || step.keys) continue;
      const socket = host.environment['DOCKER_HOST']?.replace('unix://', '') ?? '';
      const printed = await shell(step.cmd.replaceAll('/var/run/docker.sock', socket), step.stdin, limitMs(step.cmd));
      if (stability[scenario]?.[number] === 'unstable') continue;
      const ours = (text: string): string =>
        normal(
          text
            .replaceAll(socket, '/var/run/docker.sock')
            .replaceAll(host.environment['DOCKER_CONFIG'] ?? '', '/oracle/dockercfg')
            .replaceAll(directory, `/lab/${scenario}`),
        );
      const [here, there] = [
        { stdout: ours(printed.stdout), stderr: ours(printed.stderr), exit: printed.status },
        { stdout: normal(step.stdout), stderr: normal(step.stderr), exit: step.exit },
      ];
      if (JSON.stringify(here) === JSON.stringify(there)) counts.agree++;
      else if (exceptionFor(scenario, step.cmd, there, here)) counts.excepted++;
      else {
        counts.differ++;
        console.log(`--- ${step.cmd.slice(0, 200)}\n${differences(there, here)}`);
      }
    }
  } finally {
    await host.stop();
    await registry.stop();
    await rm(directory, { recursive: true, force: true });
  }
  const total = counts.agree + counts.excepted + counts.differ;
  console.log(`${scenario}: ${counts.agree} of ${total} agree, ${counts.excepted} differ for a reason, ${counts.differ} without`);
  return counts.differ;
}

/** Ends with the command, or with its time: then its status is -9, as where it was recorded. */
function inShell(options: {
  host: DockerHost;
  directory: string;
  command: string;
  stdin: string;
  limit: number | undefined;
}): Promise<Printed> {
  const { host, directory, command, stdin, limit = 60_000 } = options;
  const env = { ...process.env, ...host.environment, TERM: 'dumb' };
  const child = spawn('bash', ['-c', command], { cwd: directory, env, detached: true });
  const printed: Printed = { stdout: '', stderr: '', status: -1 };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), limit);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ ...printed, status: code ?? -9 });
    }),
  );
}

/** The first two lines of each stream that are not the same. */
function differences(there: Compared, here: Compared): string {
  const lines = there.exit === here.exit ? [] : [`    exit ${here.exit}, recorded ${there.exit}`];
  for (const stream of ['stdout', 'stderr'] as const) {
    const [a, b] = [there[stream].split('\n'), here[stream].split('\n')];
    const numbers = [...Array(Math.max(a.length, b.length)).keys()].filter((i) => a[i] !== b[i]).slice(0, 2);
    for (const i of numbers) lines.push(`    ${stream} recorded: ${a[i] ?? '(nothing)'}`, `    ${stream} here:     ${b[i] ?? '(nothing)'}`);
  }
  return lines.join('\n');
}

type Compared = { stdout: string; stderr: string; exit: number };
