/** A directory with a project, and an engine that commands on it are run against. */
import type { ApiHandler } from '#engine/api/http.ts';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runDocker, type CliResult } from '#cli/testing.ts';

/** A tar archive without entries. */
const EMPTY_LAYER = new Uint8Array(1024);

export class ComposeLab {
  /** By absolute path; commands are run in `/lab`. */
  readonly files: Record<string, string>;
  /** What was asked that changes something, in order: `POST /build?t=demo-app`. */
  readonly asked: string[] = [];
  readonly #machine: TestEngine;

  private constructor(machine: TestEngine, composeFile: string) {
    this.#machine = machine;
    this.files = { '/lab/compose.yaml': composeFile };
  }

  /** Busybox is in the registry, not on the machine. */
  static async open(composeFile: string): Promise<ComposeLab> {
    const machine = await testEngine();
    await machine.registry.add(['docker.io/library/busybox:latest'], [EMPTY_LAYER]);
    return new ComposeLab(machine, composeFile);
  }

  /** Runs `docker <line>`; time goes on until it has ended. A word with spaces is in single quotes. */
  async docker(line: string, env: Record<string, string> = {}, stdin?: string): Promise<CliResult> {
    const words = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''));
    const { clock } = this.#machine;
    const running = runDocker(words, { handler: this.#handler, clock, cwd: '/lab', files: this.files, env, stdin });
    let isOver = false;
    const ended = running.finally(() => (isOver = true));
    for (let turn = 0; !isOver && turn < 2000; turn++) {
      await clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return ended;
  }

  /** `demo-web-1=running`, by name. */
  async list(): Promise<string> {
    return (await this.docker('ps -a --format {{.Names}}={{.State}}')).stdout.trim().split('\n').sort().join(' ');
  }

  async inspect(name: string, format: string): Promise<string> {
    return (await this.docker(`inspect -f '${format}' ${name}`)).stdout.trim();
  }

  readonly #handler: ApiHandler = (request) => {
    const { method, path, query } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      const values = [...query].map(([name, [value]]) => `${name}=${value}`).sort();
      this.asked.push(`${method} ${path.replace(/^\/v[\d.]+/, '')}${values.length > 0 ? `?${values.join('&')}` : ''}`);
    }
    return this.#machine.engine.api(request);
  };
}
