/**
 * `--log-driver` and `--log-opt`: which drivers there are, what they take, and the driver made from it.
 * Source: moby daemon/logger/factory.go, jsonfilelog, local.
 */
import type { HostConfig } from '../../api/types/container.ts';
import type { DaemonConfig } from '../../daemon-config.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { shortId } from '../../id.ts';
import type { Storage } from '../../storage.ts';
import type { ContainerRecord } from '../container.ts';
import type { LogDriver } from './driver.ts';
import { FileLog } from './file-log.ts';

export const logDrivers = ['json-file', 'local'];

const common = ['mode', 'max-buffer-size'];
const known = ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'];

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/** @throws EngineError `invalid-parameter` with Docker's words */
export function validateLogConfig({ Type: type, Config: config }: HostConfig['LogConfig']): void {
  if (type === 'none') return;
  const options = config ?? {};
  const mode = options['mode'] ?? '';
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw bad(`logger: logging mode not supported: ${mode}`);
  if (options['max-buffer-size'] !== undefined && mode !== 'non-blocking') {
    throw bad("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  if (!logDrivers.includes(type)) throw bad(`logger: no log driver named '${type}' is registered`);
  for (const key of Object.keys(options)) {
    if (common.includes(key) || known.includes(key)) continue;
    throw bad(type === 'local' ? `unknown log opt '${key}' for log driver local` : `unknown log opt '${key}' for json-file log driver`);
  }
}

/** What a container has when it leaves the driver, or options of the daemon's driver, open. Source: moby daemon/logs.go. */
export function mergedLogConfig(
  { Type: type, Config: given }: HostConfig['LogConfig'],
  { logDriver, logOptions }: Pick<DaemonConfig, 'logDriver' | 'logOptions'>,
): HostConfig['LogConfig'] {
  const chosen = type || logDriver;
  return { Type: chosen, Config: chosen === logDriver ? { ...logOptions, ...given } : { ...given } };
}

/** Where a container's log is, as `inspect` shows it; empty for drivers that keep no file to look into. */
export function logPathOf(id: string, type: string): string {
  return type === 'json-file' ? `/var/lib/docker/containers/${id}/${id}-json.log` : '';
}

/** @throws EngineError when an option's value is wrong; Docker, too, tells only when the container starts */
export function openLog(
  storage: Storage,
  container: Pick<ContainerRecord, 'id' | 'name' | 'imageId' | 'config' | 'hostConfig'>,
): LogDriver | undefined {
  const { Type: type, Config: config } = container.hostConfig.LogConfig;
  if (type === 'none') return undefined;
  const options = config ?? {};
  const { id } = container;
  const local = type === 'local';
  return new FileLog(storage, {
    path: local ? `containers/${id}/local-logs/container.log` : `containers/${id}/${id}-json.log`,
    ...boundsOf(options, local),
    attributes: attributesOf(container, options),
  });
}

/**
 * How large a log may become. Docker lets a json-file grow until the disk is full; here all nodes share the memory of a
 * page, so that one that nobody bounded keeps its newest 8 to 16 MB.
 */
function boundsOf(options: Record<string, string>, local: boolean): { maxBytes: number; maxFiles: number } {
  const { 'max-size': size, 'max-file': files } = options;
  const maxFiles = files === undefined ? undefined : countOf(files);
  if (size === undefined)
    return local ? { maxBytes: 20e6, maxFiles: maxFiles ?? 5 } : { maxBytes: 8e6, maxFiles: Math.max(2, maxFiles ?? 2) };
  return { maxBytes: sizeOf(size), maxFiles: maxFiles ?? (local ? 5 : 1) };
}

/** `10m`, `1.5k`: decimal units, as docker/go-units FromHumanSize. */
function sizeOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kKmMgGtTpP]?)[iI]?[bB]?$/.exec(text);
  if (!match) throw failure(`invalid size: '${text}'`);
  const bytes = Math.floor(Number(match[1]) * 1000 ** ' kmgtp'.indexOf((match[2] || ' ').toLowerCase()));
  if (bytes <= 0) throw failure('max-size must be a positive number');
  return bytes;
}

const failure = (why: string): EngineError =>
  new EngineError('unknown', `failed to create task for container: failed to initialize logging driver: ${why}`);

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw failure(`error parsing regexp: ${messageOf(error)}`);
  }
}

function countOf(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw failure(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 1) throw failure('max-file cannot be less than 1');
  return Number(text);
}

function attributesOf(
  { id, name, imageId, config }: Pick<ContainerRecord, 'id' | 'name' | 'imageId' | 'config'>,
  options: Record<string, string>,
): Record<string, string> {
  const attributes: Record<string, string> = {};
  const take = (source: Record<string, string>, names: string | undefined, pattern: string | undefined): void => {
    for (const key of names?.split(',') ?? []) if (Object.hasOwn(source, key)) attributes[key] = source[key] as string;
    const expression = pattern ? expressionOf(pattern) : undefined;
    for (const [key, value] of Object.entries(source)) if (expression?.test(key)) attributes[key] = value;
  };
  const env = Object.fromEntries((config.Env ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));
  take(config.Labels ?? {}, options['labels'], options['labels-regex']);
  take(env, options['env'], options['env-regex']);
  const fields: Record<string, string> = {
    ID: shortId(id),
    FullID: id,
    Name: name,
    ImageID: shortId(imageId),
    ImageFullID: imageId,
    ImageName: config.Image,
    DaemonName: 'docker',
  };
  const tag = options['tag']?.replace(/\{\{ *\.(\w+) *\}\}/g, (whole, field: string) =>
    Object.hasOwn(fields, field) ? (fields[field] as string) : whole,
  );
  if (tag) attributes['tag'] = tag;
  return attributes;
}
