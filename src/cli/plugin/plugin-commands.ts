/** Every `docker plugin` command. */
import type { Command } from '../command.ts';
import { createCommand } from './create.ts';
import { disableCommand } from './disable.ts';
import { enableCommand } from './enable.ts';
import { inspectCommand } from './inspect.ts';
import { installCommand } from './install.ts';
import { lsCommand } from './ls.ts';
import { pushCommand } from './push.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';
import { upgradeCommand } from './upgrade.ts';

export const pluginCommands: Command[] = [
  createCommand,
  disableCommand,
  enableCommand,
  inspectCommand,
  installCommand,
  lsCommand,
  pushCommand,
  rmCommand,
  setCommand,
  upgradeCommand,
];
