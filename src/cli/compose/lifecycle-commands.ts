/**
 * `docker compose create`, `start`, `stop`, `restart`, `kill`, `rm` and `scale`.
 * Source: docker/compose 2.26.1 cmd/compose and pkg/compose, the files of these names.
 */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { listOf } from '../flags/syntax.ts';
import { allEnded } from './all-ended.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus } from './compose-work.ts';
import { converge } from './converge.ts';
import { globalsOf, removesOrphans } from './globals.ts';
import { killServices } from './kill-services.ts';
import { withSelectedServices, withServicesEnabled } from './project-selection.ts';
import type { Project } from './project.ts';
import { projectOrName, projectOrNamed, type NamedProject } from './named-project.ts';
import { projectFromName, projectWithResources } from './project-of-containers.ts';
import { runWork, timeoutOf, wholeProject } from './run-work.ts';
import { restartServices, toRestart } from './restart-services.ts';
import { startServices } from './start-services.ts';
import { stopServices } from './stop-containers.ts';
import { checkCreateFlags, convergeOptions, isInteger, withCreateFlags, withScale } from './up-options.ts';
import { done, working } from './progress.ts';
import { nameOf, progressName, projectContainers, serviceOf } from './project-containers.ts';

/** @cli  Y  docker compose create  "Creates containers for a service" */
const create: Command = {
  path: ['compose', 'create'],
  flags: () => ({ scale: listOf((text) => text) }),
  run: async (context) => {
    const { flags, args } = context;
    checkCreateFlags(flags);
    const globals = await globalsOf(context);
    const project = withCreateFlags(await wholeProject(globals, args), flags);
    const options = { ...convergeOptions(flags, globals), services: args, startsLater: false };
    await runWork(context, globals, 'Creating', (work) => converge(work, project, options));
  },
};

/** @cli  Y  docker compose start  "Start services" */
const start: Command = {
  path: ['compose', 'start'],
  run: async (context) => {
    const globals = await globalsOf(context);
    const { name, project } = await projectOrName(context, context.args);
    const started = project ?? (await projectFromName(await context.api(), name, context.args));
    await runWork(context, globals, 'Running', (work) => startServices(work, started));
  },
};

/** @cli  Y  docker compose stop  "Stop services" */
const stop: Command = {
  path: ['compose', 'stop'],
  run: async (context) => {
    const globals = await globalsOf(context);
    const project = await projectOrNamed(context, context.args);
    await runWork(context, globals, 'Stopping', (work) =>
      stopServices(work, project, namesOf(context, project), { timeoutSeconds: timeoutOf(context) }),
    );
  },
};

/** The services on the command line only, whatever they depend on. */
function namesOf({ args }: CommandContext, project: Project): string[] {
  return args.length > 0 ? args : Object.keys(project.services);
}

/** @cli  Y  docker compose restart  "Restart service containers" */
const restart: Command = {
  path: ['compose', 'restart'],
  run: async (context) => {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const known = withServicesEnabled(await projectOrNamed(context), args);
    const project = toRestart(known, args, flags.bool('no-deps'));
    const options = { timeoutSeconds: timeoutOf(context) };
    await runWork(context, globals, 'Restarting', (work) => restartServices(work, project, options));
  },
};

/** @cli  Y  docker compose kill  "Force stop service containers" */
const kill: Command = {
  path: ['compose', 'kill'],
  run: async (context) => {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const project = await projectOrNamed(context, args);
    const options = { services: args, signal: flags.string('signal'), orphans: removesOrphans(context) };
    await runWork(context, globals, 'Killing', (work) => killServices(work, project, options));
  },
};

/** @cli  Y  docker compose rm  "Removes stopped service containers" */
const rm: Command = {
  path: ['compose', 'rm'],
  run: async (context) => {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const { name, project } = await projectOrName(context, args);
    if (flags.bool('stop')) {
      const known = project ?? (await projectWithResources(await context.api(), name));
      await runWork(context, globals, 'Stopping', (work) =>
        stopServices(work, known, namesOf(context, known), { timeoutSeconds: undefined }),
      );
    }
    const containers = await stoppedContainers(context, { name, project }, args);
    if (containers.length === 0) return context.err('No stopped containers\n');
    const question = `Going to remove ${containers.map(nameOf).join(', ')}`;
    const force = flags.bool('force');
    if (force) await context.out(`${question}\n`);
    else if (!(await agreesTo(context, question))) return;
    const query = { force: force ? 1 : undefined, v: flags.bool('volumes') ? 1 : undefined };
    await runWork(context, globals, 'Removing', async ({ api, progress }) => {
      const removals = containers.map(async (container) => {
        progress.event(working(progressName(container), 'Removing'));
        await api.delete(`/containers/${container.Id}`, { query });
        progress.event(done(progressName(container), 'Removed'));
      });
      await allEnded(removals);
    });
  },
};

async function stoppedContainers(
  context: CommandContext,
  { name, project }: NamedProject,
  services: string[],
): Promise<ContainerSummary[]> {
  const api = await context.api();
  const stopped: ContainerSummary[] = [];
  for (const container of await projectContainers(api, name, { services })) {
    if (project && !(serviceOf(container) in project.services)) continue;
    const isRunning = await api.get<ContainerInspect>(`/containers/${container.Id}/json`).then(
      ({ State }) => State.Running,
      (error: unknown) => {
        if (!isStatus(error, 404)) throw error;
        return true;
      },
    );
    if (!isRunning) stopped.push(container);
  }
  return stopped;
}

/** Compose asks in its own way: the answer is no unless it is yes. */
async function agreesTo({ environment, out }: CommandContext, question: string): Promise<boolean> {
  await out(environment.stdin.isTerminal ? `? ${question} (y/N) ` : question);
  const decoder = new TextDecoder();
  let line = '';
  for await (const chunk of environment.stdin.chunks()) {
    line += decoder.decode(chunk, { stream: true });
    if (line.includes('\n')) break;
  }
  return /^(1|t|true|y|yes)$/i.test(line.split('\n', 1)[0]!.trim());
}

/** @cli  Y  docker compose scale  "Scale services " */
const scale: Command = {
  path: ['compose', 'scale'],
  run: async (context) => {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const scales = scalesOf(args);
    const names = [...scales.keys()];
    let project = await wholeProject(globals, names);
    if (flags.bool('no-deps')) project = withSelectedServices(project, names, 'ignore');
    project = withScale(project, scales);
    const options = { ...convergeOptions(flags, globals), services: Object.keys(project.services), startsLater: false };
    await runWork(context, globals, 'Running', async (work) => {
      await converge(work, project, { ...options, inherit: false, build: false });
      await startServices(work, project);
    });
  },
};

function scalesOf(args: readonly string[]): Map<string, number> {
  return new Map(
    args.map((arg): [string, number] => {
      const [, name, number] = /^([^=]+)=(.+)$/s.exec(arg) ?? [];
      if (name === undefined || number === undefined) throw new ComposeError(`invalid scale specifier: ${arg}`);
      if (!isInteger(number)) throw new ComposeError(`invalid scale specifier: can't parse replica value as int: ${arg}`);
      return [name, Number(number)];
    }),
  );
}

export const lifecycleCommands: Command[] = [create, start, stop, restart, kill, rm, scale];
