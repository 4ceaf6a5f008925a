/**
 * What dockerd is told: its flags and /etc/docker/daemon.json, read as it reads them, with its words for what is wrong.
 * Source: moby daemon/config/config.go: MergeDaemonConfigurations, findConfigurationConflicts, Validate; pflag.
 */
import { jsonTextMistake } from './api/go-json.ts';
import { decode, type Shape } from './api/shape.ts';
import { directives, flagOf, shortFlags } from './daemon-directives.ts';
import { EngineError } from './errors.ts';
import { parseGoBool } from './go-values.ts';

export const daemonFile = '/etc/docker/daemon.json';

/** Values by directive, each in its shape. */
export type DaemonSettings = Readonly<Record<string, unknown>>;

/** Beyond it nothing is read: it is no configuration. */
export const maxDaemonFileBytes = 256 << 10;

/** dockerd could not be configured. The message is all that it prints. */
export class DaemonConfigError extends Error {
  override readonly name = 'DaemonConfigError';
}

/**
 * @param file content of daemon.json; undefined: there is none
 * @param args dockerd's arguments without its name
 */
export function readSettings(file: string | undefined, args: readonly string[]): DaemonSettings {
  const flags = readFlags(args);
  if (file === undefined) return flags;
  try {
    const fromFile = readFile(file);
    refuseBoth(flags, fromFile);
    return { ...flags, ...fromFile };
  } catch (error) {
    if (!(error instanceof EngineError) && !(error instanceof DaemonConfigError)) throw error;
    throw new DaemonConfigError(`unable to configure the Docker daemon with file ${daemonFile}: ${error.message}`);
  }
}

function readFile(text: string): DaemonSettings {
  if (text.trim() === '') return {};
  const mistake = jsonTextMistake(text);
  if (mistake !== undefined) throw new DaemonConfigError(mistake);
  const value: unknown = JSON.parse(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new DaemonConfigError(`json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`);
  }
  const unknown = Object.keys(value).filter((key) => directives[key] === undefined);
  if (unknown.length > 0)
    throw new DaemonConfigError(`the following directives don't match any configuration option: ${unknown.sort().join(', ')}`);
  const shape: Shape = { struct: Object.fromEntries(Object.entries(directives).map(([name, { shape }]) => [name, shape])) };
  return decode<Record<string, unknown>>(value, shape, 'Config');
}

/** Nothing may be said in both places, lists included. */
function refuseBoth(flags: DaemonSettings, file: DaemonSettings): void {
  const both = Object.keys(file)
    .filter((name) => flags[name] !== undefined)
    .map((name) => `${name}: (from flag: ${goValue(flags[name])}, from file: ${goValue(file[name])})`);
  if (both.length === 0) return;
  throw new DaemonConfigError(
    `the following directives are specified both as a flag and in the configuration file: ${both.sort().join(', ')}`,
  );
}

/** As Go's `%v` has it. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value === 'object' && value !== null)
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${key}:${goValue(each)}`)
      .join(' ')}]`;
  return String(value);
}

/** @throws DaemonConfigError in pflag's words */
function readFlags(args: readonly string[]): DaemonSettings {
  const settings: Record<string, unknown> = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-') || arg === '-') throw new DaemonConfigError(usage(`"dockerd" accepts no arguments`));
    const long = arg.startsWith('--');
    const [written = '', given] = long
      ? arg.slice(2).split(/=(.*)/s)
      : [arg.slice(1, 2), arg.length > 2 ? arg.slice(2).replace(/^=/, '') : undefined];
    const flag = long ? written : shortFlags[written];
    const name = flag === undefined ? undefined : Object.keys(directives).find((each) => flagOf(each) === flag);
    if (name === undefined)
      throw new DaemonConfigError(usage(long ? `unknown flag: --${written}` : `unknown shorthand flag: '${written}' in ${arg}`));
    const shape = directives[name]?.shape;
    const text = given ?? (shape === 'bool' ? 'true' : rest.shift());
    if (text === undefined)
      throw new DaemonConfigError(usage(long ? `flag needs an argument: --${written}` : `flag needs an argument: '${written}' in ${arg}`));
    settings[name] = flagValue(settings[name], shape ?? 'string', text, long ? `--${written}` : `-${written}, --${flag}`);
  }
  return settings;
}

function flagValue(before: unknown, shape: Shape, text: string, name: string): unknown {
  const invalid = (why: string): DaemonConfigError =>
    new DaemonConfigError(usage(`invalid argument ${JSON.stringify(text)} for ${JSON.stringify(name)} flag: ${why}`));
  if (shape === 'bool') {
    const flag = parseGoBool(text);
    if (flag === undefined) throw invalid(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    return flag;
  }
  if (shape === 'int') {
    if (!/^[+-]?\d+$/.test(text)) throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }
  if (typeof shape === 'object' && 'list' in shape)
    return [...((before as unknown[] | undefined) ?? []), shape.list === 'string' ? text : pairs(text)];
  if (typeof shape === 'object' && 'map' in shape) return { ...(before as object | undefined), ...mapEntry(text) };
  return text;
}

/** `base=10.0.0.0/8,size=24` */
function pairs(text: string): Record<string, unknown> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value = ''] = pair.split(/=(.*)/s);
      return [key, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

/** `max-size=10m`, `nofile=1024:2048`, `buildkit=true` */
function mapEntry(text: string): Record<string, unknown> {
  const [key = '', value = ''] = text.split(/=(.*)/s);
  return { [key]: value };
}

function usage(message: string): string {
  return `${message}\nSee 'dockerd --help'.`;
}
