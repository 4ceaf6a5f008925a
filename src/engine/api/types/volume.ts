/**
 * Volume bodies of the Engine API.
 * Source: moby api/types/volume, API 1.50.
 */

export interface Volume {
  CreatedAt?: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Mountpoint: string;
  Name: string;
  Options: Record<string, string> | null;
  Scope: string;
  Status?: Record<string, unknown>;
  UsageData?: { RefCount: number; Size: number };
  /** Of a volume that a swarm manages. */
  ClusterVolume?: ClusterVolume;
}

/** Body of `POST /volumes/create`. */
export interface VolumeCreateRequest {
  ClusterVolumeSpec?: ClusterVolumeSpec;
  Driver?: string;
  DriverOpts?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
  Name?: string;
}

/** As far as it is looked at. */
export interface ClusterVolume {
  ID: string;
  Version: { Index: number };
  Spec: ClusterVolumeSpec;
  PublishStatus?: { NodeID?: string; State?: string }[];
  Info?: { VolumeID?: string };
}

export interface ClusterVolumeSpec {
  Group?: string;
  AccessMode?: { Scope?: string; Sharing?: string; MountVolume?: object; BlockVolume?: object };
  AccessibilityRequirements?: { Requisite?: Topology[]; Preferred?: Topology[] };
  CapacityRange?: { RequiredBytes?: number; LimitBytes?: number };
  Secrets?: { Key: string; Secret: string }[];
  Availability?: string;
}

export interface Topology {
  Segments?: Record<string, string>;
}

export interface VolumeList {
  Volumes: Volume[] | null;
  Warnings: string[] | null;
}

export interface VolumesPruned {
  VolumesDeleted: string[];
  SpaceReclaimed: number;
}
