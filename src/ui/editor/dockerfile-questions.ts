/**
 * What the engine knows of the Dockerfiles that are open: asked a moment after typing stops, shown where it belongs. A new
 * question is asked of every file.
 */
export type DockerfileQuestion<Answer> = (text: string) => Promise<Answer[]>;

const askAfterMs = 400;

export function isDockerfile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return (/^(.*\.)?dockerfile(\..*)?$/.test(name) && !name.endsWith('.dockerignore')) || name === 'containerfile';
}

export class DockerfileQuestions<Answer> {
  readonly #show: (path: string, answers: readonly Answer[]) => void;
  /** The text that was asked about last, by path. */
  readonly #asked = new Map<string, { text: string; question: DockerfileQuestion<Answer> }>();

  constructor(show: (path: string, answers: readonly Answer[]) => void) {
    this.#show = show;
  }

  /** Takes over what is open now. @returns what gives up what is still waited with */
  look(open: readonly { path: string; text: string }[], question: DockerfileQuestion<Answer> | undefined): () => void {
    const timers: ReturnType<typeof setTimeout>[] = [];
    for (const path of this.#asked.keys()) if (!open.some((file) => file.path === path)) this.#asked.delete(path);
    for (const { path, text } of open) {
      if (!question || !isDockerfile(path)) continue;
      const before = this.#asked.get(path);
      if (before?.text === text && before.question === question) continue;
      timers.push(setTimeout(() => void this.#ask(path, text, question), before ? askAfterMs : 0));
    }
    return () => timers.forEach(clearTimeout);
  }

  async #ask(path: string, text: string, question: DockerfileQuestion<Answer>): Promise<void> {
    const asked = { text, question };
    this.#asked.set(path, asked);
    const answers = text.trim() === '' ? [] : await question(text).catch(() => []);
    // Only the newest answer counts.
    if (this.#asked.get(path) === asked) this.#show(path, answers);
  }
}
