/** `image: NAME[:TAG]`: an image of that name is in the node's store. */
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { EngineView } from '../engine-view.ts';
import { type GoalKind, met, notYet, readText } from './goal-kind.ts';
import { sameImage } from './image-name.ts';

export const image: GoalKind<string> = {
  parse(value) {
    const name = readText('image', 'its value', value);
    if (name === undefined) throw new Error('image takes the name of an image');
    return name;
  },

  says: (name) => `an image \`${name}\` is on this machine`,

  async check(name, engine: EngineView) {
    const images = (await engine.get<ImageSummary[]>('/images/json')) ?? [];
    const tags = images.flatMap((one) => one.RepoTags ?? []);
    if (tags.some((tag) => sameImage(name, tag))) return met;
    const [repository = name] = name.split(':');
    const other = tags.find((tag) => sameImage(repository, tag));
    return notYet(other ? `there is \`${other}\`, but not \`${name}\`` : `there is no image \`${name}\` here`);
  },
};
