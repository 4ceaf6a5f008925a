/**
 * Makes the saved state that every start begins from: boots the machine, lets it prepare its node, and puts
 * it to rest. The state is keyed by everything that went into it, so it is made again exactly when
 * something changed. Runs under Node, from bin/build.ts.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { firstNode } from '../guest/prepare.ts';
import { nodePlatform } from '../host.ts';
import type { RunningMachine } from '../running-machine.ts';
import { startMachine } from '../start.ts';
import type { CurrentState } from './load.ts';
import { fitOf, packImage, type MachineManifest } from './machine-image.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = join(root, '.cache/state');
const currentFile = join(folder, 'current.json');
const manifestFile = join(root, 'images/dist/machine/manifest.json');
/** Files and folders whose code leaves traces in the state: what it contains, or the form in which it is kept. */
const recipe = [
  ...['agent', 'guest', 'machine', 'mirror/mirror.ts', 'p9', 'state', 'shared-files.ts', 'boot-machine.ts', 'shell.ts'].map(
    (path) => `src/emulator/${path}`,
  ),
  'node_modules/v86/build/v86.wasm',
];
const LEVEL = 19;

interface StateDescription extends CurrentState {
  key: string;
}

/** Makes the state unless it is there and current. Says what it does, because it takes half a minute. */
export async function ensureState(say: (line: string) => void = console.log): Promise<void> {
  const key = await stateKey();
  if ((await currentKey()) === key) return;
  say('Preparing the machine (booting Linux once and saving it) …');
  const startedMs = performance.now();
  const bytes = await buildState();
  await publish(key, bytes);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  say(`The saved machine has ${(bytes.length / 1e6).toFixed(1)} MB (made in ${seconds} s).`);
}

async function buildState(): Promise<Uint8Array<ArrayBuffer>> {
  const failed: { reject?: (error: unknown) => void } = {};
  const failure = new Promise<never>((_resolve, reject) => (failed.reject = reject));
  const onFailure = (error: unknown): void => failed.reject?.(error);
  const work = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const machine = await startMachine({ platform: nodePlatform(), purpose: 'make-state', onFailure });
    await shellAtPrompt(machine);
    await machine.settle();
    const image = await machine.image();
    await machine.stop();
    const { Zstd } = await import('@hpcc-js/wasm-zstd');
    const zstd = await Zstd.load();
    const processor = new Uint8Array(zstd.compress(image.processor, LEVEL));
    const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as MachineManifest;
    return packImage({ ...image, processor }, fitOf(manifest), true);
  };
  return Promise.race([work(), failure]);
}

/** A login shell that waits for the first terminal, so that nobody has to wait for a shell to start. */
async function shellAtPrompt(machine: RunningMachine): Promise<void> {
  const terminal = await machine.openTerminal({ node: firstNode.name, rows: 24, columns: 80 });
  let screen = '';
  await new Promise<void>((resolve) => {
    terminal.onData((bytes) => {
      terminal.acknowledge(bytes.length);
      screen += new TextDecoder().decode(bytes);
      if (screen.endsWith('$ ')) resolve();
    });
  });
}

/** Puts the state in its place, the description last, and removes what it replaces. */
async function publish(key: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = `${key.slice(0, 16)}.state`;
  const description: StateDescription = { key, file, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  await writeFile(join(folder, file), bytes);
  await writeFile(`${currentFile}.new`, JSON.stringify(description, undefined, 2));
  await rename(`${currentFile}.new`, currentFile);
  for (const name of await readdir(folder)) if (name !== file && name.endsWith('.state')) await rm(join(folder, name));
}

async function currentKey(): Promise<string | undefined> {
  if (!existsSync(currentFile)) return undefined;
  try {
    const { key, file, sizeBytes } = JSON.parse(await readFile(currentFile, 'utf8')) as StateDescription;
    return (await stat(join(folder, file))).size === sizeBytes ? key : undefined;
  } catch {
    return undefined;
  }
}

async function stateKey(): Promise<string> {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as MachineManifest;
  const hash = createHash('sha256').update(`${fitOf(manifest)}\nzstd ${LEVEL}\n`);
  for (const path of recipe)
    for (const file of await filesBelow(join(root, path))) hash.update(`${relative(root, file)}\0`).update(await readFile(file));
  return hash.digest('hex');
}

async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const files = await Promise.all(
    entries.map((entry) => (entry.isDirectory() || /(?<!\.test)\.ts$/.test(entry.name) ? filesBelow(join(path, entry.name)) : [])),
  );
  return files.flat().sort();
}
