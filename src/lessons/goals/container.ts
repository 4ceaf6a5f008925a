/**
 * `container: { name, image, state, exitCode, logs }`: there is a container with all that is named.
 * When there is none, the explanation is about the one that came closest: fields are compared in the
 * order name, image, state, exit code, logs, and the first that nothing satisfies is told.
 */
import type { ContainerInspect, ContainerStatus, ContainerSummary } from '#engine/api/types/container.ts';
import type { EngineView } from '../engine-view.ts';
import { type GoalKind, met, notYet, readFields, readText } from './goal-kind.ts';
import { sameImage } from './image-name.ts';

interface ContainerGoal {
  name?: string;
  image?: string;
  state?: ContainerStatus;
  exitCode?: number;
  /** Text that the container printed, on either stream. */
  logs?: string;
}

const states: readonly ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'];

export const container: GoalKind<ContainerGoal> = {
  parse(value) {
    const fields = readFields('container', value, ['name', 'image', 'state', 'exitCode', 'logs']);
    const { state, exitCode } = fields;
    if (state !== undefined && !isState(state)) throw new Error(`container: state is one of ${states.join(', ')}`);
    if (exitCode !== undefined && !(Number.isInteger(exitCode) && Number(exitCode) >= 0))
      throw new Error('container: exitCode is not a number');
    return {
      name: readText('container', 'name', fields['name']),
      image: readText('container', 'image', fields['image']),
      state: exitCode === undefined ? state : 'exited',
      exitCode: exitCode as number | undefined,
      logs: readText('container', 'logs', fields['logs']),
    };
  },

  says({ name, image, state, exitCode, logs }) {
    const what = [name ? `a container named \`${name}\`` : 'a container', image && `from \`${image}\``].filter(Boolean).join(' ');
    const facts = [
      exitCode !== undefined ? `has ended with exit code ${exitCode}` : state && stateSays[state],
      logs && `${state || exitCode !== undefined ? 'its logs say' : 'has logs that say'} \`${logs}\``,
    ].filter(Boolean);
    return `${what} ${facts.length > 0 ? facts.join(' and ') : 'exists'}`;
  },

  async check(goal, engine: EngineView) {
    const all = (await engine.get<ContainerSummary[]>('/containers/json', { all: true })) ?? [];
    if (all.length === 0) return notYet(goal.name ? `there is no container named \`${goal.name}\`` : 'there is no container yet');

    let left = all;
    for (const { holds, differs } of criteria(goal, engine)) {
      const kept: ContainerSummary[] = [];
      for (const one of left) if (await holds(one)) kept.push(one);
      const [nearest] = left;
      if (kept.length === 0 && nearest) return notYet(await differs(nearest, left.length));
      left = kept;
    }
    return met;
  },
};

/** One field of the goal. `differs` is about the most recent container that satisfied all before it. */
interface Criterion {
  holds(one: ContainerSummary): boolean | Promise<boolean>;
  differs(nearest: ContainerSummary, count: number): string | Promise<string>;
}

function criteria(goal: ContainerGoal, engine: EngineView): Criterion[] {
  const { name, image, state, exitCode, logs } = goal;
  const list: Criterion[] = [];
  if (name !== undefined) {
    list.push({
      holds: (one) => one.Names.includes(`/${name}`),
      differs: (nearest, count) =>
        count === 1
          ? `the only container is named \`${nameOf(nearest)}\`, not \`${name}\``
          : `none of the ${count} containers is named \`${name}\``,
    });
  }
  if (image !== undefined) {
    list.push({
      holds: (one) => isFrom(one, image, engine),
      differs: (nearest, count) =>
        count === 1
          ? `\`${nameOf(nearest)}\` was made from \`${nearest.Image}\`, not from \`${image}\``
          : `no container was made from \`${image}\``,
    });
  }
  if (state !== undefined) {
    list.push({ holds: (one) => one.State === state, differs: (nearest) => `\`${nameOf(nearest)}\` ${stateSays[nearest.State]}` });
  }
  if (exitCode !== undefined) {
    const codeOf = async (one: ContainerSummary) => (await inspect(one, engine))?.State.ExitCode;
    list.push({
      holds: async (one) => (await codeOf(one)) === exitCode,
      differs: async (nearest) => `\`${nameOf(nearest)}\` ended with exit code ${await codeOf(nearest)}, not ${exitCode}`,
    });
  }
  if (logs !== undefined) {
    const logsOf = async (one: ContainerSummary) => engine.logs(one.Id, { tty: (await inspect(one, engine))?.Config.Tty ?? false });
    list.push({
      holds: async (one) => (await logsOf(one)).includes(logs),
      differs: async (nearest) => {
        const said = lastLine(await logsOf(nearest));
        return said ? `\`${nameOf(nearest)}\` printed \`${said}\`, not \`${logs}\`` : `\`${nameOf(nearest)}\` has printed nothing`;
      },
    });
  }
  return list;
}

const stateSays: Record<ContainerStatus, string> = {
  created: 'was created, but never started',
  running: 'is running',
  paused: 'is paused',
  restarting: 'is restarting',
  exited: 'has ended',
  removing: 'is being removed',
  dead: 'is dead',
};

export function nameOf(one: ContainerSummary): string {
  return one.Names[0]?.replace(/^\//, '') ?? one.Id.slice(0, 12);
}

/** A container whose tag has moved on is listed by image id; then the name it was made from is asked for. */
async function isFrom(one: ContainerSummary, image: string, engine: EngineView): Promise<boolean> {
  if (sameImage(image, one.Image)) return true;
  const inspected = await engine.get<ContainerInspect>(`/containers/${one.Id}/json`);
  return inspected !== undefined && sameImage(image, inspected.Config.Image);
}

function inspect(one: ContainerSummary, engine: EngineView): Promise<ContainerInspect | undefined> {
  return engine.get<ContainerInspect>(`/containers/${one.Id}/json`);
}

function lastLine(text: string): string | undefined {
  const line = text.trimEnd().split('\n').at(-1)?.trim();
  return line && line.length > 60 ? `${line.slice(0, 59)}…` : line || undefined;
}

function isState(value: unknown): value is ContainerStatus {
  return states.includes(value as ContainerStatus);
}
