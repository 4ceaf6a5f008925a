/** Images as Docker's JSON shows them, for each API version. */
import type { Image } from '../../image/image-store.ts';
import type { ListedImage } from '../../image/list.ts';
import type { RunConfig } from '../../oci/image-config.ts';
import type { StorageDriver } from '../../storage-driver.ts';
import { zeroTime } from '../../time.ts';
import type { ContainerConfig, GraphDriver } from '../types/container.ts';
import type { ImageInspect, ImageSummary } from '../types/image.ts';
import { atLeast } from '../version.ts';

export function imageSummary(
  { image, tags, digests, sharedSizeBytes = -1, containerCount = -1 }: ListedImage,
  version: string,
): ImageSummary {
  const nameless = tags.length === 0 && digests.length === 0 && !atLeast(version, '1.43');
  return {
    Containers: containerCount,
    Created: Math.floor((image.createdMs ?? 0) / 1000),
    Id: image.id,
    Labels: sorted(image.config.config?.Labels) ?? null,
    ParentId: image.parentId,
    RepoDigests: nameless ? ['<none>@<none>'] : digests,
    RepoTags: nameless ? ['<none>:<none>'] : tags,
    SharedSize: sharedSizeBytes,
    Size: image.sizeBytes,
    ...(!atLeast(version, '1.44') && { VirtualSize: image.sizeBytes }),
  };
}

export function imageInspect(
  image: Image,
  { tags, digests }: { tags: string[]; digests: string[] },
  driver: StorageDriver,
  version: string,
): ImageInspect {
  const { config } = image;
  const created = config.created ?? (atLeast(version, '1.44') ? undefined : zeroTime);
  return {
    Id: image.id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: image.parentId,
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    ...(created !== undefined && { Created: created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: (atLeast(version, '1.50') ? withoutEmpty(config.config ?? {}) : legacyConfig(config.config ?? {})) as ImageInspect['Config'],
    Architecture: config.architecture,
    ...(config.variant && { Variant: config.variant }),
    Os: config.os || 'linux',
    ...(config['os.version'] && { OsVersion: config['os.version'] }),
    Size: image.sizeBytes,
    ...(!atLeast(version, '1.44') && { VirtualSize: image.sizeBytes }),
    GraphDriver: driver === 'overlay2' ? graphDriver(image) : { Data: null, Name: driver },
    RootFS: { Type: config.rootfs.type, ...(config.rootfs.diff_ids.length > 0 && { Layers: config.rootfs.diff_ids }) },
    Metadata: { LastTagTime: image.lastTagTime ?? zeroTime },
  };
}

/** Where overlay2 keeps the topmost layer and those below it. */
function graphDriver(image: Image): GraphDriver {
  const top = image.layers.at(-1);
  if (!top) return { Data: null, Name: 'overlay2' };
  const directory = (cacheId: string): string => `/var/lib/docker/overlay2/${cacheId}`;
  const below = image.layers.slice(0, -1).reverse();
  return {
    Data: {
      ...(below.length > 0 && { LowerDir: below.map(({ cacheId }) => `${directory(cacheId)}/diff`).join(':') }),
      MergedDir: `${directory(top.cacheId)}/merged`,
      UpperDir: `${directory(top.cacheId)}/diff`,
      WorkDir: `${directory(top.cacheId)}/work`,
    },
    Name: 'overlay2',
  };
}

/** Keys in the order of the alphabet, as Go writes maps. */
function sorted<T>(map: Record<string, T> | undefined): Record<string, T> | undefined {
  return map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Fields in Go's order; what is empty is left out. */
function withoutEmpty(config: RunConfig): RunConfig {
  const { User, Env, Entrypoint, Cmd, WorkingDir, StopSignal, ArgsEscaped, Healthcheck, OnBuild, Shell } = config;
  const ExposedPorts = sorted(config.ExposedPorts);
  const Volumes = sorted(config.Volumes);
  const Labels = sorted(config.Labels);
  const ordered = {
    User,
    ExposedPorts,
    Env,
    Entrypoint,
    Cmd,
    Volumes,
    WorkingDir,
    Labels,
    StopSignal,
    ArgsEscaped,
    Healthcheck,
    OnBuild,
    Shell,
  };
  const filled = Object.entries(ordered).filter(
    ([, value]) => value !== undefined && value !== '' && value !== false && !isEmptyCollection(value),
  );
  return Object.fromEntries(filled);
}

function isEmptyCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Before 1.50 an image's configuration looked like a container's. */
function legacyConfig(config: RunConfig): ContainerConfig {
  const { User, ExposedPorts, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, ArgsEscaped, Healthcheck, OnBuild, Shell } =
    withoutEmpty(config);
  return {
    Hostname: '',
    Domainname: '',
    User: User ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(ExposedPorts && { ExposedPorts }),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: Env ?? null,
    Cmd: Cmd ?? null,
    ...(Healthcheck && { Healthcheck }),
    ...(ArgsEscaped && { ArgsEscaped }),
    Image: '',
    Volumes: Volumes ?? null,
    WorkingDir: WorkingDir ?? '',
    Entrypoint: Entrypoint ?? null,
    OnBuild: OnBuild ?? null,
    Labels: Labels ?? null,
    ...(StopSignal && { StopSignal }),
    ...(Shell && { Shell }),
  };
}
