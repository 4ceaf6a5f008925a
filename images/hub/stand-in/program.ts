// Programs that stand in for official images without a 32-bit build: C of this repository, static with musl, and the labels
// by which each says what it is.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPackage, requireInstalled } from '../../debian.ts';
import { filesBelow } from '../../part.ts';
import { cacheDir, imagesDir, run } from '../../shell.ts';
import { compilerPackages, guestFlags, muslCompiler } from '../../toolchain.ts';

/** Files that decide every stand-in, for its `recipe`. */
export const standInRecipe = ['hub/stand-in', 'toolchain.ts'];

/** 2026-11-27: date of the programs' sources, not of the build. */
export const standInEpoch = 1795737600;

/** What goes into a program: every C file of a folder of `images/hub`, and files of `images/hub/stand-in` by name. */
export interface Program {
  folder: string;
  shared: string[];
}

export const programs = {
  whoami: { folder: 'whoami', shared: ['buffer', 'http_parse', 'http_serve'] },
  mongod: {
    folder: 'mongo/server',
    shared: ['buffer', 'bson_read', 'bson_write', 'bson_compare', 'object_id', 'digest', 'scram', 'json_write', 'decimal'],
  },
  mongosh: {
    folder: 'mongo/shell',
    shared: ['buffer', 'bson_read', 'bson_write', 'object_id', 'digest', 'scram', 'client', 'json_read', 'json_write', 'decimal'],
  },
  'mongo-express': {
    folder: 'mongo-express',
    shared: [
      ...['buffer', 'bson_read', 'bson_write', 'object_id', 'digest', 'scram', 'client', 'json_read', 'json_write', 'decimal'],
      ...['http_parse', 'http_serve'],
    ],
  },
} satisfies Record<string, Program>;

/** Paths below `images/` of the C files of a program. */
export function sourcesOf(name: keyof typeof programs): string[] {
  const { folder, shared } = programs[name];
  const own = filesBelow(`hub/${folder}`).filter((file) => file.endsWith('.c'));
  return [...own.sort(), ...shared.map((file) => `hub/stand-in/${file}.c`)];
}

/** A program for the guest, and the Debian sources in it. */
export function compileForGuest(name: keyof typeof programs): Uint8Array {
  requireInstalled(compilerPackages);
  const out = join(cacheDir, 'programs', name);
  mkdirSync(join(cacheDir, 'programs'), { recursive: true });
  run(
    muslCompiler(),
    [
      ...['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Os', '-ffunction-sections', '-fdata-sections', '-s'],
      ...['-Wl,--gc-sections,--build-id=none', ...guestFlags, '-static', '-no-pie', '-o', out, ...sourcesOf(name), '-lm'],
    ],
    { cwd: imagesDir },
  );
  return readFileSync(out);
}

/** The C library in each of these programs. */
export function standInSources(): string[] {
  const { source, sourceVersion } = binaryPackage('musl-dev', 'i386');
  return [`${source} ${sourceVersion}`];
}

/**
 * @param name repository as a person types it
 * @param what what the stand-in is and does, in a sentence
 */
export function standInLabels(name: string, what: string, sources: string[]): Record<string, string> {
  return {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.description': `A stand-in for ${name}, made for Drydock: ${what}`,
    'org.opencontainers.image.licenses': 'Apache-2.0 AND MIT',
    'dev.drydock.stand-in': 'true',
    'dev.drydock.note': `This is not ${name}: it has no 32-bit build. Every tag is this one program.`,
    'dev.drydock.debian.sources': sources.join(', '),
  };
}
