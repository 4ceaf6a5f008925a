/** Reads a project and prints it in canonical form, or what is in it. Source: docker/compose 2.26.1 cmd/compose/config.go. */
import type { DistributionInspect } from '#engine/api/types/image.ts';
import { fullString, type Reference } from '#engine/oci/reference.ts';
import type { Command, CommandContext } from '../command.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { openError } from '../options/open-error.ts';
import { registryAuth } from '../registry/credentials.ts';
import {
  hashesText,
  imagesText,
  modelText,
  pinnedImage,
  profilesText,
  projectText,
  servicesText,
  variablesText,
  volumesText,
} from './config-output.ts';
import { loadProject, loadProjectModel, type LoadOptions } from './load/load-project.ts';
import { isModel, type Model } from './load/model.ts';
import type { Project } from './project.ts';

/** What `docker compose`'s own flags say, which stand before the command's name. */
export interface ConfigGlobals {
  load: LoadOptions;
  compatibility: boolean;
}

/** @cli  Y  docker compose config  "Parse, resolve and render compose file in canonical format" */
// The command, for the group that knows the flags in front of it.
export function configCommand(globalsOf: (context: CommandContext) => ConfigGlobals | Promise<ConfigGlobals>): Command {
  return {
    path: ['compose', 'config'],
    run: async (context) => {
      const { load, compatibility } = await globalsOf(context);
      const options = { ...load, ...loadFlags(context.flags, compatibility), services: context.args };
      const text = await outputOf(context, options, compatibility ? '_' : '-');
      if (context.flags.bool('quiet')) return;
      const output = context.flags.string('output');
      if (output === '' || text === '') await context.out(text);
      else await writeOutput(context, output, text);
    },
  };
}

function loadFlags(flags: ParsedFlags, compatibility: boolean): Partial<LoadOptions> {
  return {
    interpolate: !flags.bool('no-interpolate'),
    normalize: !flags.bool('no-normalize') && !compatibility,
    resolvePaths: !flags.bool('no-path-resolution'),
    checkConsistency: !flags.bool('no-consistency'),
  };
}

/** The first of these flags counts. */
async function outputOf(context: CommandContext, options: LoadOptions, separator: string): Promise<string> {
  const { flags } = context;
  const all = { ...options, services: [], resolveEnvironment: false };
  if (flags.bool('services')) return servicesText(await loadProject(all));
  if (flags.bool('volumes')) return volumesText(await loadProject(all));
  const hash = flags.string('hash');
  if (hash !== '') return hashesText(await loadProject(all), hash);
  if (flags.bool('profiles')) return profilesText(await loadProject({ ...options, resolveEnvironment: false }));
  if (flags.bool('images')) return imagesText(await loadProject({ ...options, resolveEnvironment: false }), separator);
  if (flags.bool('variables')) return variablesText((await loadProjectModel({ ...options, interpolate: false })).model);
  const format = flags.string('format');
  if (flags.bool('no-interpolate')) {
    const { model } = await loadProjectModel(options);
    if (flags.bool('resolve-image-digests')) await pinModel(model, context);
    return modelText(model, format);
  }
  const project = await loadProject(options);
  if (flags.bool('resolve-image-digests')) await pinProject(project, context);
  return projectText(project, format);
}

async function pinModel(model: Model, context: CommandContext): Promise<void> {
  for (const service of Object.values(isModel(model['services']) ? model['services'] : {})) {
    if (isModel(service) && typeof service['image'] === 'string') service['image'] = await pinned(service['image'], context);
  }
}

/** Compose 2.26 forgets this unless variables stay; it is done here all the same, as later versions do. */
async function pinProject(project: Project, context: CommandContext): Promise<void> {
  for (const service of Object.values(project.services)) if (service.image) service.image = await pinned(service.image, context);
}

function pinned(image: string, context: CommandContext): Promise<string> {
  return pinnedImage(image, async (reference: Reference) => {
    const headers = await registryAuth(context, reference);
    const { Descriptor } = await (await context.api()).get<DistributionInspect>(`/distribution/${fullString(reference)}/json`, { headers });
    return Descriptor.digest;
  });
}

async function writeOutput({ environment }: CommandContext, path: string, text: string): Promise<void> {
  try {
    await environment.files.write(path, new TextEncoder().encode(text), 0o644);
  } catch (error) {
    throw openError(path, error);
  }
}
