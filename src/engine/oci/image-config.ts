/**
 * Image configurations: the JSON document whose digest is the image's id. Parses what a registry or a user gave
 * with checked shapes; keys are the format's.
 * Source: OCI image-spec config.md; moby docker-image-spec.
 */
import { EngineError } from '../errors.ts';
import { isDigest } from './digest.ts';

/** What an image says about containers made from it. */
export interface RunConfig {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  ArgsEscaped?: boolean;
  Healthcheck?: Healthcheck;
  OnBuild?: string[];
  Shell?: string[];
}

export interface Healthcheck {
  /** `[]` inherits, `["NONE"]` disables, else `CMD` or `CMD-SHELL` first. */
  Test?: string[];
  /** Durations in nanoseconds. */
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface HistoryEntry {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

export interface ImageConfigFile {
  architecture: string;
  variant?: string;
  os: string;
  'os.version'?: string;
  created?: string;
  author?: string;
  comment?: string;
  docker_version?: string;
  /** Of an image committed or built here: the container it was made in, and what that was started with. */
  container?: string;
  container_config?: RunConfig;
  config?: RunConfig;
  rootfs: { type: string; diff_ids: string[] };
  history?: HistoryEntry[];
}

const maxLayers = 128;

/** @throws EngineError `invalid-parameter` that says which field is wrong */
export function parseImageConfig(bytes: Uint8Array): ImageConfigFile {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new EngineError('invalid-parameter', 'invalid image config: not JSON', { cause: error });
  }
  if (!isObject(value)) throw invalid('not an object');
  const { rootfs, config, history } = value;
  if (!isObject(rootfs)) throw new EngineError('invalid-parameter', 'Invalid image JSON, no RootFS key');
  const diffIds = rootfs['diff_ids'] ?? [];
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) throw invalid('rootfs.diff_ids');
  if (diffIds.length > maxLayers) throw new EngineError('invalid-parameter', 'max depth exceeded');
  for (const key of ['architecture', 'variant', 'os', 'os.version', 'created', 'author', 'comment', 'docker_version']) {
    if (!isText(value[key])) throw invalid(key);
  }
  if (history !== undefined && history !== null && !(Array.isArray(history) && history.every(isHistoryEntry))) throw invalid('history');
  return {
    ...(value as unknown as ImageConfigFile),
    architecture: (value['architecture'] as string | null | undefined) ?? '',
    os: (value['os'] as string | null | undefined) ?? '',
    rootfs: { type: typeof rootfs['type'] === 'string' ? rootfs['type'] : 'layers', diff_ids: diffIds as string[] },
    config: checkRunConfig(config),
    ...(value['container_config'] !== undefined && { container_config: checkRunConfig(value['container_config']) }),
    history: (history ?? []) as HistoryEntry[],
  };
}

type Check = (value: unknown) => boolean;

const runConfigChecks: Record<keyof RunConfig, Check> = {
  User: isText,
  ExposedPorts: isObject,
  Env: isTextList,
  Entrypoint: isTextList,
  Cmd: isTextList,
  Volumes: isObject,
  WorkingDir: isText,
  Labels: (value) => isObject(value) && Object.values(value).every(isText),
  StopSignal: isText,
  ArgsEscaped: (value) => typeof value === 'boolean',
  Healthcheck: isHealthcheck,
  OnBuild: isTextList,
  Shell: isTextList,
};

/** Known keys only, null dropped, in Docker's order. */
function checkRunConfig(value: unknown): RunConfig {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalid('config');
  const checked: Record<string, unknown> = {};
  for (const [key, accepts] of Object.entries(runConfigChecks)) {
    const field = value[key];
    if (field === undefined || field === null) continue;
    if (!accepts(field)) throw invalid(`config.${key}`);
    checked[key] = field;
  }
  return checked as RunConfig;
}

function isHealthcheck(value: unknown): boolean {
  if (!isObject(value)) return false;
  const numbers = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'];
  return (
    (value['Test'] === undefined || isTextList(value['Test'])) &&
    numbers.every((key) => value[key] === undefined || Number.isInteger(value[key]))
  );
}

function isHistoryEntry(value: unknown): boolean {
  return isObject(value) && ['created', 'created_by', 'author', 'comment'].every((key) => isText(value[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function invalid(field: string): EngineError {
  return new EngineError('invalid-parameter', `invalid image config: ${field}`);
}
