/**
 * Image bodies of the Engine API.
 * Source: moby api/types/image and docker-image-spec, API 1.50.
 */
import type { RunConfig } from '../../oci/image-config.ts';
import type { GraphDriver } from './container.ts';

/** An element of `GET /images/json`. */
export interface ImageSummary {
  /** -1 when not counted. */
  Containers: number;
  /** Seconds since the epoch. */
  Created: number;
  Id: string;
  Labels: Record<string, string> | null;
  ParentId: string;
  RepoDigests: string[];
  RepoTags: string[];
  /** -1 when not computed. */
  SharedSize: number;
  Size: number;
  /** API before 1.44. */
  VirtualSize?: number;
}

/** What an image says about containers made from it. */
export type ImageConfig = RunConfig;

/** `GET /images/{name}/json`. */
export interface ImageInspect {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Parent: string;
  Comment: string;
  Created?: string;
  DockerVersion: string;
  Author: string;
  Config: ImageConfig | null;
  Architecture: string;
  Variant?: string;
  Os: string;
  OsVersion?: string;
  Size: number;
  VirtualSize?: number;
  GraphDriver: GraphDriver;
  RootFS: { Type?: string; Layers?: string[] };
  Metadata: { LastTagTime: string };
}

/** An element of `GET /images/{name}/history`. */
export interface ImageHistoryItem {
  Comment: string;
  Created: number;
  CreatedBy: string;
  Id: string;
  Size: number;
  Tags: string[] | null;
}

/** An element of what `DELETE /images/{name}` did; exactly one key. */
export interface ImageDeleted {
  Untagged?: string;
  Deleted?: string;
}

export interface ImagesPruned {
  ImagesDeleted: ImageDeleted[] | null;
  SpaceReclaimed: number;
}

/** `GET /distribution/{name}/json`. */
export interface DistributionInspect {
  Descriptor: { mediaType: string; digest: string; size: number };
  Platforms: { architecture: string; os: string; variant?: string }[];
}

/** An element of `GET /images/search`. */
export interface ImageSearchItem {
  star_count: number;
  is_official: boolean;
  name: string;
  /** Never true any more. */
  is_automated: boolean;
  description: string;
}
