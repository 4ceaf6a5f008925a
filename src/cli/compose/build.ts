/** Builds the images of services. Source: docker/compose 2.26.1 cmd/compose/build.go, pkg/compose/build.go. */
import type { Command } from '../command.ts';
import { buildService } from './build-service.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { withSelectedServices, servicesInOrder } from './project-selection.ts';
import { runWork, wholeProject } from './run-work.ts';

/** @cli  P[as docker build here: images only, one builder]  docker compose build  "Build or rebuild services" */
/** @flag  N[there is no SSH agent to be asked]  docker compose build  --ssh */
/** @flag  P[ignored with a warning, in Compose's words]  docker compose build  --memory */
export const build: Command = {
  path: ['compose', 'build'],
  async run(context) {
    const { flags, args, environment } = context;
    if (flags.changed('ssh')) throw new ComposeError('--ssh is not available in this version of Drydock');
    const globals = await globalsOf(context);
    const whole = await wholeProject(globals, args);
    const project = args.length > 0 && !flags.bool('with-dependencies') ? withSelectedServices(whole, args, 'ignore') : whole;
    const mode = flags.changed('progress') ? flags.string('progress') : globals.progress;
    const options = {
      progressMode: flags.bool('quiet') ? 'quiet' : (mode as typeof globals.progress),
      noCache: flags.bool('no-cache'),
      pull: flags.bool('pull'),
      args: flags.list('build-arg'),
      builder: flags.string('builder') || environment.env['BUILDX_BUILDER'],
      push: flags.bool('push'),
    };
    await runWork(context, globals, 'Building', async (work) => {
      for (const service of servicesInOrder(project, [])) {
        if (!service.build) continue;
        if (flags.number('memory') !== 0) await context.err('WARNING: --memory is not supported by BuildKit and will be ignored\n');
        await buildService(work, project, service, options);
      }
    });
  },
};
