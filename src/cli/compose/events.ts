/** Prints what happens to a project's containers. Source: docker/compose 2.26.1 cmd/compose/events.go, pkg/compose/events.go. */
import type { EventMessage } from '#engine/api/types/system.ts';
import type { Command } from '../command.ts';
import { addFilter, filtersParameter } from '../options/filter.ts';
import { responseLines } from '../response-text.ts';
import { goJson } from './go-json.ts';
import { ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL } from './labels.ts';
import { sortedKeys } from './load/model.ts';
import { projectName } from './named-project.ts';

/** @cli  Y  docker compose events  "Receive real time events from containers" */
export const events: Command = {
  path: ['compose', 'events'],
  async run(context) {
    const project = await projectName(context);
    const query = { filters: filtersParameter(addFilter({}, 'label', `${PROJECT_LABEL}=${project}`)) };
    for await (const line of responseLines(await context.api(), '/events', { query })) {
      const { Type, Action, Actor } = JSON.parse(line) as EventMessage;
      const labels = Actor.Attributes ?? {};
      const service = labels[SERVICE_LABEL] ?? '';
      if (Type !== 'container' || labels[ONEOFF_LABEL] === 'True') continue;
      if (context.args.length > 0 && !context.args.includes(service)) continue;
      const names = sortedKeys(labels).filter((name) => !name.startsWith('com.docker.compose.'));
      const attributes = Object.fromEntries(names.map((name) => [name, labels[name]]));
      const nanoseconds = timeOf(line);
      if (context.flags.bool('json')) {
        const time = `${date(nanoseconds, 'T')}${fraction(nanoseconds).replace(/\.?0+$/, '')}Z`;
        await context.out(`${goJson({ action: Action, attributes, id: Actor.ID, service, time, type: 'container' })}\n`);
      } else {
        const time = `${date(nanoseconds, ' ')}${fraction(nanoseconds).slice(0, 7)}`;
        const list = names.map((name) => `${name}=${labels[name]}`).join(', ');
        // The line has its end already when Compose adds one.
        await context.out(`${time} container ${Action} ${Actor.ID} (${list})\n\n`);
      }
    }
  },
};

/** Nanoseconds do not fit a JavaScript number. */
function timeOf(line: string): bigint {
  const nanoseconds = BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? 0);
  return nanoseconds || BigInt(/"time":(\d+)/.exec(line)?.[1] ?? 0) * 1_000_000_000n;
}

function date(nanoseconds: bigint, between: string): string {
  return new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19).replace('T', between);
}

/** `.123456789`. */
function fraction(nanoseconds: bigint): string {
  return `.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}`;
}
