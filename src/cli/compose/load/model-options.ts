/** What the files of a project are read with, and what comes of one: shared by the loader, `extends` and `include`. */
import type { Model } from './model.ts';
import type { ModelPath } from './model-path.ts';
import type { FileReader } from './read-file.ts';

/** What a file is read with; another for one that is included or extended. */
export interface ModelOptions {
  reader: FileReader;
  warn: (message: string) => void;
  /** Paths of the files are resolved against it; relative itself below an included or extended file. */
  directory: string;
  /** Names of further files are resolved against it. */
  base: string;
  environment: Record<string, string>;
  /** For `${…}`: that of the project, also in a file that is extended. */
  interpolate: boolean;
  resolvePaths: boolean;
  /** Off for a file that is extended: the service is checked when merged. */
  validate: boolean;
  extend: boolean;
  include: boolean;
  /** Files whose obsolete `version` has been told. */
  warnedVersions: Set<string>;
}

export interface ModelFile {
  /** Absolute, or `-`. */
  path: string;
  /** Read already. */
  text?: string;
}

/** The resets of a file's last document: they are applied to the service that another file extends with it. */
export interface LoadedFile {
  model: Model;
  resets: ModelPath[];
}
