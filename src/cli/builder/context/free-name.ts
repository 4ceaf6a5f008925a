/** A name for the Dockerfile that is sent besides a context: none of its files has it. */
import { joinPath } from '#engine/go-path.ts';
import type { CliEnvironment } from '../../environment.ts';
import { exists } from './dockerfile-place.ts';

const DIGITS = 20;

/** `.dockerfile.` and twenty hexadecimal digits, told by the time. */
export async function freeName({ files, clock }: CliEnvironment, directory: string): Promise<string> {
  for (let number = BigInt(Math.floor(clock.now() * 1000)); ; number++) {
    const name = `.dockerfile.${number.toString(16).padStart(DIGITS, '0')}`;
    if (!(await exists(files, joinPath(directory, name)))) return name;
  }
}
