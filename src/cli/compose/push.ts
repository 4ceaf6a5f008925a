/** Pushes the images that services are built as. Source: docker/compose 2.26.1 pkg/compose/push.go. */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { fullName, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { progressBar } from '../format/progress.ts';
import { registryAuth } from '../registry/credentials.ts';
import { allEnded } from './all-ended.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { globalsOf } from './globals.ts';
import { sortedKeys } from './load/model.ts';
import { withSelectedServices } from './project-selection.ts';
import type { ComposeService } from './project.ts';
import { runWork, wholeProject } from './run-work.ts';

/** Where there is no terminal. */
const WIDTH = 200;
const OVER = ['pushed', 'layer already exists'];

/** @cli  Y  docker compose push  "Push service images" */
export const push: Command = {
  path: ['compose', 'push'],
  async run(context) {
    const { flags, args } = context;
    const globals = await globalsOf(context);
    const whole = await wholeProject(globals, args);
    const project = flags.bool('include-deps') ? whole : withSelectedServices(whole, args, 'ignore');
    const progress = flags.bool('quiet') ? 'quiet' : globals.progress;
    await runWork(context, { ...globals, progress }, 'Pushing', async (work) => {
      const services = sortedKeys(project.services).map((name) => project.services[name]!);
      await allEnded(services.map((service) => pushService(work, service, flags.bool('ignore-push-failures'))));
    });
  },
};

async function pushService(work: ComposeWork, { name, image, build }: ComposeService, ignoresFailures: boolean): Promise<void> {
  if (!build || !image) return work.progress.event({ id: name, text: 'Skipped', status: 'done' });
  for (const tag of [image, ...(build.tags ?? [])]) {
    try {
      await pushTag(work, tag);
    } catch (error) {
      if (!ignoresFailures) throw error;
      work.progress.tail(`Pushing ${name}: ${errorLine(error)}`);
    }
  }
}

async function pushTag({ api, context, progress }: ComposeWork, tag: string): Promise<void> {
  const reference = tagNameOnly(parseNormalizedNamed(tag));
  const headers = await registryAuth(context, reference);
  const query = { tag: reference.tag };
  const width = context.environment.stderr.size()?.columns ?? WIDTH;
  const messages = await api.messages<ProgressMessage>(`/images/${fullName(reference)}/push`, { method: 'POST', query, headers });
  for await (const { id, status = '', progressDetail, errorDetail, error } of messages) {
    if (errorDetail || error) throw new ComposeError(errorDetail?.message ?? error ?? '');
    if (!id) continue;
    const isOver = OVER.includes(status.toLowerCase());
    const { current = 0, total = 0 } = progressDetail ?? {};
    progress.event({
      id: `Pushing ${tag}: ${id}`,
      text: status,
      status: isOver ? 'done' : 'working',
      statusText: progressDetail ? progressBar(progressDetail, width, context.environment.clock) : '',
      current,
      total,
      percent: total > 0 ? Math.trunc((current * 100) / total) : isOver ? 100 : 0,
    });
  }
}
