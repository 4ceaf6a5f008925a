/**
 * What is wrong in a Dockerfile, in BuildKit's words, and where.
 */
import { EngineError } from '../../errors.ts';

/** Lines of the Dockerfile, from 1, both included. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

export class DockerfileError extends EngineError {
  /** Unknown for what concerns no single line. */
  readonly lines: LineRange | undefined;

  constructor(message: string, lines?: LineRange) {
    super('invalid-parameter', message);
    this.lines = lines;
  }
}

/** Runs a step; an error of it that names no lines gets these. */
export function locating<T>(lines: LineRange, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof DockerfileError ? new DockerfileError(error.message, error.lines ?? lines) : error;
  }
}
