import type { Command } from '../command.ts';
import { showStats, watchAll } from '../container/stats.ts';
import { addFilter } from '../options/filter.ts';
import { PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { projectName } from './named-project.ts';

/** @cli  Y  docker compose stats  "Display a live stream of container(s) resource usage statistics" */
export const stats: Command = {
  path: ['compose', 'stats'],
  async run(context) {
    const ofProject = addFilter({}, 'label', `${PROJECT_LABEL}=${await projectName(context)}`);
    const [service] = context.args;
    const filters = service === undefined ? ofProject : addFilter(ofProject, 'label', `${SERVICE_LABEL}=${service}`);
    await showStats(context, await watchAll(context, await context.api(), filters));
  },
};
