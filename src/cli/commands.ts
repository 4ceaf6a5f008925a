/** Every command that does something. Docker's others are known by their help and say that they are not here yet. */
import type { Command } from './command.ts';
import { builderCommands } from './builder/builder-commands.ts';
import { checkpointCommands } from './checkpoint/checkpoint-commands.ts';
import { composeCommands } from './compose/compose-commands.ts';
import { containerCommands } from './container/container-commands.ts';
import { contextCommands } from './context/context-commands.ts';
import { imageCommands } from './image/image-commands.ts';
import { manifestCommands } from './manifest/manifest-commands.ts';
import { networkCommands } from './network/network-commands.ts';
import { pluginCommands } from './plugin/plugin-commands.ts';
import { registryCommands } from './registry/registry-commands.ts';
import { scoutCommands } from './scout/scout-commands.ts';
import { systemCommands } from './system/system-commands.ts';
import { trustCommands } from './trust/trust-commands.ts';
import { volumeCommands } from './volume/volume-commands.ts';

const COMMANDS: Command[] = [
  ...builderCommands,
  ...checkpointCommands,
  ...composeCommands,
  ...containerCommands,
  ...contextCommands,
  ...imageCommands,
  ...manifestCommands,
  ...networkCommands,
  ...pluginCommands,
  ...registryCommands,
  ...scoutCommands,
  ...systemCommands,
  ...trustCommands,
  ...volumeCommands,
];

const byPath = new Map(COMMANDS.map((command) => [command.path.join(' '), command]));

export function commandAt(canonicalPath: string): Command | undefined {
  return byPath.get(canonicalPath);
}
