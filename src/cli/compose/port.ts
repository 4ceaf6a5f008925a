/** Shows where a service's port is published. Source: docker/compose 2.26.1 cmd/compose/port.go, pkg/compose/port.go. */
import { messageOf } from '#engine/errors.ts';
import type { Command } from '../command.ts';
import { parseUnsigned } from '../units/number.ts';
import { ComposeError } from './compose-error.ts';
import { projectName } from './named-project.ts';
import { nameOf, serviceContainer } from './project-containers.ts';

/** @cli  Y  docker compose port  "Print the public port for a port binding" */
export const port: Command = {
  path: ['compose', 'port'],
  async run(context) {
    const { flags, out } = context;
    const [service = '', text = ''] = context.args;
    const wanted = portOf(text);
    const protocol = flags.string('protocol').toLowerCase();
    const project = await projectName(context);
    const container = await serviceContainer(await context.api(), project, service, flags.number('index'), {
      oneOff: 'include',
      all: false,
    });
    const ports = container.Ports ?? [];
    const found = ports.find(({ PrivatePort, Type }) => PrivatePort === wanted && Type === protocol);
    if (found) return out(`${found.IP ?? ''}:${found.PublicPort ?? 0}\n`);
    const others = ports.map(({ PublicPort = 0, Type }) => `${PublicPort}/${Type}`).join(', ');
    throw new ComposeError(`no port ${wanted}/${protocol} for container ${nameOf(container)}: ${others}`);
  },
};

function portOf(text: string): number {
  try {
    return Number(parseUnsigned(text, 10, 16));
  } catch (error) {
    throw new ComposeError(messageOf(error));
  }
}
