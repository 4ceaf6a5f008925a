/** What the flags of `docker compose run` make of a service. Source: docker/compose 2.26.1 cmd/compose/run.go, pkg/compose/run.go. */
import { joinPath } from '#engine/go-path.ts';
import type { CommandContext } from '../command.ts';
import { ComposeError } from './compose-error.ts';
import { parsePorts } from './load/port-spec.ts';
import { splitShellWords } from './load/shell-words.ts';
import { parseVolumeSpec } from './load/volume-spec.ts';
import type { ComposeService, Project, ServiceVolume } from './project.ts';

/** @throws ComposeError for flags that do not go together */
export function checkRunFlags({ flags }: CommandContext): void {
  if (flags.list('publish').length > 0 && flags.bool('service-ports')) {
    throw new ComposeError('--service-ports and --publish are incompatible');
  }
  if (flags.changed('tty') && flags.changed('no-TTY')) throw new ComposeError("--tty and --no-TTY can't be used together");
  if (flags.list('label').some((label) => !label.includes('='))) throw new ComposeError('label must be set as KEY=VALUE');
}

/** A terminal inside, unless there is none outside or it is not wanted. */
export function runsWithTty({ flags, environment }: CommandContext): boolean {
  if (flags.changed('tty')) return flags.bool('tty');
  return flags.changed('no-TTY') ? !flags.bool('no-TTY') : environment.stdout.isTerminal;
}

/** The service as it is run once. */
export function oneOffService(context: CommandContext, project: Project, service: ComposeService, name: string): ComposeService {
  const { flags, args, environment } = context;
  const command = args.slice(1);
  const entrypoint = flags.changed('entrypoint') ? splitShellWords(flags.string('entrypoint')) : service.entrypoint;
  const added = flags.list('cap-add');
  const dropped = flags.list('cap-drop');
  const { restart_policy: _restart, ...deploy } = service.deploy ?? {};
  const once: ComposeService = {
    ...service,
    container_name: name,
    scale: 1,
    tty: runsWithTty(context),
    stdin_open: flags.bool('interactive'),
    ports: [...(flags.bool('service-ports') ? (service.ports ?? []) : []), ...flags.list('publish').flatMap(parsePorts)],
    volumes: [...(service.volumes ?? []), ...flags.list('volume').map((spec) => volumeOf(spec, environment.cwd))],
    cap_add: [...(service.cap_add ?? []).filter((name) => !dropped.includes(name)), ...added],
    cap_drop: [...(service.cap_drop ?? []).filter((name) => !added.includes(name)), ...dropped],
    environment: { ...service.environment, ...environmentOf(flags.list('env'), project.environment) },
    labels: { ...service.labels, ...Object.fromEntries(flags.list('label').map(splitPair)) },
  };
  delete once.restart;
  if (service.deploy) once.deploy = deploy;
  if (command.length > 0) once.command = command;
  else if (flags.changed('entrypoint')) once.command = [];
  if (entrypoint !== undefined) once.entrypoint = entrypoint;
  if (flags.string('user') !== '') once.user = flags.string('user');
  if (flags.string('workdir') !== '') once.working_dir = flags.string('workdir');
  return once;
}

function volumeOf(spec: string, cwd: string): ServiceVolume {
  const volume = parseVolumeSpec(spec);
  const isRelative = volume.type === 'bind' && volume.source !== undefined && !volume.source.startsWith('/');
  return isRelative ? { ...volume, source: joinPath(cwd, volume.source!) } : volume;
}

/** A name alone takes its value from the project's environment, and is left out when it has none there. */
function environmentOf(pairs: string[], known: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      if (pair.includes('=')) return [splitPair(pair)];
      const value = Object.hasOwn(known, pair) ? known[pair] : undefined;
      return value === undefined ? [] : [[pair, value]];
    }),
  );
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
