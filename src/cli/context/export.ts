/** Writes a context as a tar archive. Source: docker/cli cli/command/context/export.go. */
import type { Command } from '../command.ts';
import { FileError, type CliFiles } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { openError } from '../options/open-error.ts';
import { exportContext } from './archive.ts';
import { DEFAULT_CONTEXT, validateContextName } from './store.ts';

/** @cli  Y  docker context export  "Export a context to a tar archive FILE or a tar stream on STDOUT." */
export const exportCommand: Command = {
  path: ['context', 'export'],
  async run(context) {
    const { contexts, args, environment } = context;
    const [name = '', destination = `${name}.dockercontext`] = args;
    if (name !== DEFAULT_CONTEXT) validateContextName(name);
    if (destination !== '-') await makeFile(environment.files, destination);
    else if (environment.stdout.isTerminal) throw new ExitError(1, 'cowardly refusing to export to a terminal, specify a file path');
    const archive = await exportContext(contexts, name);
    if (destination === '-') return await environment.stdout.write(archive);
    await environment.files.append(destination, archive);
    await context.err(`Written file ${JSON.stringify(destination)}\n`);
  },
};

/** Where there is none yet; it stays, empty, when there is no such context. */
async function makeFile(files: CliFiles, path: string): Promise<void> {
  const existing = await files.stat(path).catch((error: unknown) => {
    if (!(error instanceof FileError && error.code === 'ENOENT')) throw openError(path, error);
  });
  if (existing) throw new ExitError(1, `open ${path}: file exists`);
  await files.write(path, new Uint8Array(0), 0o600).catch((error: unknown) => {
    throw openError(path, error);
  });
}
