/**
 * Shows what is known of an object whatever its kind: the first kind that knows the name answers.
 * Source: docker/cli cli/command/system/inspect.go.
 */
import { ApiError } from '#engine/api/client.ts';
import type { Info } from '#engine/api/types/system.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { ExitError } from '../exit-error.ts';
import { quote } from '#engine/go-quote.ts';
import { imagePath } from '../image/inspect.ts';
import { inspectAll, type Inspected } from '../inspect/inspector.ts';
import type { GoTypeName } from '../inspect/go-types.ts';
import { objectPath, requireName } from '../object-path.ts';
import { responseText } from '../response-text.ts';

interface Kind {
  name: string;
  path: (name: string) => string;
  type: GoTypeName;
  /** Only a swarm manager knows about it; others are not asked. */
  swarm?: boolean;
  /** `--size` means something. */
  sized?: boolean;
}

/** In the order in which they are asked. */
const KINDS: Kind[] = [
  { name: 'container', path: (name) => containerPath(name, 'json'), type: 'container.InspectResponse', sized: true },
  { name: 'image', path: imagePath, type: 'image.InspectResponse' },
  { name: 'network', path: (name) => objectPath('network', name), type: 'network.Inspect' },
  { name: 'volume', path: (name) => objectPath('volume', name), type: 'volume.Volume' },
  { name: 'service', path: (name) => `/services/${requireName('service', name)}`, type: 'any', swarm: true },
  { name: 'task', path: (name) => `/tasks/${requireName('task', name)}`, type: 'any', swarm: true },
  { name: 'node', path: (name) => `/nodes/${requireName('node', name)}`, type: 'any', swarm: true },
  { name: 'plugin', path: (name) => objectPath('plugin', name, 'json'), type: 'types.Plugin' },
  { name: 'secret', path: (name) => `/secrets/${requireName('secret', name)}`, type: 'any', swarm: true },
  { name: 'config', path: (name) => `/configs/${requireName('config', name)}`, type: 'any', swarm: true },
];

/** @cli  Y  docker inspect  "Return low-level information on Docker objects" */
export const inspectCommand: Command = {
  path: ['inspect'],
  async run(context) {
    const { flags, args } = context;
    const only = flags.changed('type') ? kindNamed(flags.string('type')) : undefined;
    const search = new Search(context, only, flags.bool('size'));
    await inspectAll(context, args, flags.string('format'), (name) => search.find(name));
  },
};

function kindNamed(name: string): Kind {
  const kind = KINDS.find((one) => one.name === name);
  if (kind) return kind;
  const names = KINDS.map((one) => one.name)
    .sort()
    .map(quote)
    .join(', ');
  const problem = name === '' ? 'type is empty' : `unknown type: ${quote(name)}`;
  throw new ExitError(1, `${problem}: must be one of ${names}`);
}

class Search {
  #isManager: boolean | undefined;

  constructor(
    readonly context: CommandContext,
    readonly only: Kind | undefined,
    readonly size: boolean,
  ) {}

  async find(name: string): Promise<Inspected> {
    for (const kind of this.only ? [this.only] : KINDS) {
      if (!this.only && kind.swarm && !(await this.#askSwarm())) continue;
      try {
        const text = await this.#fetch(kind, name);
        if (this.size && !kind.sized) await this.context.err(`WARNING: --size ignored for ${kind.name}\n`);
        return { text, type: kind.type };
      } catch (error) {
        if (this.only || !isSkippable(error)) throw error;
      }
    }
    throw new Error(`Error: No such object: ${name}`);
  }

  async #fetch(kind: Kind, name: string): Promise<string> {
    const query = { size: (kind.sized && this.size) || undefined };
    return await responseText(await this.context.api(), kind.path(name), { query });
  }

  async #askSwarm(): Promise<boolean> {
    if (this.#isManager !== undefined) return this.#isManager;
    const info = await (await this.context.api()).get<Info>('/info').catch(() => undefined);
    return (this.#isManager = info?.Swarm?.ControlAvailable ?? false);
  }
}

/** Another kind may still know the name. */
function isSkippable(error: unknown): boolean {
  if (error instanceof ApiError && error.status === 404) return true;
  return /not supported|invalid reference format/.test(messageOf(error));
}
