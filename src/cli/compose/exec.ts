/** Runs a command in a service's container. Source: docker/compose 2.26.1 cmd/compose/exec.go, pkg/compose/exec.go. */
import type { Command, CommandContext } from '../command.ts';
import { environmentFlag } from '../container/create-flags.ts';
import { runExec } from '../container/exec.ts';
import type { FlagSyntax } from '../flags/declaration.ts';
import { scalar } from '../flags/syntax.ts';
import { parseBool } from '../units/number.ts';
import { projectName } from './named-project.ts';
import { serviceContainer } from './project-containers.ts';

/** @cli  Y  docker compose exec  "Execute a command in a running container" */
export const exec: Command = {
  path: ['compose', 'exec'],
  flags: (environment) => ({ 'no-TTY': noTtyFlag, env: environmentFlag(environment.env) }),
  async run(context) {
    const { flags } = context;
    const [service = '', ...command] = context.args;
    const project = await projectName(context);
    const container = await serviceContainer(await context.api(), project, service, flags.number('index'), {
      oneOff: 'include',
      all: false,
    });
    const detached = flags.bool('detach');
    const env = flags.list('env');
    return runExec(context, container.Id, {
      User: flags.string('user'),
      Privileged: flags.bool('privileged'),
      Tty: wantsTty(context),
      AttachStdin: !detached && flags.bool('interactive'),
      AttachStderr: !detached,
      AttachStdout: !detached,
      Detach: detached,
      DetachKeys: (await context.config()).detachKeys ?? '',
      Env: env.length > 0 ? env : null,
      WorkingDir: flags.string('workdir'),
      Cmd: command,
    });
  },
};

/** Its default in the help text is that of the terminal which the program was asked in. */
export const noTtyFlag: FlagSyntax = { ...scalar(false, parseBool), bare: 'true' };

/** A terminal inside, unless there is none outside or it is not wanted. */
export function wantsTty({ flags, environment }: CommandContext): boolean {
  return flags.changed('no-TTY') ? !flags.bool('no-TTY') : environment.stdout.isTerminal;
}
