/** Makes a context of an archive that `docker context export` wrote. Source: docker/cli cli/command/context/import.go. */
import type { Command } from '../command.ts';
import { openFile } from '../open-file.ts';
import { importContext } from './archive.ts';
import { announce, checkNewName } from './create.ts';

/** @cli  P[no zip archives]  docker context import  "Import a context from a tar or zip file" */
export const importCommand: Command = {
  path: ['context', 'import'],
  async run(context) {
    const { contexts, args, environment } = context;
    const [name = '', source = ''] = args;
    await checkNewName(contexts, name);
    const archive = source === '-' ? environment.stdin.chunks() : await openFile(environment.files, source);
    await importContext(contexts, name, archive);
    await announce(context, name, 'imported');
  },
};
