/** Pulls the images of services. Source: docker/compose 2.26.1 cmd/compose/pull.go, pkg/compose/pull.go. */
import type { ImageInspect } from '#engine/api/types/image.ts';
import type { Command } from '../command.ts';
import { ComposeError } from './compose-error.ts';
import { isStatus, type ComposeWork } from './compose-work.ts';
import { globalsOf } from './globals.ts';
import { sortedKeys } from './load/model.ts';
import type { ComposeService } from './project.ts';
import { withSelectedServices } from './project-selection.ts';
import { PullError, pullService } from './pull-service.ts';
import { runWork, wholeProject } from './run-work.ts';

/** @cli  Y  docker compose pull  "Pull service images" */
export const pull: Command = {
  path: ['compose', 'pull'],
  async run(context) {
    const { flags, args } = context;
    const policy = flags.string('policy');
    if (flags.changed('policy') && policy !== 'missing' && policy !== 'always') {
      throw new ComposeError(`invalid --policy option ${JSON.stringify(policy)}. must be 'missing' or 'always'`);
    }
    const globals = await globalsOf(context);
    const mode = flags.bool('quiet') ? 'quiet' : globals.progress;
    const whole = await wholeProject(globals, args);
    const project = args.length > 0 && !flags.bool('include-deps') ? withSelectedServices(whole, args, 'ignore') : whole;
    const services = sortedKeys(project.services)
      .map((name) => project.services[name]!)
      .filter(({ pull_policy: own }) => own !== 'never' && own !== 'build');
    await runWork(context, { ...globals, progress: mode }, 'Pulling', async (work) => {
      const pulled = new Map<string, string>();
      const toBuild: string[] = [];
      const results = await Promise.allSettled(
        services.map(async (service) => {
          const reason = await reasonToSkip(work, policy, service, flags.bool('ignore-buildable'), pulled);
          if (reason !== undefined) return work.progress.event({ id: service.name, text: `Skipped - ${reason}`, status: 'done' });
          const canBuild = Boolean(service.build);
          await pullService(work, service, { quiet: flags.bool('quiet'), canBuild }).catch((error: unknown) => {
            if (!canBuild || !(error instanceof PullError)) throw error;
            toBuild.push(service.name);
          });
        }),
      );
      if (toBuild.length > 0) {
        work.progress.tail(
          `WARNING: Some service image(s) must be built from source by running:\n    docker compose build ${toBuild.sort().join(' ')}`,
        );
      }
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      const fatal = failures.find((failure) => !(failure instanceof PullError && flags.bool('ignore-pull-failures')));
      if (fatal !== undefined) throw fatal;
    });
  },
};

/** Why a service's image is not pulled. Services of the same image pull it once. */
async function reasonToSkip(
  { api }: ComposeWork,
  policy: string,
  { name, image, build, pull_policy: own }: ComposeService,
  ignoreBuildable: boolean,
  pulled: Map<string, string>,
): Promise<string | undefined> {
  if (!image) return 'No image to be pulled';
  if (ignoreBuildable && build) return 'Image can be built';
  const other = pulled.get(image);
  if (other !== undefined) return `Image is already being pulled by ${other}`;
  pulled.set(image, name);
  const wanted = policy || own;
  if (wanted !== 'missing' && wanted !== 'if_not_present') return undefined;
  try {
    await api.get<ImageInspect>(`/images/${image}/json`);
    return 'Image is already present locally';
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    return undefined;
  }
}
