/** `noContainers: { image }`: no container from that image is left, running or stopped. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { EngineView } from '../engine-view.ts';
import { nameOf } from './container.ts';
import { type GoalKind, met, notYet, readFields, readText } from './goal-kind.ts';
import { sameImage } from './image-name.ts';

interface NoContainersGoal {
  image: string;
}

export const noContainers: GoalKind<NoContainersGoal> = {
  parse(value) {
    const fields = readFields('noContainers', value, ['image']);
    const image = readText('noContainers', 'image', fields['image']);
    if (image === undefined) throw new Error('noContainers needs an image');
    return { image };
  },

  says: ({ image }) => `no container from \`${image}\` is left`,

  async check({ image }, engine: EngineView) {
    const all = (await engine.get<ContainerSummary[]>('/containers/json', { all: true })) ?? [];
    const left = all.filter((one) => sameImage(image, one.Image)).map((one) => `\`${nameOf(one)}\``);
    const made = engine.events.some(
      (event) => event.Type === 'container' && event.Action === 'create' && sameImage(image, event.Actor.Attributes['image'] ?? ''),
    );
    if (left.length === 0) return made ? met : notYet(`there has been no container from \`${image}\``);
    if (left.length === 1) return notYet(`${left[0]} is still here`);
    const [first, second, ...more] = left;
    return notYet(
      `${left.length} are still here: ${more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`}`,
    );
  },
};
