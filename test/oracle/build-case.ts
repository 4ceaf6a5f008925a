/** A Dockerfile with its context, given to a Docker engine by the official client, and what came of it. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile, chmod, readFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { concatBytes } from '../../src/engine/bytes.ts';
import type { LayerEntry } from '../../src/engine/image/layer-trees.ts';
import { packTar } from '../../src/engine/oci/tar-writer.ts';
import { readTar } from '../../src/engine/oci/tar.ts';

type CaseFile =
  | string
  | { text: string; mode?: number }
  | { link: string }
  | { tar: Record<string, string | { text: string; mode?: number }>; pack?: 'gzip' | 'bzip2' | 'xz' };

export interface BuildCase {
  name: string;
  origin: string;
  /** Null: there is none in the context. */
  dockerfile: string | null;
  files: Record<string, CaseFile>;
  args?: string[];
  /** Files that change before a further build each. */
  changes?: Record<string, string>[];
}

export interface BuildResult {
  status: number;
  /** What the client printed on both streams, without ids and sizes of the context. */
  stdout: string;
  stderr: string;
}

export interface Observation {
  builds: BuildResult[];
  /** Undefined when no image was made. */
  image?: {
    config: Record<string, unknown>;
    /** Newest first: what made it, and whether it has a layer with anything in it. */
    history: [createdBy: string, sizeBytes: number][];
    /** `type path mode uid:gid size digest-of-content link`, sorted. */
    files: string[];
  };
}

/** Runs `docker` with arguments, in a folder. */
export type Docker = (args: string[], cwd: string) => Promise<{ status: number; stdout: Buffer; stderr: string }>;

export async function readCases(): Promise<BuildCase[]> {
  const path = join(import.meta.dirname, '../data/classic-builds/cases.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { cases: BuildCase[] }).cases;
}

export async function observeBuild(docker: Docker, one: BuildCase): Promise<Observation> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-build-'));
  const tag = `case-${one.name.toLowerCase()}`;
  try {
    if (one.dockerfile !== null) await writeFile(join(folder, 'Dockerfile'), one.dockerfile);
    for (const [path, file] of Object.entries(one.files)) await put(join(folder, path), file);
    const builds = [await build(docker, folder, tag, one.args ?? [])];
    for (const change of one.changes ?? []) {
      for (const [path, text] of Object.entries(change)) await put(join(folder, path), text);
      builds.push(await build(docker, folder, tag, one.args ?? []));
    }
    return builds.at(-1)!.status === 0 ? { builds, image: await observeImage(docker, folder, tag) } : { builds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function put(path: string, file: CaseFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (typeof file === 'string') await writeFile(path, file);
  else if ('link' in file) return symlink(file.link, path);
  else if ('text' in file) await writeFile(path, file.text);
  else await writeFile(path, archive(file.tar, file.pack));
  await chmod(path, typeof file === 'object' && 'mode' in file ? (file.mode ?? 0o644) : 0o644);
  await utimes(path, 1_700_000_000, 1_700_000_000);
}

function archive(files: Record<string, string | { text: string; mode?: number }>, pack: 'gzip' | 'bzip2' | 'xz' | undefined): Uint8Array {
  const entries = Object.entries(files).map(([path, file]): LayerEntry => ({
    path,
    type: 'file',
    mode: typeof file === 'string' ? 0o644 : (file.mode ?? 0o644),
    uid: 5,
    gid: 6,
    mtime: 1_600_000_000,
    content: new TextEncoder().encode(typeof file === 'string' ? file : file.text),
  }));
  const tar = concatBytes(packTar(entries));
  return pack === undefined ? tar : spawnSync(pack, ['-c'], { input: tar, maxBuffer: 1 << 26 }).stdout;
}

async function build(docker: Docker, folder: string, tag: string, args: string[]): Promise<BuildResult> {
  const { status, stdout, stderr } = await docker(['build', '-t', tag, ...args, '.'], folder);
  return { status, stdout: masked(stdout.toString()), stderr: masked(stderr) };
}

/** Without what differs from run to run. */
function masked(text: string): string {
  return text
    .replace(/^DEPRECATED:[\s\S]*?\n\n/, '')
    .replace(/^Sending build context[^\n]*\n/gm, '')
    .replace(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replace(/\b[0-9a-f]{12}\b/g, '<id>');
}

async function observeImage(docker: Docker, folder: string, tag: string): Promise<Observation['image']> {
  const inspected = await docker(['image', 'inspect', tag], folder);
  const [{ Config }] = JSON.parse(inspected.stdout.toString()) as [{ Config: Record<string, unknown> }];
  const history = await docker(['history', '--no-trunc', '--human=false', '--format', '{{json .}}', tag], folder);
  const container = (await docker(['create', tag, 'x'], folder)).stdout.toString().trim();
  const exported = await docker(['export', container], folder);
  await docker(['rm', container], folder);
  return {
    config: withoutEmpty(Config),
    history: history.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { CreatedBy: string; Size: string })
      .map(({ CreatedBy, Size }) => [CreatedBy, Number(Size)]),
    files: listing(exported.stdout),
  };
}

/** Keys that a newer Docker leaves out when there is nothing to say. */
function withoutEmpty(config: Record<string, unknown>): Record<string, unknown> {
  const unused = ['Hostname', 'Domainname', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin', 'StdinOnce', 'Image'];
  const isEmpty = (value: unknown): boolean =>
    value === null || value === '' || value === false || (typeof value === 'object' && Object.keys(value!).length === 0);
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => !unused.includes(key) && !isEmpty(value)));
}

/** Places for mounts, which every container has. */
const places = /^(\.dockerenv|dev(\/(console|pts|shm))?|proc|sys|etc\/(hostname|hosts|resolv\.conf|mtab))$/;

function listing(tar: Uint8Array): string[] {
  const lines: string[] = [];
  for (const { name, type, mode, uid, gid, content, linkName } of readTar(tar)) {
    const path = name.replace(/^\.?\//, '').replace(/\/$/, '');
    if (path === '' || places.test(path)) continue;
    const digest = type === 'file' ? `${content.length} ${createHash('sha256').update(content).digest('hex').slice(0, 16)}` : '';
    lines.push([type, path, mode.toString(8), `${uid}:${gid}`, digest, linkName].join(' ').trimEnd());
  }
  return lines.sort();
}
