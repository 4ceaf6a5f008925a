/** Every command that does something. Docker's others are known by their help and say that they are not here yet. */
import type { Command } from './command.ts';
import { builderCommands } from './builder/builder-commands.ts';
import { containerCommands } from './container/container-commands.ts';
import { imageCommands } from './image/image-commands.ts';
import { manifestCommands } from './manifest/manifest-commands.ts';
import { registryCommands } from './registry/registry-commands.ts';
import { scoutCommands } from './scout/scout-commands.ts';
import { systemCommands } from './system/system-commands.ts';

const COMMANDS: Command[] = [
  ...builderCommands,
  ...containerCommands,
  ...imageCommands,
  ...manifestCommands,
  ...registryCommands,
  ...scoutCommands,
  ...systemCommands,
];

const byPath = new Map(COMMANDS.map((command) => [command.path.join(' '), command]));

export function commandAt(canonicalPath: string): Command | undefined {
  return byPath.get(canonicalPath);
}
