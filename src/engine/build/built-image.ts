/**
 * The image that a build ends with: its configuration with the times of its layers, its names.
 * Source: BuildKit exporter/containerimage/writer.go, normalizeLayersAndHistory.
 */
import type { HistoryEntry, ImageConfigFile, RunConfig } from '../oci/image-config.ts';

export interface BuiltImage {
  architecture: string;
  os: string;
  variant?: string | undefined;
  author?: string | undefined;
  config: RunConfig;
  /** Of the base and of this build; steps of this build have no time. */
  history: readonly HistoryEntry[];
  diffIds: readonly string[];
  /** RFC 3339, when each layer was made; undefined where it is not known. */
  layerTimes: readonly (string | undefined)[];
}

/** The document's bytes, keys in the order of the alphabet as Go writes a map. */
export function builtImageConfig(image: BuiltImage): Uint8Array {
  const history = withTimes(image.history, image.layerTimes);
  const created = history.at(-1)?.created;
  const file: ImageConfigFile = {
    architecture: image.architecture,
    ...(image.author && { author: image.author }),
    config: image.config,
    ...(created !== undefined && { created }),
    history,
    os: image.os,
    rootfs: { type: 'layers', diff_ids: [...image.diffIds] },
    ...(image.variant && { variant: image.variant }),
  };
  return new TextEncoder().encode(JSON.stringify(file));
}

/** Steps without a layer get the time of the layer before them; those before the first new layer, of that one. */
function withTimes(given: readonly HistoryEntry[], layerTimes: readonly (string | undefined)[]): HistoryEntry[] {
  let layer = 0;
  const history = given.map((entry) => {
    const time = entry.empty_layer ? undefined : layerTimes[layer++];
    return entry.created === undefined && time !== undefined ? { created: time, ...entry } : { ...entry };
  });
  let current: string | undefined;
  let missing = false;
  for (const { created } of history) {
    if (created === undefined) missing = true;
    else {
      current = created;
      if (missing) break;
    }
  }
  let met = false;
  return history.map((entry) => {
    if (entry.created === undefined) {
      met = true;
      return current === undefined ? entry : { created: current, ...entry };
    }
    if (met) current = entry.created;
    return entry;
  });
}
