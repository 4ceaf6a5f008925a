/**
 * `docker history`: how an image came about, newest step first.
 * Source: moby daemon/images/image_history.go.
 */
import { EngineError } from '../errors.ts';
import { parseRfc3339 } from '../time.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import { namesOf } from './list.ts';

export interface HistoryStep {
  /** Of the image that ended here; `<missing>` when that is not on this host. */
  id: string;
  createdMs: number | undefined;
  createdBy: string;
  comment: string;
  sizeBytes: number;
  tags: string[];
}

export function imageHistory(images: Images, image: Image): HistoryStep[] {
  const steps: HistoryStep[] = [];
  let layer = 0;
  for (const entry of image.config.history ?? []) {
    const own = entry.empty_layer ? undefined : image.layers[layer++];
    if (!entry.empty_layer && !own) throw new EngineError('system', 'too many non-empty layers in History section');
    steps.unshift({
      id: '<missing>',
      createdMs: entry.created === undefined ? undefined : parseRfc3339(entry.created),
      createdBy: entry.created_by ?? '',
      comment: entry.comment ?? '',
      sizeBytes: own?.sizeBytes ?? 0,
      tags: [],
    });
  }
  let ancestor: Image | undefined = image;
  for (const step of steps) {
    if (!ancestor) break;
    step.id = ancestor.id;
    step.tags = namesOf(images, ancestor).tags;
    ancestor = ancestor.parentId === '' ? undefined : images.store.get(ancestor.parentId);
  }
  return steps;
}
