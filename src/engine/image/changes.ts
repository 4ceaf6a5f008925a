/**
 * Dockerfile instructions given to `docker import` and `docker commit` as `--change`: what they do to a
 * configuration. The small part of the Dockerfile language that these commands need.
 * Source: moby builder/dockerfile, BuildFromConfig; Dockerfile reference.
 */
import { EngineError } from '../errors.ts';
import type { RunConfig } from '../oci/image-config.ts';

/** @throws EngineError `invalid-parameter` */
export function applyChanges(config: RunConfig, changes: readonly string[]): RunConfig {
  const changed = structuredCopy(config);
  let commandGiven = false;
  for (const line of changes.flatMap((change) => change.split('\n'))) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(line) ?? [];
    const apply = instructions[word.toUpperCase()];
    if (!apply) throw new EngineError('invalid-parameter', `${word.toUpperCase()} is not a valid change command`);
    if (rest === '') throw new EngineError('invalid-parameter', `${word.toUpperCase()} requires at least one argument`);
    apply(changed, rest);
    commandGiven ||= word.toUpperCase() === 'CMD';
    // A command that came with another entrypoint would not fit this one.
    if (word.toUpperCase() === 'ENTRYPOINT' && !commandGiven) delete changed.Cmd;
  }
  return changed;
}

const instructions: Record<string, (config: RunConfig, rest: string) => void> = {
  CMD: (config, rest) => (config.Cmd = commandOf(config, rest)),
  ENTRYPOINT: (config, rest) => (config.Entrypoint = commandOf(config, rest)),
  ENV: (config, rest) => {
    for (const [name, value] of pairs('ENV', rest)) {
      const others = (config.Env ?? []).filter((entry) => !entry.startsWith(`${name}=`));
      const at = (config.Env ?? []).findIndex((entry) => entry.startsWith(`${name}=`));
      config.Env = others.toSpliced(at < 0 ? others.length : at, 0, `${name}=${value}`);
    }
  },
  EXPOSE: (config, rest) => {
    for (const port of words(rest)) {
      const [, number, protocol = 'tcp'] = /^(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i.exec(port) ?? [];
      if (number === undefined) throw new EngineError('invalid-parameter', `invalid containerPort: ${port}`);
      config.ExposedPorts = { ...config.ExposedPorts, [`${number}/${protocol.toLowerCase()}`]: {} };
    }
  },
  HEALTHCHECK: (config, rest) => {
    if (/^none$/i.test(rest)) config.Healthcheck = { Test: ['NONE'] };
    else {
      const command = /^cmd\s+(.*)$/is.exec(rest)?.[1];
      if (command === undefined) throw new EngineError('invalid-parameter', 'Unknown type in HEALTHCHECK (try CMD)');
      const list = jsonList(command);
      config.Healthcheck = { Test: list ? ['CMD', ...list] : ['CMD-SHELL', command] };
    }
  },
  LABEL: (config, rest) => (config.Labels = { ...config.Labels, ...Object.fromEntries(pairs('LABEL', rest)) }),
  ONBUILD: (config, rest) => (config.OnBuild = [...(config.OnBuild ?? []), rest]),
  STOPSIGNAL: (config, rest) => (config.StopSignal = unquote(rest)),
  USER: (config, rest) => (config.User = unquote(rest)),
  VOLUME: (config, rest) =>
    (config.Volumes = { ...config.Volumes, ...Object.fromEntries((jsonList(rest) ?? words(rest)).map((path) => [path, {}])) }),
  WORKDIR: (config, rest) => (config.WorkingDir = joinPath(config.WorkingDir ?? '/', unquote(rest))),
};

function commandOf(config: RunConfig, rest: string): string[] {
  return jsonList(rest) ?? [...(config.Shell ?? ['/bin/sh', '-c']), rest];
}

/** The JSON form of a command; undefined when it is not that. */
function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((element) => typeof element === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `NAME=value …`, or the older `NAME value` for one. */
function pairs(instruction: string, rest: string): [name: string, value: string][] {
  const list = words(rest);
  if (!list[0]!.includes('=')) {
    const [, name = rest, value = ''] = /^(\S+)\s+(.*)$/s.exec(rest) ?? [];
    if (value === '') throw new EngineError('invalid-parameter', `${instruction} must have two arguments`);
    return [[unquote(name), value]];
  }
  return list.map((word) => {
    const at = word.indexOf('=');
    if (at < 0)
      throw new EngineError('invalid-parameter', `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    if (at === 0) throw new EngineError('invalid-parameter', `${instruction} names can not be blank`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

/** Words with quotes and backslashes taken off. */
function words(text: string): string[] {
  const list: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) list.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (char === '\\' && quote !== "'" && i + 1 < text.length) word += text[++i];
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else word += char;
  }
  if (quote !== '') throw new EngineError('invalid-parameter', 'unexpected end of statement while looking for matching quote');
  if (word !== undefined) list.push(word);
  return list;
}

function unquote(text: string): string {
  return words(text).join(' ');
}

function joinPath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : `${base}/`}${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function structuredCopy(config: RunConfig): RunConfig {
  return JSON.parse(JSON.stringify(config)) as RunConfig;
}
