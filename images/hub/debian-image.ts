// An image on top of library/debian, put together instruction by instruction as a Dockerfile does, with the history that
// `docker history` shows of one.

import { debianLabels, imageLicences } from './debian-labels.ts';
import type { ImageDescription } from './debian-labels.ts';
import { DebianRoot } from './debian-root.ts';
import { makeLayer } from './layer.ts';
import type { MadeImage, RepositoryRecord } from './recipes.ts';
import { isoDate, readImage } from './repository.ts';
import type { Image, ImageConfig } from './repository.ts';

/** Files that decide every image made with this class, for its `recipe`. */
export const debianImageRecipe = ['hub/debian-image.ts', 'hub/debian-root.ts', 'hub/debian-labels.ts', 'hub/tree.ts', 'debian.ts'];

export class DebianImage {
  /** The tree as it is so far. */
  readonly root: DebianRoot;
  readonly #image: Omit<Image, 'tags' | 'epoch'>;

  /**
   * @param name of the folder to work in
   * @param base repository below, as recorded: `made['library/debian']`
   */
  constructor(name: string, base: RepositoryRecord | undefined, baseName = 'library/debian') {
    if (!base) throw new Error(`${name}: ${baseName} has to be made first`);
    const { layers, history, config, epoch } = readImage(baseName, base.index);
    this.root = new DebianRoot(name, layers, epoch);
    this.#image = { layers: [...layers], history: [...history], config: { ...config } };
  }

  /** RUN: a layer with what `work` changed. The text is the command as a Dockerfile would have it. */
  run(command: string, work: (root: DebianRoot) => void): this {
    work(this.root);
    return this.#layer(`RUN /bin/sh -c ${command} # buildkit`);
  }

  /**
   * RUN with apt-get: packages and what they need; `work` is what the same RUN does besides. Images that begin with the
   * same packages share that layer.
   */
  install(packages: string[], work?: { command: string; run: (root: DebianRoot) => void }): this {
    const more = work ? ` && ${work.command}` : '';
    const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*${more}`;
    return this.run(command, (root) => {
      root.install(...packages);
      work?.run(root);
    });
  }

  /** COPY: a layer with a folder of `images/`, laid over the root. */
  copy(folder: string, what: string): this {
    this.root.copy(folder);
    return this.#layer(`COPY ${what} # buildkit`);
  }

  env(name: string, value: string): this {
    const { config } = this.#image;
    config.Env = [...config.Env.filter((entry) => !entry.startsWith(`${name}=`)), `${name}=${value}`];
    return this.#instruction(`ENV ${name}=${value}`);
  }

  expose(...ports: string[]): this {
    this.#image.config.ExposedPorts = Object.fromEntries(ports.map((port) => [port, {}]));
    return this.#instruction(`EXPOSE map[${ports.map((port) => `${port}:{}`).join(' ')}]`);
  }

  volume(path: string): this {
    this.#image.config.Volumes = { ...this.#image.config.Volumes, [path]: {} };
    return this.#instruction(`VOLUME [${path}]`);
  }

  /** The folder must be there already. */
  workdir(path: string): this {
    return this.#set({ WorkingDir: path }, `WORKDIR ${path}`);
  }

  user(user: string): this {
    return this.#set({ User: user }, `USER ${user}`);
  }

  stopSignal(signal: string): this {
    return this.#set({ StopSignal: signal }, `STOPSIGNAL ${signal}`);
  }

  /** As in Docker, the command of the base does not belong to it. */
  entrypoint(...words: string[]): this {
    delete this.#image.config.Cmd;
    return this.#set({ Entrypoint: words }, `ENTRYPOINT ${shown(words)}`);
  }

  cmd(...words: string[]): this {
    return this.#set({ Cmd: words }, `CMD ${shown(words)}`);
  }

  /** Version of an installed package without epoch and Debian's own part: `1.22.1`. */
  version(packageName: string): string {
    const found = this.root.packages().find(({ name }) => name === packageName);
    if (!found) throw new Error(`${packageName} is not installed`);
    return found.version.replace(/^\d+:/, '').replace(/[-+~].*$/, '');
  }

  /** The image with its labels; `tags` includes `latest`. */
  made(tags: string[], description: ImageDescription): MadeImage {
    const { config, history, layers } = this.#image;
    config.Labels = debianLabels(this.root, description);
    const { epoch } = this.root;
    return { sources: this.root.sources(), licences: imageLicences(this.root), image: { tags, epoch, config, history, layers } };
  }

  #layer(createdBy: string): this {
    this.#image.layers.push(makeLayer(this.root.changes(), this.root.epoch));
    this.#image.history.push(this.#entry(createdBy));
    return this;
  }

  #instruction(createdBy: string): this {
    this.#image.history.push({ ...this.#entry(createdBy), empty_layer: true });
    return this;
  }

  #set(fields: Partial<ImageConfig>, createdBy: string): this {
    Object.assign(this.#image.config, fields);
    return this.#instruction(createdBy);
  }

  #entry(createdBy: string): { created: string; created_by: string; comment: string } {
    return { created: isoDate(this.root.epoch), created_by: createdBy, comment: 'buildkit.dockerfile.v0' };
  }
}

/** A list as BuildKit writes it into the history. */
function shown(words: string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(' ')}]`;
}
