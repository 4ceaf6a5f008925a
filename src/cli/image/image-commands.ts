/** Every `docker image` command that is here. `build`, `import`, `load` and `save` are not yet, and say so. */
import type { Command } from '../command.ts';
import { historyCommand } from './history.ts';
import { inspectCommand } from './inspect.ts';
import { lsCommand } from './ls.ts';
import { pruneCommand } from './prune.ts';
import { pullCommand } from './pull.ts';
import { pushCommand } from './push.ts';
import { rmCommand } from './rm.ts';
import { tagCommand } from './tag.ts';

export const imageCommands: Command[] = [
  historyCommand,
  inspectCommand,
  lsCommand,
  pruneCommand,
  pullCommand,
  pushCommand,
  rmCommand,
  tagCommand,
];
