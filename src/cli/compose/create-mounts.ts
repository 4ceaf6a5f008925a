/**
 * What is mounted into a service's containers: its volumes, the files of its secrets and configurations, and what a
 * container that is replaced hands on. Reads no file.
 * Source: docker/compose 2.26.1 pkg/compose/create.go.
 */
import type { Mount, MountPoint } from '#engine/api/types/container.ts';
import { joinPath } from '#engine/go-path.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeService, FileObject, FileReference, Project, ServiceVolume } from './project.ts';

export interface MountOptions {
  /** Mounts of the container that is replaced: its anonymous volumes go on. */
  inherited?: readonly MountPoint[];
  /** Paths that the image declares as volumes. */
  imageVolumes?: readonly string[];
}

/** Bind mounts whose source is made when it is missing are strings, as only those do that. */
export function mountsOf(project: Project, service: ComposeService, options: MountOptions): { binds: string[]; mounts: Mount[] } {
  const { inherited = [], imageVolumes = [] } = options;
  let volumes = service.volumes ?? [];
  const mounts = new Map<string, Mount>();
  for (const { Type = '', Name = '', Source, Destination, RW } of inherited) {
    if (Type === 'tmpfs') continue;
    const isAnonymous = ({ target, source }: ServiceVolume): boolean => target === Destination && !source;
    if (!imageVolumes.includes(Destination) && !volumes.some(isAnonymous)) continue;
    mounts.set(Destination, {
      Type,
      Source: Type === 'volume' ? Name : Source,
      Target: Destination,
      ...(!RW && { ReadOnly: true }),
    });
    volumes = volumes.filter((volume) => !isAnonymous(volume));
  }
  for (const volume of volumes) {
    const mount = mountOf(project, volume);
    mounts.set(mount.Target!, mount);
  }
  for (const mount of fileMounts(project, service)) if (!mounts.has(mount.Target!)) mounts.set(mount.Target!, mount);

  const binds: string[] = [];
  const others: Mount[] = [];
  for (const mount of mounts.values()) {
    const volume = mount.Type === 'bind' ? volumes.find(({ target = '' }) => joinPath(target) === mount.Target) : undefined;
    if (volume?.bind?.create_host_path) binds.push(bindSpec(volume, mount.Source ?? ''));
    else others.push(mount);
  }
  return { binds, mounts: others };
}

function bindSpec({ target = '', read_only: readOnly, bind }: ServiceVolume, source: string): string {
  const options = [readOnly ? 'ro' : 'rw', bind?.selinux, bind?.propagation].filter(Boolean);
  return `${source}:${target}:${options.join(',')}`;
}

function mountOf(project: Project, volume: ServiceVolume): Mount {
  const { type = 'volume', source = '', target = '', read_only: readOnly, consistency, bind, volume: named, tmpfs } = volume;
  const name = type === 'volume' ? (project.volumes[source]?.name ?? source) : source;
  return {
    Type: type,
    ...(name !== '' && { Source: name }),
    Target: joinPath(target),
    ...(readOnly && { ReadOnly: true }),
    ...(consistency && { Consistency: consistency }),
    ...(type === 'bind' && bind && { BindOptions: bind.propagation ? { Propagation: bind.propagation } : {} }),
    ...(type === 'volume' &&
      named && { VolumeOptions: { ...(named.nocopy && { NoCopy: true }), ...(named.subpath && { Subpath: named.subpath }) } }),
    ...(type === 'tmpfs' &&
      tmpfs && { TmpfsOptions: { ...(tmpfs.size && { SizeBytes: tmpfs.size }), ...(tmpfs.mode && { Mode: tmpfs.mode }) } }),
  };
}

function fileMounts(project: Project, service: ComposeService): Mount[] {
  const secrets = (service.secrets ?? []).flatMap((reference) => fileMount(project.secrets, reference, secretTarget(reference), 'secret'));
  const configs = (service.configs ?? []).flatMap((reference) => fileMount(project.configs, reference, configTarget(reference), 'config'));
  return [...secrets, ...configs];
}

/** Where a secret is seen. */
export function secretTarget({ source = '', target = '' }: FileReference): string {
  return target.startsWith('/') ? target : `/run/secrets/${target || source}`;
}

/** Where a configuration is seen. */
export function configTarget({ source = '', target = '' }: FileReference): string {
  return target.startsWith('/') ? target : `/${target || source}`;
}

/** None for what is written into the container instead: text from the file or from the environment. */
function fileMount(
  objects: Record<string, FileObject>,
  { source = '' }: FileReference,
  target: string,
  kind: 'secret' | 'config',
): Mount[] {
  const object = objects[source] ?? {};
  if (object.external) throw new ComposeError(`unsupported external ${kind} ${object.name ?? source}`);
  if (object.driver) throw new ComposeError(`Docker Compose does not support ${kind}s.*.driver`);
  if (object.template_driver) throw new ComposeError(`Docker Compose does not support ${kind}s.*.template_driver`);
  if (isWritten(object)) return [];
  return [{ Type: 'bind', Source: object.file ?? '', Target: target, ReadOnly: true }];
}

/** Its content is known, and written into the container. */
export function isWritten({ environment, content }: FileObject): boolean {
  return Boolean(environment) || content !== undefined;
}
