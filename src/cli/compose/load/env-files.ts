/** The environment of `.env` and `--env-file`: later files win, and see what earlier ones set. */
import { ComposeError } from '../compose-error.ts';
import { parseDotEnv } from './dotenv.ts';
import type { FileReader } from './read-file.ts';

export interface EnvFileOptions {
  reader: FileReader;
  warn: (message: string) => void;
}

/** @throws ComposeError */
export async function readEnvFiles(
  paths: string[],
  environment: Record<string, string>,
  { reader, warn }: EnvFileOptions,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const path of paths) {
    const kind = await reader.kind(path);
    if (kind === undefined) throw new ComposeError(`couldn't find env file: ${path}`, 15);
    if (kind === 'directory') throw new ComposeError(`${path} is a directory`, 15);
    const text = await reader.text(path);
    const lookup = (name: string): string | undefined =>
      Object.hasOwn(environment, name) ? environment[name] : Object.hasOwn(variables, name) ? variables[name] : undefined;
    try {
      Object.assign(variables, parseDotEnv(text, { lookup, warn }));
    } catch (error) {
      throw new ComposeError(`failed to read ${path}: ${(error as Error).message}`, 15);
    }
  }
  return variables;
}
