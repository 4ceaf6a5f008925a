/**
 * Commands: CMD, ENTRYPOINT, and RUN with its flags.
 * Source: BuildKit frontend/dockerfile/instructions, parseShellDependentCommand, parseRun.
 */
import { quote } from '../../../go-quote.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import type { Features } from '../features.ts';
import type { DockerfileNode } from '../parser.ts';
import { csvFields } from './csv.ts';
import { Flags } from './flags.ts';
import type { Command, RunInstruction } from './instruction.ts';
import { mountFrom } from './run-mount.ts';
import { writtenIn } from './source.ts';

/** A command without flags of its own. @throws DockerfileError */
export function parseCommand(node: DockerfileNode): Command {
  new Flags({}, node.flags);
  return commandOf(node);
}

/** @throws DockerfileError */
export function parseRun(node: DockerfileNode, features: Features): RunInstruction {
  const kinds = { device: 'list', mount: 'list', network: 'text' } as const;
  const flags = new Flags<keyof typeof kinds | 'security'>({ ...kinds, ...(features.security && { security: 'text' }) }, node.flags);
  const devices = flags.list('device');
  for (const device of devices) checkDevice(device);
  const mounts = flags.list('mount');
  for (const mount of mounts) mountFrom(mount);
  const network = flags.text('network', 'default');
  if (network !== 'default' && network !== 'none' && network !== 'host') {
    throw new DockerfileError(`invalid network mode ${quote(network)}`);
  }
  const security = flags.text('security', 'sandbox');
  if (security !== 'sandbox' && security !== 'insecure') throw new DockerfileError(`security ${quote(security)} is not valid`);
  return { kind: 'RUN', ...writtenIn(node), ...commandOf(node), flagsUsed: flags.used(), mounts, network, security, devices };
}

function commandOf(node: DockerfileNode): Command {
  const files = node.heredocs.map(({ name, content, chomp }) => ({ name, data: content, chomp }));
  return { args: node.args, shellForm: !node.json, files };
}

/** Only the form; what devices there are is nobody's concern here, for there are none. */
function checkDevice(text: string): void {
  try {
    csvFields(text);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`failed to parse csv devices: ${error.message}`);
  }
}
