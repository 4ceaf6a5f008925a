/**
 * What a container takes over from its image where the user said nothing.
 * Source: moby daemon/commit.go, merge; daemon/create.go, mergeAndVerifyConfig.
 */
import type { ContainerConfig } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import type { RunConfig } from '../oci/image-config.ts';

export function withImageDefaults(user: Partial<ContainerConfig>, image: RunConfig): Partial<ContainerConfig> {
  const merged: Partial<ContainerConfig> = { ...user };
  merged.User = user.User || image.User || '';
  merged.ExposedPorts = { ...image.ExposedPorts, ...user.ExposedPorts };
  merged.Env = mergedEnv(user.Env ?? [], image.Env ?? []);
  merged.Labels = { ...image.Labels, ...user.Labels };
  const entrypoint = user.Entrypoint ?? [];
  if (entrypoint.length === 0) {
    if ((user.Cmd ?? []).length === 0) merged.Cmd = image.Cmd ?? null;
    // An empty list says "none"; nothing at all says "the image's".
    if (user.Entrypoint === undefined || user.Entrypoint === null) merged.Entrypoint = image.Entrypoint ?? null;
  }
  if (image.Healthcheck) merged.Healthcheck = mergedHealthcheck(user.Healthcheck, image.Healthcheck);
  merged.WorkingDir = user.WorkingDir || image.WorkingDir || '';
  const volumes = { ...user.Volumes, ...image.Volumes };
  merged.Volumes = Object.keys(volumes).length > 0 ? volumes : null;
  merged.StopSignal = user.StopSignal || image.StopSignal || '';
  return merged;
}

/** Resets `--entrypoint ""`, and checks that there is something to run. */
export function checkCommand(config: Partial<ContainerConfig>): void {
  if (config.Entrypoint?.length === 1 && config.Entrypoint[0] === '') config.Entrypoint = null;
  if ((config.Entrypoint ?? []).length === 0 && (config.Cmd ?? []).length === 0)
    throw new EngineError('invalid-parameter', 'no command specified');
}

function mergedEnv(user: string[], image: string[]): string[] | null {
  const nameOf = (pair: string): string => pair.split('=')[0] as string;
  if (user.length === 0) return image.length > 0 ? image : null;
  const names = new Set(user.map(nameOf));
  return [...user, ...image.filter((pair) => !names.has(nameOf(pair)))];
}

type Healthcheck = NonNullable<ContainerConfig['Healthcheck']>;

function mergedHealthcheck(user: Healthcheck | undefined, image: Healthcheck): Healthcheck {
  if (!user) return image;
  const merged: Healthcheck = { ...user };
  if ((user.Test ?? []).length === 0 && image.Test) merged.Test = image.Test;
  for (const key of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const) {
    if (!user[key] && image[key]) merged[key] = image[key];
  }
  return merged;
}

/** The file to run and its arguments. */
export function commandOf(config: Pick<ContainerConfig, 'Entrypoint' | 'Cmd'>): { path: string; args: string[] } {
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  return { path, args };
}
