/**
 * `docker build --check`: all that the build checks find in a Dockerfile, and the error that a build would end with.
 * Source: BuildKit dockerfile2llb, DockerfileLint.
 */
import { EngineError } from '../../../errors.ts';
import { DockerfileError, type LineRange } from '../dockerfile-error.ts';
import type { PlanRequest } from '../plan.ts';
import { Planner } from '../planner.ts';
import { Linter, type LintWarning } from './linter.ts';

export interface LintResult {
  warnings: LintWarning[];
  error: DockerfileError | undefined;
}

/** Without a target, all stages are looked at. */
export async function lintDockerfile(request: PlanRequest): Promise<LintResult> {
  let linter: Linter | undefined;
  try {
    linter = Linter.of(request.dockerfile);
    await new Planner({ ...request, allStages: !request.target }, linter).plan();
    return { warnings: linter.warnings, error: undefined };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // A base image that cannot be had ends a check as it ends a build.
    const shown = error instanceof DockerfileError ? error : new DockerfileError(error.message, linesOf(error));
    return { warnings: linter?.warnings ?? [], error: shown };
  }
}

/** Where an error of who was asked for an image says it belongs. */
function linesOf(error: EngineError): LineRange | undefined {
  return 'lines' in error ? (error.lines as LineRange | undefined) : undefined;
}
