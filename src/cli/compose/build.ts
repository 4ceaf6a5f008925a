/** Builds the images of services. Source: docker/compose 2.26.1 cmd/compose/build.go. */
import type { Command } from '../command.ts';
import { buildService } from './build-service.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { withSelectedServices, servicesInOrder } from './project-selection.ts';
import { wholeProject } from './run-work.ts';

/** @cli  P[as docker build here: images only, one builder]  docker compose build  "Build or rebuild services" */
/** @flag  N[there is one builder, which knows neither] docker compose build  --builder --memory --ssh --push --dry-run */
export const build: Command = {
  path: ['compose', 'build'],
  async run(context) {
    const { flags, args } = context;
    const given = ['builder', 'memory', 'ssh', 'push'].find((name) => flags.changed(name));
    if (given !== undefined) throw new ComposeError(`--${given} is not available in this version of Drydock`);
    const globals = await globalsOf(context);
    if (globals.dryRun) throw new ComposeError('--dry-run is not available for docker compose build in this version of Drydock');
    const whole = await wholeProject(globals, args);
    const project = args.length > 0 && !flags.bool('with-dependencies') ? withSelectedServices(whole, args, 'ignore') : whole;
    const mode = flags.changed('progress') ? flags.string('progress') : globals.progress;
    const progressMode = flags.bool('quiet') ? 'quiet' : (mode as typeof globals.progress);
    for (const service of servicesInOrder(project, [])) {
      if (!service.build) continue;
      const options = { progressMode, noCache: flags.bool('no-cache'), pull: flags.bool('pull'), args: flags.list('build-arg') };
      await buildService(context, project, service, options);
    }
  },
};
