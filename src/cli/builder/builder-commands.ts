/** Every command about building that is here. Of buildx, what makes and manages further builders is not. */
import type { Command } from '../command.ts';
import { buildCommand } from './build.ts';
import { duCommand } from './du.ts';
import { inspectCommand } from './inspect.ts';
import { lsCommand } from './ls.ts';
import { classicPruneCommand, pruneCommand } from './prune.ts';
import { versionCommand } from './version.ts';

export const builderCommands: Command[] = [
  buildCommand,
  classicPruneCommand,
  duCommand,
  inspectCommand,
  lsCommand,
  pruneCommand,
  versionCommand,
];
