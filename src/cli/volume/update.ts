/** Changes a volume of the cluster, of which nothing but its availability can be changed. Source: docker/cli cli/command/volume/update.go. */
import type { Volume } from '#engine/api/types/volume.ts';
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { objectPath } from '../object-path.ts';

/** @cli  Y  docker volume update  "Update a volume (cluster volumes only)" */
export const updateCommand: Command = {
  path: ['volume', 'update'],
  async run(context) {
    const { flags, args } = context;
    const api = await context.api();
    const { ClusterVolume } = await api.get<Volume>(objectPath('volume', args[0] ?? ''));
    if (!ClusterVolume) throw new ExitError(1, 'can only update cluster volumes');
    const availability = flags.changed('availability') && { Availability: flags.string('availability') };
    const query = { version: ClusterVolume.Version.Index };
    await api.put(objectPath('volume', ClusterVolume.ID), { query, json: { Spec: { ...ClusterVolume.Spec, ...availability } } });
  },
};
