/** Every command of Docker Compose, and the group itself. */
import type { Command } from '../command.ts';
import { configDirectory } from '../client-config.ts';
import { helpOf } from '../help/help-data.ts';
import { helpText } from '../help/usage.ts';
import { configCommand } from './config.ts';
import { down } from './down.ts';
import { withDryRun } from './dry-run.ts';
import { attach } from './attach.ts';
import { cp } from './cp.ts';
import { events } from './events.ts';
import { stats } from './stats.ts';
import { wait } from './wait.ts';
import { run } from './run.ts';
import { build } from './build.ts';
import { cancelable } from './cancelable.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { globalsOf } from './globals.ts';
import { exec } from './exec.ts';
import { images } from './images.ts';
import { logs } from './logs.ts';
import { ls } from './ls.ts';
import { pause, unpause } from './pause.ts';
import { port } from './port.ts';
import { ps } from './ps.ts';
import { top } from './top.ts';
import { lifecycleCommands } from './lifecycle-commands.ts';
import { up } from './up.ts';
import { watch } from './watch.ts';
import { version, versionText } from './version.ts';

const DEFAULT_WIDTH = 80;

/** @cli  Y  docker compose  "Define and run multi-container applications with Docker" */
const group: Command = {
  path: ['compose'],
  run: async ({ environment, flags, out }) => {
    if (flags.bool('version')) return out(versionText(false, ''));
    const width = environment.stdout.size()?.columns ?? DEFAULT_WIDTH;
    await out(helpText(helpOf('compose')!, { width, configDirectory: configDirectory(environment) }));
  },
};

export const composeCommands: Command[] = [
  group,
  ...[
    configCommand(globalsOf),
    pull,
    push,
    build,
    run,
    ...lifecycleCommands,
    down,
    wait,
    stats,
    events,
    cp,
    attach,
    exec,
    images,
    logs,
    ls,
    pause,
    port,
    ps,
    top,
    unpause,
    up,
    watch,
    version,
  ]
    .map(withDryRun)
    .map(cancelable),
];
