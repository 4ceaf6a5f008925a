/**
 * `removed: NAME`: a container of that name was removed and none is left. Asks the events, because on a
 * fresh machine nothing of that name exists either.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { EngineView } from '../engine-view.ts';
import { nameOf } from './container.ts';
import { type GoalKind, met, notYet, readText } from './goal-kind.ts';

export const removed: GoalKind<string> = {
  parse(value) {
    const name = readText('removed', 'its value', value);
    if (name === undefined) throw new Error('removed takes the name of a container');
    return name;
  },

  says: (name) => `the container \`${name}\` is removed`,

  async check(name, engine: EngineView) {
    const all = (await engine.get<ContainerSummary[]>('/containers/json', { all: true })) ?? [];
    const still = all.find((one) => nameOf(one) === name);
    if (still)
      return notYet(still.State === 'running' ? `\`${name}\` is still running` : `\`${name}\` is still here: stopped, not removed`);
    const gone = engine.events.some(
      (event) => event.Type === 'container' && event.Action === 'destroy' && event.Actor.Attributes['name'] === name,
    );
    return gone ? met : notYet(`there has been no container named \`${name}\``);
  },
};
