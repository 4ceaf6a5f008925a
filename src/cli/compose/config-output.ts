/**
 * What `docker compose config` prints, as text. Where Compose's order is Go's order of maps, it is by name here.
 * Source: docker/compose 2.26.1 cmd/compose/config.go.
 */
import { quote } from '#engine/go-quote.ts';
import { fullString, parseNormalizedNamed, tagNameOnly, withDigest, type Reference } from '#engine/oci/reference.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { ComposeError } from './compose-error.ts';
import { emitYaml } from './emit-yaml.ts';
import { goJson } from './go-json.ts';
import { SECRET_CONTENT } from './load/resolve-environment.ts';
import { cloneValue, isModel, sortedKeys, type Model } from './load/model.ts';
import { extractVariables } from './load/variables.ts';
import type { ComposeService, Project } from './project.ts';
import { servicesInOrder } from './project-selection.ts';
import { projectJson, projectYaml } from './render.ts';
import { serviceHash } from './service-hash.ts';

/** The project in canonical form. A dollar is written twice, so that the output can be read again. */
export function projectText(project: Project, format: string): string {
  const text = format === 'json' ? projectJson(project) : format === 'yaml' ? projectYaml(project) : unsupported(format);
  return text.replaceAll('$', '$$$$');
}

/** The model before its variables are replaced. */
export function modelText(model: Model, format: string): string {
  const shown = cloneValue(model) as Model;
  for (const secret of Object.values(isModel(shown['secrets']) ? shown['secrets'] : {})) if (isModel(secret)) delete secret[SECRET_CONTENT];
  return format === 'json' ? goJson(shown, '  ') : format === 'yaml' ? emitYaml(shown) : unsupported(format);
}

function unsupported(format: string): never {
  throw new ComposeError(`unsupported format ${quote(format)}`);
}

/** Each service after those that it depends on. */
export function servicesText(project: Project): string {
  return lines(servicesInOrder(project, []).map(({ name }) => name));
}

export function volumesText(project: Project): string {
  return lines(sortedKeys(project.volumes));
}

export function profilesText(project: Project): string {
  const services = Object.values({ ...project.services, ...project.disabledServices });
  return lines([...new Set(services.flatMap(({ profiles = [] }) => profiles))].sort());
}

/** @param separator of the names that Compose makes: `-`, or `_` as Compose 1 did */
export function imagesText(project: Project, separator: string): string {
  return lines(sortedKeys(project.services).map((name) => imageNameOf(project.services[name]!, project.name, separator)));
}

/** The image of a service, or the name that one built for it gets. */
export function imageNameOf(service: ComposeService, projectName: string, separator: string): string {
  return service.image || projectName + separator + service.name;
}

/** @param names `*`, or services with commas between them */
export function hashesText(project: Project, names: string): string {
  const chosen = names === '*' ? sortedKeys(project.services) : names.split(',').sort();
  return lines(chosen.map((name) => `${name} ${serviceHash(serviceOf(project, name))}`));
}

function serviceOf(project: Project, name: string): ComposeService {
  const service = Object.hasOwn(project.services, name) ? project.services[name] : undefined;
  if (service) return service;
  throw new ComposeError(`no such service: ${name}: ${Object.hasOwn(project.disabledServices, name) ? 'disabled' : 'not found'}`);
}

export function variablesText(model: Model): string {
  const variables = extractVariables(model);
  const rows = [...variables.keys()].sort().map((name) => {
    const { required, defaultValue, presenceValue } = variables.get(name)!;
    return [name, String(required), defaultValue, presenceValue].join('\t');
  });
  const header = ['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'].join('\t');
  return alignColumns(lines([header, ...rows]), { minWidth: 20, padding: 3, padCharacter: ' ' });
}

/** Asks a registry which content a name stands for. */
export type DigestOf = (reference: Reference) => Promise<string>;

/** The image with the digest that its name has now; one that has a digest stays. */
export async function pinnedImage(image: string, digestOf: DigestOf): Promise<string> {
  const reference = tagNameOnly(parseNormalizedNamed(image));
  return fullString(reference.digest === undefined ? withDigest(reference, await digestOf(reference)) : reference);
}

function lines(list: string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
