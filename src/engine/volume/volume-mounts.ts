/**
 * Mounts volumes that have options when somebody begins to use them, and takes them off after the last user: their content is
 * a file system of its own, or another directory. Volumes without options are plain directories and need none of it.
 * Source: moby volume/local/local.go, Mount and Unmount.
 */
import { EngineError } from '../errors.ts';
import { FilesError, type Runtime } from '../runtime/runtime.ts';
import { Semaphore } from '../semaphore.ts';
import { mountCalls, mountFailure, needsMount, type VolumeOptions } from './local-options.ts';

interface Volume {
  name: string;
  options: VolumeOptions | null;
}

interface Active {
  count: number;
  lock: Semaphore;
}

export class VolumeMounts {
  readonly #runtime: Runtime;
  readonly #active = new Map<string, Active>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** One more use of it. @throws EngineError `system`, in Docker's words; nothing is mounted then */
  async mount({ name, options }: Volume): Promise<void> {
    if (!needsMount(options)) return;
    const active = this.#of(name);
    await active.lock.run(async () => {
      if (active.count === 0) await this.#mount(mountpointOf(name), options);
      active.count++;
    });
  }

  async unmount({ name, options }: Volume): Promise<void> {
    if (!needsMount(options)) return;
    const active = this.#of(name);
    await active.lock.run(async () => {
      if (active.count === 0 || --active.count > 0) return;
      await this.#runtime.unmountInNode(mountpointOf(name));
    });
  }

  /** A container that runs on after the engine went away uses it still. */
  restore({ name, options }: Volume): void {
    if (needsMount(options)) this.#of(name).count++;
  }

  isMounted(name: string): boolean {
    return (this.#active.get(name)?.count ?? 0) > 0;
  }

  #of(name: string): Active {
    let active = this.#active.get(name);
    if (!active) this.#active.set(name, (active = { count: 0, lock: new Semaphore(1) }));
    return active;
  }

  async #mount(target: string, options: VolumeOptions): Promise<void> {
    const calls = mountCalls(options);
    // It may have stayed from an engine that ended in a hurry.
    if ((await this.#runtime.nodeMounts()).some(({ path }) => path === target)) return;
    for (const [index, call] of calls.entries()) {
      const { source, type, flags, data } = call;
      try {
        await this.#runtime.mountInNode({ source, target, type, flags, data });
      } catch (error) {
        if (index > 0) await this.#runtime.unmountInNode(target);
        if (!(error instanceof FilesError)) throw error;
        throw new EngineError('system', mountFailure(call, target, error.message, options['o']), { cause: error });
      }
    }
  }
}

/** Where a volume's content is in the node. */
export function mountpointOf(name: string): string {
  return `/var/lib/docker/volumes/${name}/_data`;
}
