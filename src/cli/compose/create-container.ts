/**
 * Makes one container of a service, with the files that are written into it.
 * Source: docker/compose 2.26.1 pkg/compose/{convergence,secrets}.go, createMobyContainer.
 */
import type { ContainerSummary, CreateContainerResponse } from '#engine/api/types/container.ts';
import type { ImageInspect } from '#engine/api/types/image.ts';
import { concatBytes } from '#engine/bytes.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import { addProxies } from '../container/proxy-environment.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { configTarget, isWritten, secretTarget } from './create-mounts.ts';
import { createRequest, type CreateOptions } from './create-request.ts';
import { imageName } from './labels.ts';
import type { ComposeService, FileObject, FileReference, Project } from './project.ts';
import { nameOf, projectContainers } from './project-containers.ts';

export interface NewContainer extends Omit<CreateOptions, 'links' | 'proxies' | 'inherited' | 'imageVolumes'> {
  name: string;
  /** The container that is replaced, when its anonymous volumes go on. */
  replaced?: ContainerSummary | undefined;
}

/** @returns the container's id */
export async function createContainer(work: ComposeWork, project: Project, service: ComposeService, wanted: NewContainer): Promise<string> {
  const { api, context, warn } = work;
  const { Config } = await api.get<ImageInspect>(`/images/${imageName(project, service)}/json`);
  warnOfOwners(service, warn);
  const body = createRequest(project, service, {
    ...wanted,
    inherited: wanted.replaced?.Mounts ?? [],
    imageVolumes: Object.keys(Config?.Volumes ?? {}),
    links: await linksOf(work, project, service, wanted.number),
    proxies: await addProxies(context, []),
  });
  const query = { name: wanted.name, platform: service.platform || undefined };
  const { Id, Warnings } = await api.post<CreateContainerResponse>('/containers/create', { query, json: body });
  for (const warning of Warnings ?? []) warn(warning);
  await writeFiles(work, project, service, Id);
  return Id;
}

function warnOfOwners({ secrets = [], configs = [] }: ComposeService, warn: (message: string) => void): void {
  const has = ({ uid, gid, mode }: FileReference): boolean => Boolean(uid) || Boolean(gid) || mode !== undefined;
  if (secrets.some(has)) warn('secrets `uid`, `gid` and `mode` are not supported, they will be ignored');
  if (configs.some(has)) warn('config `uid`, `gid` and `mode` are not supported, they will be ignored');
}

/** `container:alias` for each container of a linked service, and for external links. */
async function linksOf({ api }: ComposeWork, project: Project, service: ComposeService, number: number): Promise<string[]> {
  const links: string[] = [];
  for (const link of service.links ?? []) {
    const [name = '', alias = name] = link.split(':');
    for (const container of await projectContainers(api, project.name, { services: [name] })) {
      links.push(...[alias, `${name}-${number}`, `${project.name}-${name}-${number}`].map((one) => `${nameOf(container)}:${one}`));
    }
  }
  for (const link of service.external_links ?? []) {
    const [name = '', alias = name] = link.split(':');
    links.push(`${name}:${alias}`);
  }
  return links;
}

/** Secrets from the environment, and configurations from it or from the file's own text. */
async function writeFiles({ api, context }: ComposeWork, project: Project, service: ComposeService, container: string): Promise<void> {
  const secrets = (service.secrets ?? []).map((reference) => ({
    reference,
    object: project.secrets[reference.source ?? ''],
    path: secretTarget(reference),
  }));
  const configs = (service.configs ?? []).map((reference) => ({
    reference,
    object: project.configs[reference.source ?? ''],
    path: configTarget(reference),
  }));
  for (const { reference, object, path } of [...secrets, ...configs]) {
    if (!object || !isWritten(object)) continue;
    const content = new TextEncoder().encode(contentOf(project, object));
    if (content.length === 0) continue;
    await api.put(`/containers/${container}/archive`, {
      query: { noOverwriteDirNonDir: true, path: '/' },
      headers: { 'Content-Type': 'application/x-tar' },
      body: archiveOf(path, content, reference, context.environment.clock.now()),
    });
  }
}

function contentOf({ environment }: Project, { environment: variable, content = '', name = '' }: FileObject): string {
  if (!variable) return content;
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
  if (value === undefined) throw new ComposeError(`environment variable "${variable}" required by file "${name}" is not set`);
  return value;
}

/** One file, whose directories the daemon makes. */
function archiveOf(path: string, content: Uint8Array, { uid, gid, mode = 0o444 }: FileReference, nowMs: number): Uint8Array {
  const owner = { uid: Number(uid ?? 0) || 0, gid: Number(gid ?? 0) || 0 };
  return concatBytes([...tarPieces({ path, type: 'file', mode, ...owner, mtime: Math.floor(nowMs / 1000), content }), endOfTar]);
}
