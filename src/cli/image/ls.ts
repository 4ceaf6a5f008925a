/** Lists images. Source: docker/cli cli/command/image/list.go. */
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { Command, CommandContext } from '../command.ts';
import { formatRows } from '../format/formatter.ts';
import { imageFormat, imageKind, imageRows } from '../format/image.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import { listTree } from './tree.ts';

/** What people mean who write `docker images ls`. */
const SUBCOMMANDS = ['build', 'history', 'import', 'list', 'load', 'ls', 'prune', 'pull', 'push', 'rm', 'save', 'tag'];

/** @cli  Y  docker image ls  "List images" */
export const lsCommand: Command = {
  path: ['image', 'ls'],
  async run(context) {
    const { flags, args } = context;
    const [name] = args;
    let filters = flags.value<Filters>('filter');
    if (name) filters = addFilter(filters, 'reference', name);
    if (flags.bool('tree')) return await listTree(context, filters);
    const images = await listImages(context, filters);
    await context.out(await listText(context, images));
    if (name && images.length === 0 && context.name === 'docker images') await hint(context, name);
  },
};

async function listImages(context: CommandContext, filters: Filters): Promise<ImageSummary[]> {
  const query = {
    all: context.flags.bool('all') || undefined,
    filters: filtersParameter(filters),
  };
  return await (await context.api()).get<ImageSummary[]>('/images/json', { query });
}

async function listText(context: CommandContext, images: ImageSummary[]): Promise<string> {
  const { flags } = context;
  const quiet = flags.bool('quiet');
  const digests = flags.bool('digests');
  let source = flags.string('format');
  if (source === '') source = (!quiet && (await context.config()).imagesFormat) || 'table';
  const format = imageFormat(source, quiet, digests);
  const rows = images.flatMap((image) => imageRows(image, digests, format));
  return formatRows(format, rows, imageKind(!flags.bool('no-trunc'), context.environment.clock.now()));
}

async function hint(context: CommandContext, name: string): Promise<void> {
  if (!SUBCOMMANDS.includes(name)) return;
  await context.err(`\nNo images found matching "${name}": did you mean "docker image ${name}"?\n`);
}
