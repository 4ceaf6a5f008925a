/** What went wrong in a build, and which lines of the Dockerfile it is about. */
import { EngineError, messageOf } from '../errors.ts';
import type { LineRange } from './dockerfile/dockerfile-error.ts';

export class BuildError extends EngineError {
  constructor(
    cause: unknown,
    /** Undefined when it is about none. */
    readonly lines: LineRange | undefined,
  ) {
    super(cause instanceof EngineError ? cause.kind : 'unknown', messageOf(cause), { cause });
  }
}

/** A RUN of the classic builder that failed. */
export class CommandFailed extends EngineError {
  constructor(
    message: string,
    /** Its exit code. */
    readonly code: number,
  ) {
    super('unknown', message);
  }
}
