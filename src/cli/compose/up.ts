/** `docker compose up`: makes the project what its files say, starts it, and stays with what it prints. */
import type { Command, CommandContext } from '../command.ts';
import { listOf } from '../flags/syntax.ts';
import { ComposeError } from './compose-error.ts';
import { converge, type ConvergeOptions } from './converge.ts';
import { globalsOf, removesOrphans, type ComposeGlobals } from './globals.ts';
import { servicesInOrder, withSelectedServices } from './project-selection.ts';
import type { Project } from './project.ts';
import { runWork, wholeProject } from './run-work.ts';
import { startServices } from './start-services.ts';
import { stayAttached } from './stay-attached.ts';
import { checkUpFlags, convergeOptions, ignoresOrphans, withCreateFlags } from './up-options.ts';

/** @cli  P[builds as docker build here]  docker compose up  "Create and start containers" */
export const up: Command = {
  path: ['compose', 'up'],
  flags: () => ({ scale: listOf((text) => text) }),
  run: async (context) => {
    const { flags, args } = context;
    checkUpFlags(flags);
    const globals = await globalsOf(context);
    const project = await projectFor(context, globals);
    const services = args.length > 0 ? args : Object.keys(project.services);
    const isDetached = flags.bool('detach') || flags.bool('wait');
    const attach = isDetached ? [] : attachedServices(context, project, args);
    const options: ConvergeOptions = {
      ...convergeOptions(flags, globals),
      removeOrphans: removesOrphans(context),
      ignoreOrphans: ignoresOrphans(project),
      services,
      startsLater: !isDetached && !flags.bool('no-start'),
    };
    await runWork(context, globals, 'Running', async (work) => {
      await converge(work, project, options);
      if (flags.bool('no-start') || !isDetached) return;
      await startServices(work, project, { wait: flags.bool('wait'), waitTimeoutSeconds: flags.number('wait-timeout') });
    });
    if (isDetached || flags.bool('no-start')) return 0;
    if (globals.dryRun) {
      await context.out("end of 'compose up' output, interactive run is not supported in dry-run mode\n");
      return 0;
    }
    return stayAttached(context, globals, project, { services, attach, timeoutSeconds: options.timeoutSeconds });
  },
};

async function projectFor(context: CommandContext, globals: ComposeGlobals): Promise<Project> {
  const { flags, args } = context;
  let project = await wholeProject(globals, args);
  if (ignoresOrphans(project) && removesOrphans(context)) {
    throw new ComposeError('cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans');
  }
  if (flags.list('attach').length > 0 && flags.bool('attach-dependencies')) {
    throw new ComposeError('cannot combine --attach and --attach-dependencies');
  }
  if (Object.keys(project.services).length === 0) throw new ComposeError('no service selected');
  project = withCreateFlags(project, flags);
  if (flags.bool('no-deps')) project = withSelectedServices(project, args, 'ignore');
  const from = flags.string('exit-code-from');
  if (from !== '' && !(from in project.services)) throw new ComposeError(`no such service: ${from}`);
  return project;
}

/** Whose output is printed. */
function attachedServices({ flags }: CommandContext, project: Project, names: string[]): string[] {
  const given = flags.list('attach');
  const unknown = given.filter((name) => !(name in project.services));
  if (unknown.length > 0) throw new ComposeError(`cannot attach to services not included in up: ${unknown.join(', ')}`);
  const dependencies = flags.bool('attach-dependencies') || names.length === 0 ? 'include' : 'ignore';
  const wanted = servicesInOrder(project, names, dependencies)
    .filter(({ attach }) => attach !== false)
    .map(({ name }) => name);
  const left = new Set(flags.list('no-attach'));
  return (given.length > 0 ? given : wanted).filter((name) => !left.has(name));
}
