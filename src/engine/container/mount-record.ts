/**
 * A container's mounts in `config.v2.json`, with Docker's keys.
 * Source: moby volume/mounts/mounts.go, MountPoint.
 */
import type { Mount as MountSpec } from '../api/types/container.ts';
import type { Mount } from './mount.ts';

export interface StoredMount {
  Type: Mount['type'];
  Source: string;
  Destination: string;
  RW: boolean;
  Name: string;
  Driver: string;
  Relabel?: string;
  Propagation?: string;
  /** Of an image mount: its directory under overlay2/. */
  ID?: string;
  Spec: MountSpec;
  SkipMountpointCreation: boolean;
  /** Ours: the topmost layer of an image mount, which Docker keeps with the directory. */
  Parent?: string;
}

export function storedMount(mount: Mount): StoredMount {
  const { type, source, destination, writable, name, driver, mode, propagation, spec, sourceMustExist, image } = mount;
  return {
    Type: type,
    Source: source,
    Destination: destination,
    RW: writable,
    Name: name,
    Driver: driver,
    ...(mode !== '' && { Relabel: mode }),
    ...(propagation !== '' && { Propagation: propagation }),
    ...(image && { ID: image.tree, ...(image.topLayer !== undefined && { Parent: image.topLayer }) }),
    Spec: spec,
    SkipMountpointCreation: sourceMustExist,
  };
}

export function loadedMount(stored: StoredMount): Mount {
  const { Type: type, ID: tree, Parent: topLayer, Spec: spec } = stored;
  return {
    type,
    name: stored.Name,
    source: stored.Source,
    destination: stored.Destination,
    driver: stored.Driver,
    mode: stored.Relabel ?? '',
    writable: stored.RW,
    propagation: stored.Propagation ?? '',
    spec,
    sourceMustExist: stored.SkipMountpointCreation,
    copyData: false,
    ...(tree !== undefined && { image: { id: spec.Source ?? '', tree, topLayer } }),
  };
}
