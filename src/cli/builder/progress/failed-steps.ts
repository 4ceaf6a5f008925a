/** The block that repeats what a failed step has printed. */
import type { Step } from './build-trace.ts';

/** @param linesOf what of the step's output is repeated */
export function failedSteps(steps: readonly Step[], linesOf: (step: Step) => readonly string[]): string {
  return steps
    .filter((step) => step.error !== '' && !step.isCanceled)
    .map(
      (step) =>
        `------\n > ${step.name}:\n${linesOf(step)
          .map((line) => `${line}\n`)
          .join('')}------\n`,
    )
    .join('');
}
