/** What is mounted into a container, as it is kept and shown: bind mounts, volumes, tmpfs and images. */
import type { Mount as MountSpec, MountPoint } from '../api/types/container.ts';

export interface Mount {
  type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** The volume's or the image's name; empty for others. */
  name: string;
  /** Path in the node; empty for tmpfs. */
  source: string;
  destination: string;
  driver: string;
  /** Docker's mode string: `ro,z`. */
  mode: string;
  writable: boolean;
  /** `rprivate`; empty for volumes. */
  propagation: string;
  /** What the user asked for. */
  spec: MountSpec;
  /** A missing source is an error instead of being made. */
  sourceMustExist: boolean;
  /** A new volume gets what the container's image has there. Not of volumes that come from other containers. */
  copyData: boolean;
  /** Of an image: its id, the directory under overlay2/ where it is mounted, and its topmost layer. */
  image?: { id: string; tree: string; topLayer: string | undefined };
}

export function wireMount(mount: Mount): MountPoint {
  return {
    Type: mount.type,
    ...(mount.name === '' ? {} : { Name: mount.name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.driver === '' ? {} : { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.writable,
    Propagation: mount.propagation,
  };
}
