/**
 * Reads a project as `docker compose` does before any of its commands: finds the files, reads the environment, loads,
 * enables what was asked for. Nothing ambient: files come through a port, warnings go through another.
 */
import type { CliFiles } from '../../environment.ts';
import { ComposeError } from '../compose-error.ts';
import type { Project } from '../project.ts';

/** What the loader reads; relative paths are never asked for. */
export type ProjectFiles = Pick<CliFiles, 'read' | 'stat'>;

export interface LoadOptions {
  /** The process's: `docker` was called here. Absolute. */
  cwd: string;
  /** The process's environment. */
  environment: Record<string, string>;
  reader: ProjectFiles;
  /** The content of the file named `-`. */
  standardInput?: () => Promise<Uint8Array>;
  /** A line without the `WARN[0000]` before it. */
  warn: (message: string) => void;

  /** `--file`, as typed; empty for `COMPOSE_FILE`, then the default names. */
  files?: string[];
  /** `--project-name`. */
  projectName?: string;
  /** `--project-directory`. */
  projectDirectory?: string;
  /** `--env-file`; empty for `.env`. */
  envFiles?: string[];
  /** `--profile`; empty for `COMPOSE_PROFILES`. */
  profiles?: string[];
  /** Services named on the command line: their profiles are active, the others are disabled unless these depend on them. */
  services?: string[];

  /** What `docker compose config` can turn off; all true unless said. */
  interpolate?: boolean;
  normalize?: boolean;
  checkConsistency?: boolean;
  resolvePaths?: boolean;
  resolveEnvironment?: boolean;
}

/**
 * The project with what its commands need: networks, volumes and so on that no active service uses are left out, and
 * `depends_on` names active services only.
 *
 * @throws ComposeError
 */
export function loadProject(options: LoadOptions): Promise<Project> {
  throw new ComposeError(`not here yet: ${options.cwd}`);
}
