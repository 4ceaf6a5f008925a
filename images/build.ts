// `npm run images`: everything under images/dist, from Debian's packages and the recipes of this folder.
//
//   npm run images                  what changed (seconds, when it is only the agent)
//   npm run images -- kernel crun   these parts again, changed or not (also: library/debian, mirror)
//   npm run images -- --all         every part again
//   npm run images -- --refresh     … from newly fetched packages

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { refreshPackages, requireInstalled } from './debian.ts';
import { buildHub } from './hub/recipes.ts';
import { agent, curl, dockerInit, sudo } from './machine/agent.ts';
import { bios } from './machine/bios.ts';
import { busybox } from './machine/busybox.ts';
import { crun } from './machine/crun.ts';
import { kernel } from './machine/kernel.ts';
import { assembleRoot, rootRecipe } from './machine/root.ts';
import { readCpio } from './cpio.ts';
import { buildMirror } from './mirror/content.ts';
import { cachedPart, keepPart, recipeHash, sha256 } from './part.ts';
import type { MachineManifest, Part, PartRecord } from './part.ts';
import { writeNotice } from './notice.ts';
import { distDir, lockCache } from './shell.ts';
import { toolchainVersion } from './toolchain.ts';

export const machineParts: Part[] = [kernel, bios, busybox, crun, agent, dockerInit, curl, sudo];
const machineDir = join(distDir, 'machine');
const manifestPath = join(machineDir, 'manifest.json');

/** Recipe of the root archive: its own files and the recipes of all that lies in it. */
export function rootArchiveRecipe(): string {
  const inside = machineParts.filter((part) => part.place.path).map((part) => recipeHash(part.recipe));
  return sha256([recipeHash(rootRecipe), ...inside].join('\n'));
}

function main(args: string[]): void {
  if (args.includes('--refresh')) refreshPackages();
  const all = args.includes('--all') || args.includes('--refresh');
  const before = existsSync(manifestPath) ? (JSON.parse(readFileSync(manifestPath, 'utf8')) as MachineManifest) : undefined;
  const parts: Record<string, PartRecord> = {};
  const bytesOf = new Map<string, Uint8Array>();
  for (const part of machineParts) {
    const recipe = recipeHash(part.recipe);
    const made = all || args.includes(part.name) ? undefined : (cachedPart(part, recipe) ?? shippedPart(part, recipe, before));
    const { bytes, record } = made ?? buildPart(part, recipe);
    keepPart(part, bytes, record);
    parts[part.name] = record;
    bytesOf.set(part.name, bytes);
  }

  const root = assembleRoot(
    machineParts.flatMap((part) => (part.place.path ? [{ path: part.place.path, bytes: bytesOf.get(part.name)! }] : [])),
  );
  parts['root'] = {
    file: 'root.cpio.gz',
    sha256: sha256(root),
    sizeBytes: root.length,
    sources: [],
    epoch: 0,
    builtWith: '',
    recipe: rootArchiveRecipe(),
  };

  mkdirSync(machineDir, { recursive: true });
  const files: MachineManifest['files'] = {};
  const writeOut = (file: string, bytes: Uint8Array): void => {
    writeFileSync(join(machineDir, file), bytes);
    files[file] = { sha256: sha256(bytes), sizeBytes: bytes.length };
  };
  for (const part of machineParts) if (!part.place.path) writeOut(part.place.file, bytesOf.get(part.name)!);
  writeOut('root.cpio.gz', root);
  const manifest: MachineManifest = { files, parts };
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  buildHub(
    new Map(machineParts.map(({ name }) => [name, { ...parts[name]!, bytes: bytesOf.get(name)! }])),
    (name) => all || args.includes(name),
  );
  buildMirror(all || args.includes('mirror'));
  writeNotice();
  for (const [file, { sizeBytes }] of Object.entries(files)) console.log(`${String(sizeBytes).padStart(9)}  ${file}`);
}

function buildPart(part: Part, recipe: string): { bytes: Uint8Array; record: PartRecord } {
  console.log(`building ${part.name}`);
  requireInstalled(part.tools);
  const { bytes, from } = part.build();
  const sources = [...new Set(from.map(({ source, sourceVersion }) => `${source} ${sourceVersion}`))].sort();
  const epoch = Math.max(0, ...from.map((source) => source.epoch));
  const builtWith = part.tools.length > 0 ? toolchainVersion() : '';
  return { bytes, record: { ...part.place, sha256: sha256(bytes), sizeBytes: bytes.length, sources, epoch, builtWith, recipe } };
}

/** A part taken out of dist/machine, when it was made there under this very recipe. */
function shippedPart(
  part: Part,
  recipe: string,
  manifest: MachineManifest | undefined,
): { bytes: Uint8Array; record: PartRecord } | undefined {
  const record = manifest?.parts[part.name];
  const path = join(machineDir, part.place.file);
  if (!record || record.recipe !== recipe || !existsSync(path)) return undefined;
  const file = readFileSync(path);
  const bytes = part.place.path ? readCpio(gunzipSync(file)).find((entry) => entry.path === part.place.path)?.bytes : file;
  return bytes && sha256(bytes) === record.sha256 ? { bytes, record } : undefined;
}

if (process.argv[1]?.endsWith('build.ts')) {
  const unlock = lockCache();
  try {
    main(process.argv.slice(2));
  } finally {
    unlock();
  }
}
