/** Removes what nothing uses: containers, networks, images, build cache. Source: docker/cli cli/command/system/prune.go. */
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { pruneContainers } from '../container/prune.ts';
import { compareNaturally } from '../container/natural-order.ts';
import { ExitError } from '../exit-error.ts';
import { pruneImages } from '../image/prune.ts';
import { pruneNetworks } from '../network/prune.ts';
import { filterValues, type Filters } from '../options/filter.ts';
import { pruneFilters } from '../options/prune-filters.ts';
import { humanSize } from '../units/size.ts';
import { pruneVolumes } from '../volume/prune.ts';
import { pruneBuildCache } from './prune-requests.ts';

/** Filters that the question names. */
const SHOWN_FILTERS = ['label', 'label!', 'until'];

export interface Pruned {
  /** The list to print; empty when nothing was removed. */
  removed: string;
  reclaimedBytes: number;
}

/** @cli  Y  docker system prune  "Remove unused data" */
export const pruneCommand: Command = {
  path: ['system', 'prune'],
  async run(context) {
    const { flags } = context;
    const volumes = flags.bool('volumes');
    const all = flags.bool('all');
    if (volumes && Object.hasOwn(flags.value<Filters>('filter'), 'until')) {
      throw new ExitError(1, 'ERROR: The "until" filter is not supported with "--volumes"');
    }
    const filters = await pruneFilters(context);
    // A no is no failure.
    if (!flags.bool('force') && !(await confirm(context, question(all, volumes, filters)))) return;
    let reclaimedBytes = 0;
    for (const step of steps(context, all, volumes, filters)) {
      const pruned = await step();
      reclaimedBytes += pruned.reclaimedBytes;
      if (pruned.removed !== '') await context.out(`${pruned.removed}\n`);
    }
    await context.out(`Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  },
};

function steps(context: CommandContext, all: boolean, volumes: boolean, filters: Filters): (() => Promise<Pruned>)[] {
  return [
    () => pruneContainers(context, filters),
    () => pruneNetworks(context, filters),
    ...(volumes ? [() => pruneVolumes(context, filters)] : []),
    () => pruneImages(context, all, filters),
    () => pruneBuildCache(context, all, filters),
  ];
}

function question(all: boolean, volumes: boolean, filters: Filters): string {
  const warnings = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
    all ? 'all build cache' : 'unused build cache',
  ];
  const shown = SHOWN_FILTERS.flatMap((name) => filterValues(filters, name).map((value) => `${name}=${value}`)).sort(compareNaturally);
  const filtered =
    shown.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${shown.map((filter) => `  - ${filter}\n`).join('')}`;
  return `WARNING! This will remove:\n${warnings.map((warning) => `  - ${warning}\n`).join('')}${filtered}\nAre you sure you want to continue?`;
}
