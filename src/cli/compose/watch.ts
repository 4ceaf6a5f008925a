/**
 * Builds anew, or brings files into containers, when what `develop.watch` names changes.
 * Source: docker/compose 2.26.1 cmd/compose/watch.go, pkg/compose/watch.go; `restart` and `sync+exec` are of later releases.
 */
import { joinPath } from '#engine/go-path.ts';
import { quote } from '#engine/go-quote.ts';
import { pathBelow } from '../builder/context/dockerfile-place.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { sleep } from '../sleep.ts';
import { allEnded } from './all-ended.ts';
import { buildService } from './build-service.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { converge, type ConvergeOptions } from './converge.ts';
import { triggersOf } from './develop-config.ts';
import { FileChanges } from './file-changes.ts';
import { globalsOf, type ComposeGlobals } from './globals.ts';
import { LogPrinter, WATCH_LOGGER } from './log-printer.ts';
import { sortedKeys } from './load/model.ts';
import { projectContainers } from './project-containers.ts';
import { withSelectedServices } from './project-selection.ts';
import type { ComposeService, Project, WatchTrigger } from './project.ts';
import { restartServices, toRestart } from './restart-services.ts';
import { runWork, silentWork, wholeProject } from './run-work.ts';
import { startServices } from './start-services.ts';
import { execute, syncFiles, type PathMapping } from './sync-files.ts';
import { convergeOptions } from './up-options.ts';
import { contextFilter, filterAt } from './watch-filter.ts';

/** Changes are taken together until as long as this nothing more has changed. */
const QUIET_MS = 500;
const MAX_NAMED_PATHS = 10;

/** @cli  Y  docker compose watch  "Watch build context for service and rebuild/refresh containers when files are updated" */
export const watch: Command = {
  path: ['compose', 'watch'],
  run: async (context) => {
    const globals = await globalsOf(context);
    let project = await wholeProject(globals);
    if (!context.flags.bool('no-up')) project = await up(context, globals, project);
    const { stdout: out, stderr: err } = context.environment;
    const printer = new LogPrinter({ out, err, color: false, prefix: false });
    const quiet = context.flags.bool('quiet');
    await watchProject(context, globals, project, { names: context.args, printer, quiet });
  },
};

/** What is watched is built and started first. */
async function up(context: CommandContext, globals: ComposeGlobals, whole: Project): Promise<Project> {
  const { flags, args } = context;
  const services = Object.entries(whole.services).map(([name, service]): [string, ComposeService] => [
    name,
    service.build && service.develop ? { ...service, pull_policy: 'build' } : service,
  ]);
  const project = { ...whole, services: Object.fromEntries(services) };
  const progress = flags.bool('quiet') ? ('quiet' as const) : globals.progress;
  const options: ConvergeOptions = {
    ...convergeOptions(flags, { ...globals, progress }),
    quietPull: flags.bool('quiet'),
    recreateDependencies: 'never',
    services: args,
    startsLater: false,
  };
  await runWork(context, globals, 'Running', async (work) => {
    await converge(work, project, options);
    await startServices(work, project);
  });
  return project;
}

export interface WatchOptions {
  /** Services; empty for all. */
  names: readonly string[];
  printer: LogPrinter;
  /** Builds are not told of. */
  quiet: boolean;
  /** Settles when nobody watches any more; without it that is when the command ends. */
  over?: Promise<unknown>;
}

/** @throws ComposeError when there is nothing to watch */
export async function watchProject(
  context: CommandContext,
  globals: ComposeGlobals,
  whole: Project,
  { names, ...options }: WatchOptions,
): Promise<void> {
  const selected = withSelectedServices(whole, [...names]);
  const project = { ...selected, services: { ...selected.services } };
  let breakOff!: () => void;
  const broken = new Promise<void>((resolve) => (breakOff = resolve));
  const stopOthers = (error: unknown): never => {
    breakOff();
    throw error;
  };
  const watching: Watching = { ...options, context, globals, project, work: await silentWork(context, globals), broken };
  options.printer.register(WATCH_LOGGER);
  const watches: (() => Promise<void>)[] = [];
  for (const name of sortedKeys(project.services)) {
    const service = project.services[name]!;
    const triggers = triggersOf(project, service, globals.warn);
    if (!triggers) continue;
    checkService(service, triggers, names.length > 0);
    if (!service.build) continue;
    // What has been built is not to be pulled.
    project.services[name] = { ...service, pull_policy: 'build' };
    watches.push(await startWatch(watching, service, triggers));
  }
  if (watches.length === 0) {
    throw new ComposeError("none of the selected services is configured for watch, consider setting an 'develop' section");
  }
  await tell(watching, 'Watch enabled');
  await allEnded(watches.map((run) => run().catch(stopOthers)));
}

function checkService({ name, build }: ComposeService, triggers: readonly WatchTrigger[], isSelected: boolean): void {
  if (!build && triggers.some(({ action }) => action === 'rebuild')) {
    throw new ComposeError(`can't watch service ${quote(name)} with action rebuild without a build context`);
  }
  if (!build && isSelected) throw new ComposeError(`can't watch service ${quote(name)} without a build context`);
}

interface Watching extends Omit<WatchOptions, 'names'> {
  context: CommandContext;
  globals: ComposeGlobals;
  project: Project;
  /** Of which nothing is told. */
  work: ComposeWork;
  /** Settles when one of the services cannot be watched any more. */
  broken: Promise<void>;
}

function tell({ printer }: Watching, line: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
  return printer.log(WATCH_LOGGER, line, stream);
}

