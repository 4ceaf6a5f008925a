/** `drydock exec`: runs a command in the machine's shell, with our standard streams and its exit status. */
import { parseArgs } from 'node:util';
import type { Channel } from '../../src/emulator/agent/channel.ts';
import { kill } from '../../src/emulator/agent/ops.ts';
import { exitCode } from '../../src/emulator/agent/spawn.ts';
import { node, openMachine } from './machine.ts';
import { checkFolder, shareFolder } from './shared-folder.ts';

export async function exec(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: { files: { type: 'string' } }, allowPositionals: true });
  const [command, ...more] = positionals;
  if (command === undefined || more.length > 0) throw new Error(`usage: drydock exec [--files DIR] 'COMMAND'`);
  if (values.files !== undefined) await checkFolder(values.files);
  const machine = await openMachine();
  const writeBack = values.files === undefined ? undefined : await shareFolder(values.files, machine.sharedHome(node));
  const shell = await machine.shell(node, command);
  const { stdin, stdout, stderr } = shell.channels;
  // To everything that the command runs, as a terminal does.
  const forward = (signal: number) => () => void machine.agent.run({ node: 0 }, kill(-shell.pid, signal)).catch(() => {});
  process.on('SIGINT', forward(2));
  process.on('SIGTERM', forward(15));
  const input = stdin && sendInput(stdin);
  await Promise.all([stdout && copyOut(stdout, process.stdout), stderr && copyOut(stderr, process.stderr)]);
  const status = await shell.exit;
  void input;
  const failures = (await writeBack?.()) ?? [];
  for (const failure of failures) process.stderr.write(`drydock: ${failure}\n`);
  await machine.stop();
  return exitCode(status) || (failures.length > 0 ? 125 : 0);
}

/** Standard input to the guest, until its end or until nobody reads it any more. */
async function sendInput(channel: Channel): Promise<void> {
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) await channel.write(new Uint8Array(chunk));
    channel.end();
  } catch {
    // The command takes no more.
  }
}

/** A stream of the guest to ours, at the pace of who reads ours; when nobody does, the command gets a broken pipe. */
async function copyOut(channel: Channel, out: NodeJS.WriteStream): Promise<void> {
  let broken = false;
  out.on('error', () => {
    broken = true;
    channel.stop();
  });
  for await (const chunk of channel.read()) {
    if (broken) return;
    if (!out.write(chunk)) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve).once('error', resolve));
  }
}
