/**
 * Makes the project's volumes, or sees that those that others made are there.
 * Source: docker/compose 2.26.1 pkg/compose/create.go, ensureProjectVolumes.
 */
import type { Volume, VolumeCreateRequest } from '#engine/api/types/volume.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { COMPOSE_VERSION, PROJECT_LABEL, VERSION_LABEL, VOLUME_LABEL } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeVolume, Project } from './project.ts';
import { done, failed, working } from './progress.ts';

export async function ensureVolumes(work: ComposeWork, project: Project): Promise<void> {
  for (const key of sortedKeys(project.volumes)) {
    const volume = project.volumes[key]!;
    const name = volume.name ?? key;
    const there = await work.api.get<Volume>(`/volumes/${encodeURIComponent(name)}`).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      return undefined;
    });
    if (there) {
      if (!volume.external) checkVolume(there, project.name, work.warn);
      continue;
    }
    if (volume.external) throw new ComposeError(`external volume "${name}" not found`);
    await createVolume(work, volumeRequest(project.name, key, volume));
  }
}

/** The body of `POST /volumes/create`. */
export function volumeRequest(project: string, key: string, volume: ComposeVolume): VolumeCreateRequest {
  return {
    ...(volume.driver && { Driver: volume.driver }),
    ...(volume.driver_opts && { DriverOpts: volume.driver_opts }),
    Labels: { ...volume.labels, [PROJECT_LABEL]: project, [VERSION_LABEL]: COMPOSE_VERSION, [VOLUME_LABEL]: key },
    Name: volume.name ?? key,
  };
}

async function createVolume({ api, progress }: ComposeWork, request: VolumeCreateRequest): Promise<void> {
  const id = `Volume "${request.Name!}"`;
  progress.event(working(id, 'Creating'));
  try {
    await api.post('/volumes/create', { json: request });
  } catch (error) {
    progress.event(failed(id, 'Error'));
    throw error;
  }
  progress.event(done(id, 'Created'));
}

function checkVolume({ Name: name, Labels: labels }: Volume, project: string, warn: (message: string) => void): void {
  const owner = labels?.[PROJECT_LABEL];
  const hint = 'Use `external: true` to use an existing volume';
  if (owner === undefined) warn(`volume "${name}" already exists but was not created by Docker Compose. ${hint}`);
  else if (owner !== project)
    warn(`volume "${name}" already exists but was created for project "${owner}" (expected "${project}"). ${hint}`);
}
