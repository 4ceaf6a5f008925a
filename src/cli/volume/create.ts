/** Makes a volume. Source: docker/cli cli/command/volume/create.go. */
import type { ClusterVolumeSpec, Topology, Volume, VolumeCreateRequest } from '#engine/api/types/volume.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { listOf } from '../flags/syntax.ts';
import { compareStrings } from '../format/gotemplate/value.ts';
import { validateLabel } from '../options/container-values.ts';
import { cut, toMap } from '../options/key-value-file.ts';

/** Flags that make it a volume of the cluster; that the others do not is Docker's choice. */
const CLUSTER_FLAGS = ['group', 'scope', 'sharing', 'availability', 'type', 'limit-bytes', 'required-bytes'];

/** @cli  Y  docker volume create  "Create a volume" */
export const createCommand: Command = {
  path: ['volume', 'create'],
  flags: () => ({ label: listOf(validateLabel) }),
  async run(context) {
    const { flags, args } = context;
    const given = flags.string('name');
    if (args.length > 0 && given !== '') {
      throw new ExitError(1, 'conflicting options: cannot specify a volume-name through both --name and as a positional arg');
    }
    const json: VolumeCreateRequest = {
      ...(CLUSTER_FLAGS.some((name) => flags.changed(name)) && { ClusterVolumeSpec: clusterSpec(flags) }),
      Driver: flags.string('driver'),
      ...filled({ DriverOpts: flags.value<Record<string, string>>('opt'), Labels: toMap(flags.list('label')) }),
      ...((args[0] ?? given) !== '' && { Name: args[0] ?? given }),
    };
    const { Name } = await (await context.api()).post<Volume>('/volumes/create', { json });
    await context.out(`${Name}\n`);
  },
};

/** Without the maps that are empty, as Go leaves them out. */
function filled<T extends Record<string, object>>(maps: T): Partial<T> {
  return Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0)) as Partial<T>;
}

function clusterSpec(flags: ParsedFlags): ClusterVolumeSpec {
  const [group, type, required, limit] = [
    flags.string('group'),
    flags.string('type'),
    flags.number('required-bytes'),
    flags.number('limit-bytes'),
  ];
  const [requisite, preferred] = [flags.list('topology-required').map(topology), flags.list('topology-preferred').map(topology)];
  const secrets = Object.entries(flags.value<Record<string, string>>('secret')).sort(([a], [b]) => compareStrings(a, b));
  return {
    ...(group !== '' && { Group: group }),
    AccessMode: {
      Scope: flags.string('scope'),
      Sharing: flags.string('sharing'),
      ...(type === 'mount' && { MountVolume: {} }),
      ...(type === 'block' && { BlockVolume: {} }),
    },
    AccessibilityRequirements: {
      ...(requisite.length > 0 && { Requisite: requisite }),
      ...(preferred.length > 0 && { Preferred: preferred }),
    },
    CapacityRange: {
      RequiredBytes: required,
      LimitBytes: limit,
    },
    ...(secrets.length > 0 && { Secrets: secrets.map(([Key, Secret]) => ({ Key, Secret })) }),
    Availability: flags.string('availability'),
  };
}

/** `region=r1,zone=z1` */
function topology(text: string): Topology {
  return { Segments: Object.fromEntries(text.split(',').map(cut)) };
}
