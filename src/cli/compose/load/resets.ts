/** What a later file resets (`!reset`) or overrides (`!override`) is dropped before it is merged. */
import { isModel, type ModelValue } from './model.ts';
import { matches, type ModelPath } from './model-path.ts';

/** Takes out what a later file resets or overrides. An element of a list cannot be. */
export function dropResets(value: ModelValue, resets: readonly ModelPath[], path: ModelPath = []): void {
  if (resets.length === 0) return;
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const next = [...path, `[${index}]`];
      if (!isReset(next, resets)) dropResets(entry, resets, next);
    }
  } else if (isModel(value)) {
    for (const [key, entry] of Object.entries(value)) {
      const next = [...path, key];
      if (isReset(next, resets)) delete value[key];
      else dropResets(entry, resets, next);
    }
  }
}

/** Whether what is at a path was reset or overridden in a later file. */
function isReset(path: ModelPath, resets: readonly ModelPath[]): boolean {
  return resets.some((reset) => matches(path, reset));
}
