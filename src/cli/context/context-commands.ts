/** Every `docker context` command. */
import type { Command } from '../command.ts';
import { createCommand } from './create.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { inspectCommand } from './inspect.ts';
import { lsCommand } from './ls.ts';
import { rmCommand } from './rm.ts';
import { showCommand } from './show.ts';
import { updateCommand } from './update.ts';
import { useCommand } from './use.ts';

export const contextCommands: Command[] = [
  createCommand,
  exportCommand,
  importCommand,
  inspectCommand,
  lsCommand,
  rmCommand,
  showCommand,
  updateCommand,
  useCommand,
];
