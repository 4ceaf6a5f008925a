/** Makes a plugin of a directory. Source: docker/cli cli/command/plugin/create.go. */
import { firstJsonValue } from '#engine/api/go-json.ts';
import { joinPath } from '#engine/go-path.ts';
import { parseNormalizedNamed } from '#engine/oci/reference.ts';
import type { Command } from '../command.ts';
import { localArchive } from '../container/copy/local-archive.ts';
import type { CliFiles } from '../environment.ts';
import { ExitError } from '../exit-error.ts';
import { openError } from '../options/open-error.ts';

/**
 * @flag  N[the engine takes none]  docker plugin create  --compress
 * @cli  P[never compressed; the engine takes none]  docker plugin create  "Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory."
 */
export const createCommand: Command = {
  path: ['plugin', 'create'],
  async run(context) {
    const { args, environment } = context;
    const [name = '', directory = ''] = args;
    parseNormalizedNamed(name);
    const absolute = directory.startsWith('/') ? directory : joinPath(environment.cwd, directory);
    await checkDirectory(environment.files, absolute);
    await checkConfig(environment.files, joinPath(directory, 'config.json'));
    const body = localArchive(environment.files, absolute, (path) => path);
    const headers = { 'Content-Type': 'application/x-tar' };
    await (await context.api()).post('/plugins/create', { query: { name }, body, headers });
    await context.out(`${name}\n`);
  },
};

async function checkDirectory(files: CliFiles, path: string): Promise<void> {
  const { type } = await files.stat(path, { follow: false }).catch((error: unknown) => {
    throw new ExitError(1, openError(path, error).message.replace(/^\w+ /, 'lstat '), { cause: error });
  });
  if (type !== 'directory') throw new ExitError(1, 'context must be a directory');
}

/** Only that it is JSON is looked at; the daemon looks at the rest. */
async function checkConfig(files: CliFiles, path: string): Promise<void> {
  const bytes = await files.read(path).catch((error: unknown) => {
    throw openError(path, error);
  });
  firstJsonValue(new TextDecoder().decode(bytes));
}
