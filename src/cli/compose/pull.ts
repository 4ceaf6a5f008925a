/** Pulls the images of services. Source: docker/compose 2.26.1 cmd/compose/pull.go, pkg/compose/pull.go. */
import { parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { severalErrors } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { localImages } from './ensure-images.ts';
import { globalsOf } from './globals.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeService, Project } from './project.ts';
import { withSelectedServices } from './project-selection.ts';
import { pullService } from './pull-service.ts';
import { runWork, wholeProject } from './run-work.ts';

interface PullOptions {
  quiet: boolean;
  ignoreFailures: boolean;
  ignoreBuildable: boolean;
}

/** @cli  Y  docker compose pull  "Pull service images" */
export const pull: Command = {
  path: ['compose', 'pull'],
  async run(context) {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const whole = await wholeProject(globals, args);
    const project = flags.bool('include-deps') ? whole : withSelectedServices(whole, args, 'ignore');
    const quiet = flags.bool('quiet');
    const options = { quiet, ignoreFailures: flags.bool('ignore-pull-failures'), ignoreBuildable: flags.bool('ignore-buildable') };
    await runWork(context, { ...globals, progress: quiet ? 'quiet' : globals.progress }, 'Pulling', (work) =>
      pullImages(work, withPolicy(project, flags.string('policy')), options),
    );
  },
};

/** `--policy` goes before what services say; one that is not known is none. */
function withPolicy(project: Project, policy: string): Project {
  if (policy === '') return project;
  const services = Object.entries(project.services).map(([name, service]): [string, ComposeService] => [
    name,
    { ...service, pull_policy: policy },
  ]);
  return { ...project, services: Object.fromEntries(services) };
}

async function pullImages(work: ComposeWork, project: Project, options: PullOptions): Promise<void> {
  const services = sortedKeys(project.services).map((name) => project.services[name]!);
  const present = await localImages(work, project, services);
  /** By image, the service that pulls it. */
  const pulled = new Map<string, string>();
  const toBuild: string[] = [];
  const failures: unknown[] = [];
  let fatal: unknown;
  const pulls = services.map(async (service) => {
    const { name, image = '', build } = service;
    const skipped = reasonToSkip(service, present, options, pulled);
    if (skipped !== undefined) return work.progress.event({ id: name, text: skipped, status: 'done' });
    pulled.set(image, name);
    try {
      await pullService(work, service, { quiet: options.quiet, canBuild: Boolean(build) });
    } catch (error) {
      errorLine(error); // A programmer's error goes on from here.
      failures.push(error);
      if (build) toBuild.push(name);
      else if (!options.ignoreFailures) {
        if (work.dryRun) work.progress.event({ id: name, text: ` - Pull error for image: ${image}`, status: 'error' });
        fatal ??= error;
      }
    }
  });
  await Promise.all(pulls);
  if (toBuild.length > 0) {
    work.progress.tail(
      `WARNING: Some service image(s) must be built from source by running:\n    docker compose build ${toBuild.sort().join(' ')}`,
    );
  }
  if (fatal !== undefined) throw fatal;
  if (failures.length > 0 && !options.ignoreFailures) throw severalErrors(failures);
}

/** Why a service's image is not pulled. Services of the same image pull it once. */
function reasonToSkip(
  { image, build, pull_policy: policy }: ComposeService,
  present: ReadonlyMap<string, string>,
  { ignoreBuildable }: PullOptions,
  pulled: ReadonlyMap<string, string>,
): string | undefined {
  if (!image) return 'Skipped - No image to be pulled';
  if (policy === 'never' || policy === 'build') return 'Skipped';
  if ((policy === 'missing' || policy === 'if_not_present') && present.has(image) && !canMove(image)) {
    return 'Skipped - Image is already present locally';
  }
  if (build && ignoreBuildable) return 'Skipped - Image can be built';
  const other = pulled.get(image);
  return other === undefined ? undefined : `Skipped - Image is already being pulled by ${other}`;
}

/** What is called `latest` may be another by now. So may, for Compose, what is named by its digest. */
function canMove(image: string): boolean {
  const { tag, digest } = tagNameOnly(parseNormalizedNamed(image));
  return digest !== undefined || tag === 'latest';
}
