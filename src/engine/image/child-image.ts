/**
 * The configuration document of an image that was made here on top of another: by commit or by the classic builder.
 * Source: moby image/image.go, NewChildImage.
 */
import type { ImageConfigFile, RunConfig } from '../oci/image-config.ts';
import type { Image } from './image-store.ts';
import { hostPlatform } from './platform.ts';

export interface ChildImage {
  /** Undefined: nothing is below. */
  parent: Image | undefined;
  config: RunConfig;
  /** What the container was made with. */
  containerConfig: RunConfig;
  containerId: string;
  /** Of the layer on top; undefined when nothing was changed. */
  diffId: string | undefined;
  author: string;
  comment: string;
  createdBy: string;
  /** RFC 3339. */
  created: string;
  dockerVersion: string;
}

/** The document's bytes, keys in the order of the alphabet as Docker writes them. */
export function childImageConfig(child: ChildImage): Uint8Array {
  const { parent, author, comment, createdBy, created, diffId } = child;
  const platform = parent?.config ?? hostPlatform;
  const history = {
    created,
    ...(createdBy && { created_by: createdBy }),
    ...(author && { author }),
    ...(comment && { comment }),
    ...(diffId === undefined && { empty_layer: true }),
  };
  const file: ImageConfigFile = {
    architecture: platform.architecture,
    ...(author && { author }),
    ...(comment && { comment }),
    config: child.config,
    ...(child.containerId && { container: child.containerId }),
    container_config: child.containerConfig,
    created,
    docker_version: child.dockerVersion,
    history: [...(parent?.config.history ?? []), history],
    os: platform.os,
    ...(parent?.config['os.version'] && { 'os.version': parent.config['os.version'] }),
    rootfs: { type: 'layers', diff_ids: [...(parent?.config.rootfs.diff_ids ?? []), ...(diffId === undefined ? [] : [diffId])] },
    ...(platform.variant && { variant: platform.variant }),
  };
  return new TextEncoder().encode(JSON.stringify(file));
}
