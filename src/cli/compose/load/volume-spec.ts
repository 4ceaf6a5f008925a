/**
 * A mount in short form: `[source:]target[:options]`, where a source that looks like a path is one of the host and
 * another names a volume; a drive letter's colon parts nothing.
 * Source: compose-go v2.6.3 format/volume.go.
 */
import { ComposeError } from '../compose-error.ts';
import type { ServiceVolume } from '../project.ts';

const PROPAGATIONS = new Set(['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']);

/** @throws ComposeError */
export function parseVolumeSpec(spec: string): ServiceVolume {
  const length = new TextEncoder().encode(spec).length;
  if (length === 0) throw new ComposeError('invalid empty volume spec', 15);
  if (length <= 2) return { type: 'volume', target: spec };

  const volume: ServiceVolume = {};
  const sections = splitSpec(spec);
  for (const [index, section] of sections.entries()) {
    if (section === '') throw new ComposeError(`invalid spec: ${spec}: empty section between colons`, 15);
    const isLast = index === sections.length - 1;
    if (volume.source === undefined && isLast) volume.target = section;
    else if (volume.source === undefined) volume.source = section;
    else if (volume.target === undefined) volume.target = section;
    else if (!isLast) throw new ComposeError(`invalid spec: ${spec}: too many colons`, 15);
    else for (const option of section.split(',')) setOption(volume, option);
  }
  if (isFilePath(volume.source ?? '')) {
    volume.type = 'bind';
    volume.bind = { ...volume.bind, create_host_path: true };
  } else {
    volume.type = 'volume';
    volume.volume ??= {};
  }
  return volume;
}

function splitSpec(spec: string): string[] {
  const sections = [''];
  for (const letter of spec) {
    const section = sections.at(-1) ?? '';
    if (letter === ':' && !isDriveLetter(section)) sections.push('');
    else sections[sections.length - 1] = section + letter;
  }
  return sections;
}

/** Others than these are ignored. */
function setOption(volume: ServiceVolume, option: string): void {
  if (option === 'ro') volume.read_only = true;
  else if (option === 'rw') volume.read_only = false;
  else if (option === 'nocopy') volume.volume = { nocopy: true };
  else if (PROPAGATIONS.has(option)) volume.bind = { ...volume.bind, propagation: option };
  else if (option === 'z' || option === 'Z') volume.bind = { ...volume.bind, selinux: option };
}

function isFilePath(source: string): boolean {
  if (/^[./~]/.test(source) || source.startsWith('\\\\')) return true;
  const [first = '', second] = source;
  return second === ':' && isDriveLetter(first);
}

function isDriveLetter(text: string): boolean {
  return /^\p{L}$/u.test(text);
}
