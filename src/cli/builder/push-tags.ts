/**
 * `--push`: once an image is built, each of its names is pushed as a step of its own.
 * Source: docker/buildx build/build.go, pushWithMoby.
 */
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { fullName, fullString, parseNormalizedNamed, type Reference, tagNameOnly } from '#engine/oci/reference.ts';
import type { CommandContext } from '../command.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { csvFields } from '../options/csv.ts';
import { registryAuth } from '../registry/credentials.ts';
import type { OperationUpdate, SolveStatus } from './progress/solve-status.ts';

type Update = (status: SolveStatus) => Promise<void>;

/** @throws Error for an image that has no name to be pushed to */
export function tagsToPush(flags: ParsedFlags): Reference[] {
  const wanted = flags.bool('push') || flags.list('output').some((output) => csvFields(output).includes('push=true'));
  if (!wanted) return [];
  const tags = flags.list('tag').map((tag) => tagNameOnly(parseNormalizedNamed(tag)));
  if (tags.length === 0) throw new Error('tag is needed when pushing to registry');
  return tags;
}

/** @throws Error in the registry's words */
export async function pushTags(context: CommandContext, tags: readonly Reference[], update: Update): Promise<void> {
  for (const tag of tags) await pushTag(context, tag, update);
}

async function pushTag(context: CommandContext, tag: Reference, update: Update): Promise<void> {
  const now = (): string => new Date(context.environment.clock.now()).toISOString();
  const name = `pushing ${fullString(tag)} with docker`;
  const vertex = { digest: name, name, started: now() };
  await update({ vertexes: [vertex] });
  try {
    const layers = new Map<string, OperationUpdate>();
    for await (const message of await pushed(context, tag)) {
      const text = message.errorDetail?.message ?? message.error;
      if (text !== undefined) throw new Error(text);
      const layer = layerUpdate(layers, message, now());
      if (layer) await update({ statuses: [{ ...layer, vertex: name }] });
    }
    await update({ vertexes: [{ ...vertex, completed: now() }] });
  } catch (error) {
    await update({ vertexes: [{ ...vertex, completed: now(), error: error instanceof Error ? error.message : String(error) }] });
    throw error;
  }
}

async function pushed(context: CommandContext, tag: Reference): Promise<AsyncIterable<ProgressMessage>> {
  const api = await context.api();
  const headers = await registryAuth(context, tag);
  return api.messages<ProgressMessage>(`/images/${fullName(tag)}/push`, { method: 'POST', query: { tag: tag.tag }, headers });
}

/** How far a layer is; nothing of one that the registry has. */
function layerUpdate(
  layers: Map<string, OperationUpdate>,
  { id, status, progressDetail }: ProgressMessage,
  now: string,
): OperationUpdate | undefined {
  const isPushed = status === 'Pushed';
  const isMeasured = progressDetail?.total !== undefined;
  if (!id || !(layers.has(id) || isMeasured || isPushed)) return undefined;
  const layer: OperationUpdate = { ...(layers.get(id) ?? { id: `pushing layer ${id}`, started: now, current: 0 }), timestamp: now };
  if (isMeasured) Object.assign(layer, { current: progressDetail.current ?? 0, total: progressDetail.total });
  if (isPushed) Object.assign(layer, { completed: now, current: layer.total ?? 0 });
  layers.set(id, layer);
  return layer;
}
