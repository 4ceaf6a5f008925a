/** Every `docker network` command. */
import type { Command } from '../command.ts';
import { connectCommand } from './connect.ts';
import { createCommand } from './create.ts';
import { disconnectCommand } from './disconnect.ts';
import { inspectCommand } from './inspect.ts';
import { lsCommand } from './ls.ts';
import { pruneCommand } from './prune.ts';
import { rmCommand } from './rm.ts';

export const networkCommands: Command[] = [
  connectCommand,
  createCommand,
  disconnectCommand,
  inspectCommand,
  lsCommand,
  pruneCommand,
  rmCommand,
];
