/** Every `docker image` command; `docker build` is buildx's, this one the classic builder's. */
import type { Command } from '../command.ts';
import { classicBuildCommand } from './build.ts';
import { historyCommand } from './history.ts';
import { importCommand } from './import.ts';
import { inspectCommand } from './inspect.ts';
import { loadCommand } from './load.ts';
import { lsCommand } from './ls.ts';
import { pruneCommand } from './prune.ts';
import { pullCommand } from './pull.ts';
import { pushCommand } from './push.ts';
import { rmCommand } from './rm.ts';
import { saveCommand } from './save.ts';
import { tagCommand } from './tag.ts';

export const imageCommands: Command[] = [
  classicBuildCommand,
  historyCommand,
  importCommand,
  inspectCommand,
  loadCommand,
  lsCommand,
  pruneCommand,
  pullCommand,
  pushCommand,
  rmCommand,
  saveCommand,
  tagCommand,
];
