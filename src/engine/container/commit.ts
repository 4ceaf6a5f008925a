/**
 * `docker commit`: an image of what a container has written.
 * Source: moby daemon/commit.go.
 */
import { EngineError } from '../errors.ts';
import { childImageConfig } from '../image/child-image.ts';
import type { Image } from '../image/image-store.ts';
import { addLayer } from '../image/new-layer.ts';
import type { RunConfig } from '../oci/image-config.ts';
import { familiarString, tagNameOnly, type Reference } from '../oci/reference.ts';
import { rfc3339Nano } from '../time.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { withImageDefaults } from './image-defaults.ts';
import { pauseContainer } from './pause.ts';
import { unpauseContainer } from './unpause.ts';
import { writtenEntries } from './written.ts';

export interface CommitContainer {
  reference?: Reference | undefined;
  author: string;
  comment: string;
  /** Changes asked for, as Dockerfile instructions say them. */
  edit: (config: RunConfig) => RunConfig;
  /** Instead of the container's own, when given. */
  config?: RunConfig | undefined;
  /** Freezes a running container meanwhile. */
  pause: boolean;
}

export async function commitContainer(containers: Containers, name: string, request: CommitContainer): Promise<Image> {
  const container = containers.resolve(name);
  const { status } = container.state;
  if (status === 'dead') throw new EngineError('conflict', `You cannot commit container ${container.id} which is Dead`);
  if (status === 'removing') throw new EngineError('conflict', `You cannot commit container ${container.id} which is being removed`);
  const own = runConfigOf(container);
  const config = asRunConfig(withImageDefaults(request.edit(request.config ?? own), own));
  const paused = request.pause && status === 'running';
  if (paused) await pauseContainer(containers, container.id);
  try {
    const image = await imageOf(containers, container, config, request);
    const { images } = containers.ports;
    images.ports.events.log('image', 'create', image.id, { ...image.config.config?.Labels, name: image.id });
    if (request.reference) images.tag(image, request.reference);
    containers.logEvent(container, 'commit', {
      comment: request.comment,
      imageID: image.id,
      imageRef: request.reference ? familiarString(tagNameOnly(request.reference)) : '',
    });
    return image;
  } finally {
    // It may have ended meanwhile.
    if (paused) await unpauseContainer(containers, container.id).catch(() => undefined);
  }
}

async function imageOf(containers: Containers, container: Container, config: RunConfig, request: CommitContainer): Promise<Image> {
  const { images, clock } = containers.ports;
  const { topLayer, imageId } = container;
  if (topLayer !== undefined) images.hold(topLayer);
  let held: string | undefined;
  try {
    const layer = await addLayer(images, await writtenEntries(containers, container), topLayer);
    held = layer?.chainId;
    const parent = images.store.get(imageId);
    const image = await images.store.create(
      childImageConfig({
        parent,
        config,
        containerConfig: runConfigOf(container),
        containerId: container.id,
        diffId: layer?.diffId,
        author: request.author,
        comment: request.comment,
        createdBy: (container.config.Cmd ?? []).join(' '),
        created: rfc3339Nano(clock.now()),
        dockerVersion: containers.ports.release.version,
      }),
    );
    if (parent) images.store.setParent(image, parent.id);
    return image;
  } finally {
    if (held !== undefined) images.release(held);
    if (topLayer !== undefined) images.release(topLayer);
    images.collectLayers();
  }
}

/** What of a container's configuration an image keeps. */
export function runConfigOf({ config }: Container): RunConfig {
  return asRunConfig(config);
}

const keys = [
  'User', 'ExposedPorts', 'Env', 'Cmd', 'Healthcheck', 'ArgsEscaped', 'Volumes', 'WorkingDir', 'Entrypoint', 'OnBuild', 'Labels', 'StopSignal', 'Shell',
] as const satisfies (keyof RunConfig)[]; // prettier-ignore

function asRunConfig(config: object): RunConfig {
  const given = config as Record<string, unknown>;
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(keys.filter((key) => !isEmpty(given[key])).map((key) => [key, given[key]]));
}
