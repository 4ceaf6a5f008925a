/**
 * The command `drydock`: finds the subcommand and turns what it throws into a line on standard error. Each
 * subcommand is a file under commands/.
 */
const usage = `Usage:  drydock COMMAND

Drydock without a page: a Docker host in a Linux machine that runs in this process.

Commands:
  exec [--files DIR] 'COMMAND'   Run a command in the machine's shell
  serve [--host ADDRESS]...      Serve the Docker Engine API, for a docker client to point at
        [--default-cgroupns-mode private|host]
`;

type Command = (args: string[]) => Promise<number>;

const commands: Record<string, () => Promise<Command>> = {
  exec: async () => (await import('./commands/exec.ts')).exec,
  serve: async () => (await import('./commands/serve.ts')).serve,
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  const asked = ['', 'help', '--help', '-h'].includes(name);
  process[asked ? 'stdout' : 'stderr'].write(asked ? usage : `drydock: unknown command: ${name}\n\n${usage}`);
  process.exit(asked ? 0 : 125);
}
try {
  const run = await command();
  process.exit(await run(args));
} catch (error) {
  process.stderr.write(`drydock: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(125);
}

export {};
