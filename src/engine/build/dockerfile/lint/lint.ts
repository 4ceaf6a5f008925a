/**
 * `docker build --check`: all that the build checks find in a Dockerfile, and the error that a build would end with.
 * Source: BuildKit dockerfile2llb, DockerfileLint.
 */
import { DockerfileError } from '../dockerfile-error.ts';
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
    if (!(error instanceof DockerfileError)) throw error;
    return { warnings: linter?.warnings ?? [], error };
  }
}
