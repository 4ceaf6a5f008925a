/**
 * A service's environment and labels with what its files say: `env_file` before `environment`, `label_file` before `labels`.
 * Source: compose-go v2.6.3 types/project.go, WithServicesEnvironmentResolved, WithServicesLabelsResolved.
 */
import { quote } from '#engine/go-quote.ts';
import { ComposeError } from '../compose-error.ts';
import type { ComposeService, EnvFile, Project } from '../project.ts';
import { parseDotEnv } from './dotenv.ts';
import { sortedKeys } from './model.ts';
import type { FileReader } from './read-file.ts';
import type { Lookup } from './substitute.ts';

export interface ResolveOptions {
  reader: FileReader;
  warn: (message: string) => void;
  /** Leaves the names of the files in the services. */
  keepFiles: boolean;
}

/** Changes the active services. */
export async function resolveServiceEnvironments(project: Project, options: ResolveOptions): Promise<void> {
  for (const name of sortedKeys(project.services)) await resolveEnvironment(project.services[name]!, project.environment, options);
}

async function resolveEnvironment(service: ComposeService, environment: Record<string, string>, options: ResolveOptions): Promise<void> {
  const ofProject: Lookup = (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined);
  const own = newMapping<string | null>(service.environment);
  for (const [name, value] of Object.entries(own)) own[name] = value ?? ofProject(name) ?? null;
  const variables = newMapping<string>();
  for (const [name, value] of Object.entries(own)) if (value !== null) variables[name] = value;
  const lookup: Lookup = (name) => ofProject(name) ?? own[name] ?? undefined;
  for (const file of service.env_file ?? []) await readEnvFile(file, variables, lookup, options);
  service.environment = Object.assign(newMapping<string | null>(), variables, own);
  if (Object.keys(service.environment).length === 0) delete service.environment;
  if (!options.keepFiles) delete service.env_file;
}

async function readEnvFile(
  { path = '', required, format = '.env' }: EnvFile,
  into: Record<string, string>,
  lookup: Lookup,
  options: ResolveOptions,
): Promise<void> {
  if ((await kindOf(path, options)) === undefined) {
    if (!required) return;
    throw new ComposeError(`env file ${path} not found: stat ${path}: no such file or directory`, 14);
  }
  if (format !== '.env') throw new ComposeError(`unsupported env_file format ${quote(format)}`, 15);
  await readInto(into, path, lookup, options);
}

/** Changes the active services. */
export async function resolveServiceLabels(project: Project, options: ResolveOptions): Promise<void> {
  for (const name of sortedKeys(project.services)) {
    const service = project.services[name]!;
    const labels = newMapping<string>();
    for (const path of service.label_file ?? []) {
      if ((await kindOf(path, options)) === undefined) {
        throw new ComposeError(`label file ${path} not found: stat ${path}: no such file or directory`, 14);
      }
      const known = { ...labels };
      await readInto(labels, path, (label) => (Object.hasOwn(known, label) ? known[label] : undefined), options);
    }
    const all = Object.assign(labels, service.labels);
    if (Object.keys(all).length > 0) service.labels = all;
    if (!options.keepFiles) delete service.label_file;
  }
}

/** Compose goes on for every failure but that there is nothing; reading then says what is wrong. */
async function kindOf(path: string, { reader }: ResolveOptions): Promise<'file' | 'directory' | undefined> {
  try {
    return await reader.kind(path);
  } catch {
    return 'file';
  }
}

async function readInto(into: Record<string, string>, path: string, lookup: Lookup, { reader, warn }: ResolveOptions): Promise<void> {
  const text = await reader.text(path);
  try {
    parseDotEnv(text, { lookup, warn, into });
  } catch (error) {
    throw new ComposeError(`failed to read ${path}: ${(error as Error).message}`, 15);
  }
}

function newMapping<T>(from: Record<string, T> = {}): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, from);
}
