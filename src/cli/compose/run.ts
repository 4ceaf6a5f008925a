/** Runs a command once in a container of its own, beside those of the service. Source: docker/compose 2.26.1 pkg/compose/run.go. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { checkTty, proxySignals } from '../container/attach-streams.ts';
import { runContainer } from '../container/run.ts';
import { ExitError } from '../exit-error.ts';
import { parseFlags } from '../flags/parse.ts';
import { helpOf } from '../help/help-data.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { converge } from './converge.ts';
import { createContainer } from './create-container.ts';
import { ensureImages } from './ensure-images.ts';
import { noTtyFlag } from './exec.ts';
import { globalsOf, type ComposeGlobals } from './globals.ts';
import { ONEOFF_LABEL, SERVICE_LABEL, serviceLabels, SLUG_LABEL } from './labels.ts';
import type { ComposeService, Project } from './project.ts';
import { withSelectedServices } from './project-selection.ts';
import { checkRunFlags, oneOffService } from './run-options.ts';
import { runWork, wholeProject } from './run-work.ts';
import { withReferences } from './service-references.ts';
import { startServices } from './start-services.ts';
import { convergeOptions, ignoresOrphans, withBuildForced } from './up-options.ts';
import { waitDependencies } from './wait-dependencies.ts';
import { projectContainers } from './project-containers.ts';

const SHORT_SLUG = 12;

/** @cli  Y  docker compose run  "Run a one-off command on a service" */
export const run: Command = {
  path: ['compose', 'run'],
  flags: () => ({ 'no-TTY': noTtyFlag }),
  async run(context) {
    checkRunFlags(context);
    const { flags } = context;
    const globals = await globalsOf(context);
    const name = context.args[0]!;
    let project = await wholeProject(globals, [name]);
    if (flags.bool('no-deps')) project = withSelectedServices(project, [name], 'ignore');
    if (flags.bool('build')) project = withBuildForced(project);
    const target = project.services[name];
    if (!target) throw new ComposeError(`no such service: ${name}`);
    await runWork(context, globals, 'Running', (work) => startDependencies(work, globals, project, target));

    const all = await projectContainers(await context.api(), project.name, { oneOff: 'include' });
    const slug = newSlug(project.name, context.environment.clock.now(), all);
    const containerName = flags.string('name') || `${project.name}-${name}-run-${slug.slice(0, SHORT_SLUG)}`;
    const service = oneOffService(context, project, target, containerName);
    if (!flags.bool('detach')) checkTty(context, flags.bool('interactive'), service.tty ?? false);
    const id = await runWork(context, globals, 'Running', (work) => create(work, globals, project, service, slug, all));
    return start(context, id, service);
  },
};

/** All that the service depends on, with the project's networks and volumes. */
async function startDependencies(work: ComposeWork, globals: ComposeGlobals, project: Project, target: ComposeService): Promise<void> {
  const { [target.name]: _target, ...services } = project.services;
  const others = { ...project, services, disabledServices: { ...project.disabledServices, [target.name]: target } };
  const options = {
    ...convergeOptions(work.context.flags, globals),
    ignoreOrphans: ignoresOrphans(project),
    services: [],
    startsLater: false,
  };
  await converge(work, others, options);
  if (Object.keys(services).length > 0) await startServices(work, others);
}

async function create(
  work: ComposeWork,
  globals: ComposeGlobals,
  project: Project,
  service: ComposeService,
  slug: string,
  seen: readonly ContainerSummary[],
): Promise<string> {
  const { flags } = work.context;
  const images = { quietPull: flags.bool('quiet-pull'), build: true, progressMode: globals.progress };
  const own = { ...project, services: { [service.name]: { ...service, depends_on: {} } } };
  const imageIds = await ensureImages(work, own, images);
  if (!flags.bool('no-deps')) await waitDependencies(work, project, service.name, service.depends_on ?? {}, seen);
  const firstOf = (other: string): string | undefined => seen.find(({ Labels }) => Labels[SERVICE_LABEL] === other)?.Id;
  const labels = { ...serviceLabels(project, service, globals.load.envFiles), [SLUG_LABEL]: slug, [ONEOFF_LABEL]: 'True' };
  return createContainer(work, project, withReferences(service, firstOf), {
    name: service.container_name!,
    number: 1,
    imageId: imageIds[service.name] ?? '',
    labels,
    autoRemove: flags.bool('rm'),
    attachStdin: flags.bool('interactive'),
    useNetworkAliases: flags.bool('use-aliases'),
  });
}

async function start(context: CommandContext, id: string, { tty = false, stdin_open: stdin = false }: ComposeService): Promise<number> {
  if (context.flags.bool('detach')) {
    await (await context.api()).post(containerPath(id, 'start'));
    await context.out(`${id}\n`);
    return 0;
  }
  // Attaching knows the flags of `docker run`; here they all have their defaults.
  const flags = parseFlags([], { flags: helpOf('container run')!.flags, stopAtArgument: true });
  const attached = { ...context, flags };
  const stopProxy = await proxySignals(attached, id);
  try {
    const request = {
      AttachStdin: stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: tty,
      HostConfig: { AutoRemove: context.flags.bool('rm') },
    };
    return await runContainer(attached, id, request);
  } catch (error) {
    // The words of `docker run` stand around what the daemon says.
    throw error instanceof ExitError && error.cause !== undefined ? error.cause : error;
  } finally {
    stopProxy();
  }
}

/** Names a run: no two have begun at the same time beside the same containers. */
function newSlug(project: string, nowMs: number, seen: readonly ContainerSummary[]): string {
  return bytesToHex(sha256(utf8ToBytes([project, nowMs, ...seen.map(({ Id }) => Id)].join(' '))));
}
