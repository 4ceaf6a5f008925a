/**
 * The build checks beside an open Dockerfile: asked of the engine a moment after typing stops, shown where they belong.
 */
import type { Finding } from '#lessons/engine-view.ts';

export type CheckDockerfile = (text: string) => Promise<Finding[]>;

const checkAfterMs = 400;

export function isDockerfile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return (/^(.*\.)?dockerfile(\..*)?$/.test(name) && !name.endsWith('.dockerignore')) || name === 'containerfile';
}

export class DockerfileChecks {
  readonly #show: (path: string, findings: readonly Finding[]) => void;
  /** The text that was asked about last, by path. */
  readonly #asked = new Map<string, { text: string; check: CheckDockerfile }>();

  constructor(show: (path: string, findings: readonly Finding[]) => void) {
    this.#show = show;
  }

  /** Takes over what is open now. @returns what gives up checks that are still waited with */
  look(open: readonly { path: string; text: string }[], check: CheckDockerfile | undefined): () => void {
    const timers: ReturnType<typeof setTimeout>[] = [];
    for (const path of this.#asked.keys()) if (!open.some((file) => file.path === path)) this.#asked.delete(path);
    for (const { path, text } of open) {
      if (!check || !isDockerfile(path)) continue;
      const before = this.#asked.get(path);
      if (before?.text === text && before.check === check) continue;
      timers.push(setTimeout(() => void this.#ask(path, text, check), before ? checkAfterMs : 0));
    }
    return () => timers.forEach(clearTimeout);
  }

  async #ask(path: string, text: string, check: CheckDockerfile): Promise<void> {
    const asked = { text, check };
    this.#asked.set(path, asked);
    const findings = text.trim() === '' ? [] : await check(text).catch(() => []);
    // Only the newest answer counts.
    if (this.#asked.get(path) === asked) this.#show(path, findings);
  }
}