/** Looks at the files; what is returned goes on from there until it is over. */
async function startWatch(watching: Watching, service: ComposeService, triggers: readonly WatchTrigger[]): Promise<() => Promise<void>> {
  const { files } = watching.context.environment;
  const places = triggers.map(({ path }) => path).filter((path) => !isBound(watching, service, path));
  const changes = await FileChanges.since(files, places, await contextFilter(files, service.build?.context ?? ''));
  return async () => {
    for await (const paths of batches(watching, changes)) {
      await handle(watching, service, actionsOf(triggers, paths)).catch((error: unknown) => {
        watching.globals.warn(`Error handling changed files for service ${service.name}: ${errorLine(error)}`);
      });
    }
  };
}

/** What has changed, each time that it has been quiet after changes; what changed last comes last. */
async function* batches(watching: Watching, changes: FileChanges): AsyncGenerator<string[]> {
  const isOver = Promise.race([watching.broken.then(() => 'broken'), ...(watching.over ? [watching.over.then(() => 'over')] : [])]);
  const pending = new Set<string>();
  for (;;) {
    const how = await Promise.race([sleep(watching.context.environment.clock, QUIET_MS), isOver]);
    if (how === 'broken') await tell(watching, 'Watch disabled');
    if (how !== undefined) return;
    const changed = await changes.next().catch(async (error: unknown) => {
      await tell(watching, 'Watch disabled with errors', 'stderr');
      throw error;
    });
    for (const path of changed) {
      pending.delete(path);
      pending.add(path);
    }
    if (changed.length > 0 || pending.size === 0) continue;
    yield [...pending];
    pending.clear();
  }
}

/** The container sees a bind mount's files as they are. */
function isBound({ globals }: Watching, { volumes = [] }: ComposeService, path: string): boolean {
  if (!volumes.some(({ type, source = '' }) => type === 'bind' && path.startsWith(source))) return false;
  globals.warn(`path '${path}' also declared by a bind mount volume, this path won't be monitored!\n`);
  return true;
}

interface FileAction {
  trigger: WatchTrigger;
  mapping: PathMapping;
}

function actionsOf(triggers: readonly WatchTrigger[], paths: readonly string[]): FileAction[] {
  const filters = triggers.map(({ path, ignore = [] }) => filterAt(path, ignore));
  return paths.flatMap((hostPath) =>
    triggers.flatMap((trigger, index): FileAction[] => {
      const inside = hostPath === trigger.path ? '' : pathBelow(trigger.path, hostPath);
      if (inside === undefined || filters[index]!.ignores(hostPath)) return [];
      return [{ trigger, mapping: { hostPath, containerPath: joinPath(trigger.target ?? '/', inside) } }];
    }),
  );
}

/** One build is for all; without one files are brought first. */
async function handle(watching: Watching, service: ComposeService, actions: readonly FileAction[]): Promise<void> {
  const having = (...names: string[]): FileAction[] => actions.filter(({ trigger }) => names.includes(trigger.action));
  if (having('rebuild').length > 0) return rebuild(watching, service);
  const { work, project } = watching;
  const synced = having('sync', 'sync+restart', 'sync+exec').map(({ mapping }) => mapping);
  if (synced.length > 0) {
    const what = synced.length > MAX_NAMED_PATHS ? `service ${quote(service.name)} after ${synced.length}` : `${quote(service.name)} after`;
    await tell(watching, `Syncing ${what} changes were detected`);
    await syncFiles(work, project.name, service.name, synced);
  }
  if (having('restart', 'sync+restart').length > 0) await restart(watching, service);
  for (const trigger of new Set(having('sync+exec').map((action) => action.trigger))) await runHook(watching, service, trigger);
}

async function restart({ context, globals, project }: Watching, { name }: ComposeService): Promise<void> {
  await runWork(context, globals, 'Restarting', (work) =>
    restartServices(work, toRestart(project, [name], false), { timeoutSeconds: undefined }),
  );
}

async function runHook({ work, project }: Watching, { name }: ComposeService, { exec = {} }: WatchTrigger): Promise<void> {
  const env = Object.entries(exec.environment ?? {}).map(([key, value]) => (value === null ? key : `${key}=${value}`));
  const request = {
    Cmd: exec.command ?? [],
    User: exec.user ?? '',
    Privileged: exec.privileged ?? false,
    WorkingDir: exec.working_dir ?? '',
    Env: env,
  };
  for (const { Id: id } of await projectContainers(work.api, project.name, { services: [name] })) await execute(work, id, request);
}

async function rebuild(watching: Watching, service: ComposeService): Promise<void> {
  const { work, project, globals, context, quiet } = watching;
  const name = quote(service.name);
  const failing = (what: string) => async (error: unknown) => {
    await tell(watching, `${what}. Error: ${errorLine(error)}`);
    throw error;
  };
  await tell(watching, `Rebuilding service ${name} after changes were detected...`);
  const progressMode = quiet ? ('quiet' as const) : globals.progress;
  await buildService(work, project, service, { progressMode }).catch(failing('Build failed'));
  await tell(watching, `service ${name} successfully built`);
  const options: ConvergeOptions = {
    ...convergeOptions(context.flags, globals),
    services: [service.name],
    recreate: 'force',
    recreateDependencies: 'diverged',
    build: false,
    inherit: true,
    quietPull: false,
    removeOrphans: false,
    timeoutSeconds: undefined,
    startsLater: false,
  };
  await converge(work, project, options).catch(failing('Failed to recreate service after update'));
  // What does not start is told of here only.
  await startServices(work, project).catch((error: unknown) =>
    tell(watching, `Application failed to start after update. Error: ${errorLine(error)}`),
  );
}
