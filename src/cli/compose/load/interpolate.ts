/**
 * `${…}` in all strings of a file, and what becomes a number or a boolean by where it stands.
 * Source: compose-go v2.6.3 interpolation, loader/interpolate.go.
 */
import { quote } from '#engine/go-quote.ts';
import { parseFloat64, parseInteger } from '../../units/number.ts';
import { ComposeError } from '../compose-error.ts';
import { isModel, newModel, type Model, type ModelValue } from './model.ts';
import { PathTable, pathText, type ModelPath } from './model-path.ts';
import { InvalidTemplateError, substitute, type Substitution } from './substitute.ts';

type Cast = (text: string, warn: (message: string) => void) => ModelValue;

const CASTS = new PathTable<Cast>({
  'services.*.cpu_count': toInt64,
  'services.*.cpu_percent': toFloat,
  'services.*.cpu_period': toInt64,
  'services.*.cpu_quota': toInt64,
  'services.*.cpu_rt_period': toInt64,
  'services.*.cpu_rt_runtime': toInt64,
  'services.*.cpus': toFloat,
  'services.*.cpu_shares': toInt64,
  'services.*.init': toBoolean,
  'services.*.deploy.replicas': toInt,
  'services.*.deploy.update_config.parallelism': toInt,
  'services.*.deploy.update_config.max_failure_ratio': toFloat,
  'services.*.deploy.rollback_config.parallelism': toInt,
  'services.*.deploy.rollback_config.max_failure_ratio': toFloat,
  'services.*.deploy.restart_policy.max_attempts': toInt,
  'services.*.deploy.placement.max_replicas_per_node': toInt,
  'services.*.healthcheck.retries': toInt,
  'services.*.healthcheck.disable': toBoolean,
  'services.*.oom_kill_disable': toBoolean,
  'services.*.oom_score_adj': toInt64,
  'services.*.pids_limit': toInt64,
  'services.*.ports.[].target': toInt,
  'services.*.privileged': toBoolean,
  'services.*.read_only': toBoolean,
  'services.*.scale': toInt,
  'services.*.stdin_open': toBoolean,
  'services.*.tty': toBoolean,
  'services.*.ulimits.*': toInt,
  'services.*.ulimits.*.hard': toInt,
  'services.*.ulimits.*.soft': toInt,
  'services.*.volumes.[].read_only': toBoolean,
  'services.*.volumes.[].volume.nocopy': toBoolean,
  'networks.*.external': toBoolean,
  'networks.*.internal': toBoolean,
  'networks.*.attachable': toBoolean,
  'networks.*.enable_ipv4': toBoolean,
  'networks.*.enable_ipv6': toBoolean,
  'volumes.*.external': toBoolean,
  'secrets.*.external': toBoolean,
  'configs.*.external': toBoolean,
});

/** A copy with variables replaced. */
export function interpolate(model: Model, substitution: Substitution): Model {
  return interpolateValue(model, [], substitution) as Model;
}

function interpolateValue(value: ModelValue, path: ModelPath, substitution: Substitution): ModelValue {
  if (Array.isArray(value)) return value.map((entry) => interpolateValue(entry, [...path, '[]'], substitution));
  if (isModel(value)) {
    return newModel(Object.entries(value).map(([key, entry]) => [key, interpolateValue(entry, [...path, key], substitution)]));
  }
  if (typeof value !== 'string') return value;
  try {
    const text = substitute(value, substitution);
    const cast = CASTS.at(path);
    return cast ? castTo(cast, text, substitution.warn) : text;
  } catch (error) {
    if (error instanceof InvalidTemplateError) {
      throw new ComposeError(
        `invalid interpolation format for ${pathText(path)}.\nYou may need to escape any $ with another $.\n${error.template}`,
        15,
      );
    }
    throw new ComposeError(`error while interpolating ${pathText(path)}: ${(error as Error).message}`, 15);
  }
}

function castTo(cast: Cast, text: string, warn: (message: string) => void): ModelValue {
  try {
    return cast(text, warn);
  } catch (error) {
    throw new Error(`failed to cast to expected type: ${(error as Error).message}`, { cause: error });
  }
}

export function toInt(text: string): number {
  try {
    return toInt64(text);
  } catch (error) {
    throw new Error((error as Error).message.replace('strconv.ParseInt', 'strconv.Atoi'), { cause: error });
  }
}

export function toInt64(text: string): number {
  return Number(parseInteger(text, 10));
}

/** Go takes underscores between digits. */
export function toFloat(text: string): number {
  const plain = text.replace(/(?<=\d)_(?=\d)/g, '');
  return parseFloat64(Number.isFinite(Number(plain)) ? plain : text);
}

export function toBoolean(text: string, warn: (message: string) => void): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  const isTrue = ['y', 'yes', 'on'].includes(lower);
  if (!isTrue && !['n', 'no', 'off'].includes(lower)) throw new Error(`invalid boolean: ${text}`);
  warn(`${quote(text)} for boolean is not supported by YAML 1.2, please use \`${String(isTrue)}\``);
  return isTrue;
}
