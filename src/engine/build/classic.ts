/**
 * Docker's classic builder: one instruction after another, each an image of its own, RUN in a container that anyone can
 * see. Says what it does in the words that `DOCKER_BUILDKIT=0 docker build` prints.
 * Source: moby builder/dockerfile/{builder,evaluator,dispatchers,internals}.go.
 */
import type { ProgressMessage } from '../api/types/system.ts';
import type { HostConfig } from '../api/types/container.ts';
import type { Cancellation } from '../cancellation.ts';
import type { Container } from '../container/container.ts';
import type { Containers } from '../container/containers.ts';
import { createContainer } from '../container/create.ts';
import { forceRemove } from '../container/remove.ts';
import { start } from '../container/start.ts';
import { waitForContainer } from '../container/wait.ts';
import { writtenEntries } from '../container/written.ts';
import { kill } from '../container/kill.ts';
import { EngineError, messageOf } from '../errors.ts';
import { shortId } from '../id.ts';
import { childImageConfig } from '../image/child-image.ts';
import type { Image } from '../image/image-store.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { addLayer } from '../image/new-layer.ts';
import type { RegistryCredentials } from '../image/registry-credentials.ts';
import { LayerIndexes, type RootFiles } from '../image/root-files.ts';
import type { Healthcheck, RunConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/manifest.ts';
import type { Outside } from '../outside.ts';
import { familiarString, parseNormalizedNamed, tagNameOnly, type Reference } from '../oci/reference.ts';
import { rfc3339Nano } from '../time.ts';
import type { ProgressSink } from '../image/progress.ts';
import { pullImage } from '../image/pull.ts';
import { parsePlatform } from '../image/platform.ts';
import type { BuildContext } from './build-context.ts';
import { CommandFailed } from './build-error.ts';
import { ownerOf } from './chown.ts';
import { findStep } from './classic-cache.ts';
import { sourcesHash } from './classic-hash.ts';
import { copyInto } from './copy.ts';
import { ClassicArgs } from './dockerfile/classic-args.ts';
import { ClassicStage, expandFrom, labelInstruction, type ClassicEffect } from './dockerfile/classic.ts';
import { parseInstructions, parseTrigger } from './dockerfile/instructions/parse.ts';
import type { Instruction, Stage } from './dockerfile/instructions/instruction.ts';
import { parseDockerfile } from './dockerfile/parser.ts';
import { ClassicSources } from './classic-sources.ts';
import { MissingLines } from './missing-lines.ts';
import { LayerDraft } from './layer-draft.ts';

export interface ClassicRequest {
  context: BuildContext;
  dockerfile: string;
  tags: readonly Reference[];
  buildArgs: ReadonlyMap<string, string | undefined>;
  labels: ReadonlyMap<string, string>;
  target: string;
  platform: Platform | undefined;
  noCache: boolean;
  cacheFrom: readonly string[];
  pull: boolean;
  /** Removes the containers of steps that succeeded; of all, also when one failed. */
  remove: boolean;
  forceRemove: boolean;
  hostConfig: Partial<HostConfig>;
  credentials: (reference: Reference) => RegistryCredentials | undefined;
  outside: Outside;
  pullProgress: ProgressSink;
  /** A piece of output; its promise is waited for. */
  say: (message: ProgressMessage) => Promise<void>;
  cancellation: Cancellation;
}

export async function buildClassic(containers: Containers, request: ClassicRequest): Promise<Image> {
  const build = new ClassicBuild(containers, request);
  try {
    return await build.run();
  } finally {
    build.release();
  }
}

/** What a stage has come to. */
interface StageState {
  image: Image | undefined;
  config: ClassicStage;
  /** A step was not found in the cache: the following are not looked for. */
  missed: boolean;
  /** What became of the last HEALTHCHECK when a container was made with it. */
  healthcheck?: { written: string; merged: Healthcheck };
}

/** The configuration after the steps so far. */
function configOf({ config: { config }, healthcheck }: StageState): RunConfig {
  return healthcheck && JSON.stringify(config.Healthcheck) === healthcheck.written
    ? { ...config, Healthcheck: healthcheck.merged }
    : config;
}

class ClassicBuild {
  readonly #containers: Containers;
  readonly #request: ClassicRequest;
  readonly #args: ClassicArgs;
  readonly #indexes: LayerIndexes;
  readonly #sources: ClassicSources;
  /** Images of finished stages, by number and by name. */
  readonly #stages: { name: string; image: Image | undefined }[] = [];
  /** Containers of the step that is being done. */
  readonly #made: Container[] = [];
  readonly #held: string[] = [];
  #escape: '\\' | '`' = '\\';

  constructor(containers: Containers, request: ClassicRequest) {
    this.#containers = containers;
    this.#request = request;
    this.#args = new ClassicArgs(request.buildArgs);
    this.#indexes = new LayerIndexes(containers.ports.layerTrees);
    this.#sources = new ClassicSources({
      images: containers.ports.images,
      context: request.context.withoutIgnored(request.dockerfile, '.dockerignore'),
      filesOf: (name) => this.#filesFrom(name),
      cancellation: request.cancellation,
    });
  }

  release(): void {
    const { images } = this.#containers.ports;
    for (const chainId of this.#held) images.release(chainId);
    images.collectLayers();
  }

  async run(): Promise<Image> {
    const { request } = { request: this.#request };
    const parsed = parseDockerfile(this.#dockerfile());
    this.#escape = parsed.escape;
    const { stages: all, metaArgs } = parseInstructions(parsed);
    const stages = this.#upToTarget(all);
    this.#addLabels(stages.at(-1)!);
    const total = metaArgs.length + stages.reduce((sum, { instructions }) => sum + 1 + instructions.length, 0);
    let number = 0;
    const announce = async (code: string): Promise<void> => {
      request.cancellation.check();
      await this.#print(`Step ${++number}/${total} : ${code}`);
      await this.#print('\n');
    };
    for (const arg of metaArgs) {
      await announce(arg.code);
      this.#args.declareMeta(arg, this.#escape);
    }
    let image: Image | undefined;
    for (const stage of stages) {
      await announce(stage.code);
      const state = await this.#begin(stage);
      await this.#print(` ---> ${shownId(state.image)}\n`);
      for (const instruction of stage.instructions) {
        await announce(instruction.code);
        await this.#step(state, instruction);
        await this.#print(` ---> ${shownId(state.image)}\n`);
      }
      image = state.image;
      if (image) await request.say({ aux: { ID: image.id } });
      this.#stages.push({ name: stage.name, image });
    }
    const unused = this.#args.unused();
    if (unused.length > 0) await this.#print(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n`);
    if (!image) throw new EngineError('invalid-parameter', 'No image was generated. Is your Dockerfile empty?');
    await this.#print(`Successfully built ${shortId(image.id)}\n`);
    for (const tag of request.tags) {
      this.#images.tag(image, tag);
      await this.#print(`Successfully tagged ${familiarString(tagNameOnly(tag))}\n`);
    }
    return image;
  }

  #dockerfile(): string {
    const { context, dockerfile } = this.#request;
    const { entry } = context.files.resolve(dockerfile);
    if (!entry?.content) throw new EngineError('invalid-parameter', `Cannot locate specified Dockerfile: ${dockerfile}`);
    if (entry.content.length === 0) throw new EngineError('invalid-parameter', `the Dockerfile (${dockerfile}) cannot be empty`);
    return context.readText(dockerfile);
  }

  #upToTarget(stages: Stage[]): Stage[] {
    const { target } = this.#request;
    if (target === '') return stages;
    const byName = stages.findIndex(({ name }) => name === target.toLowerCase());
    const at = byName >= 0 ? byName : /^\d+$/.test(target) && Number(target) < stages.length ? Number(target) : -1;
    if (at < 0) throw new EngineError('invalid-parameter', `target stage ${JSON.stringify(target)} could not be found`);
    return stages.slice(0, at + 1);
  }

  /** `--label` is a LABEL at the end of the last stage. */
  #addLabels(stage: Stage): void {
    const { labels } = this.#request;
    for (const [key, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) stage.instructions.push(labelInstruction(key, value));
  }

  async #begin(stage: Stage): Promise<StageState> {
    const { name, platform } = expandFrom(this.#args, this.#escape, stage);
    const image = await this.#base(name, !platform ? this.#request.platform : parsePlatform(platform));
    const config = new ClassicStage({ args: this.#args, escape: this.#escape, base: image?.config.config });
    const state: StageState = { image, config, missed: false };
    const { triggers } = config;
    if (triggers.length > 0) {
      await this.#print(`# Executing ${triggers.length} build trigger`);
      if (triggers.length > 1) await this.#print('s');
      await this.#print('\n');
      for (const trigger of triggers) await this.#step(state, parseTrigger(trigger, stage.lines));
    }
    return state;
  }

  /** The image of an earlier stage, one that is here, or one that is pulled. */
  async #base(name: string, platform: Platform | undefined): Promise<Image | undefined> {
    if (name === 'scratch') return undefined;
    const stage = this.#stages.findLast((one) => one.name !== '' && one.name === name.toLowerCase());
    if (stage) return stage.image;
    return this.#hold(await this.#findOrPull(name, platform));
  }

  async #findOrPull(name: string, platform: Platform | undefined): Promise<Image> {
    const { pull, cancellation, credentials } = this.#request;
    const local = this.#images.find(name);
    if (local && !pull && (!platform || local.config.architecture === platform.architecture)) return local;
    const reference = tagNameOnly(parseNormalizedNamed(name));
    await pullImage(this.#images, {
      reference,
      platform,
      credentials: credentials(reference),
      cancellation,
      progress: this.#request.pullProgress,
    });
    return this.#images.resolve(name);
  }

  async #step(state: StageState, instruction: Instruction): Promise<void> {
    const { remove, forceRemove: always } = this.#request;
    let failed = true;
    try {
      const effect = state.config.dispatch(instruction);
      for (const note of state.config.notes.splice(0)) await this.#print(`${note}\n`);
      await this.#carryOut(state, effect);
      failed = false;
    } finally {
      if (always || this.#request.cancellation.cancelled || (remove && !failed)) await this.#removeContainers();
    }
  }

  async #carryOut(state: StageState, effect: ClassicEffect): Promise<void> {
    switch (effect.kind) {
      case 'config':
        return this.#commitConfig(state, effect.command, undefined);
      case 'workdir':
        return this.#commitConfig(state, effect.command, effect.path);
      case 'copy':
        return this.#copy(state, effect);
      case 'run':
        return this.#run(state, effect);
    }
  }

  async #commitConfig(state: StageState, command: string[], workdir: string | undefined): Promise<void> {
    const containerConfig = { ...configOf(state), Cmd: command };
    if (await this.#probe(state, containerConfig)) return;
    const container = await this.#create(state, containerConfig);
    let entries: LayerEntry[] = [];
    if (workdir !== undefined) {
      const draft = new LayerDraft(this.#files(state.image), this.#containers.ports.clock.now());
      draft.makeDirectory(draft.resolve(workdir).path, { uid: 0, gid: 0 });
      entries = draft.entries();
    }
    await this.#commit(state, containerConfig, container.id, entries);
  }

  async #copy(state: StageState, effect: Extract<ClassicEffect, { kind: 'copy' }>): Promise<void> {
    const { found, root } = await this.#sources.find(effect);
    const hash = await sourcesHash(this.#images.ports.crypto, root, found);
    const containerConfig = { ...configOf(state), Cmd: effect.command(hash) };
    if (await this.#probe(state, containerConfig)) return;
    const files = this.#files(state.image);
    const draft = new LayerDraft(files, this.#containers.ports.clock.now());
    const sources = effect.instruction === 'ADD' ? await this.#sources.unpacked(found) : found;
    const owner = effect.chown ? ownerOf(effect.chown, files) : effect.from ? undefined : { uid: 0, gid: 0 };
    const dest = inWorkingDirectory(effect.dest, configOf(state).WorkingDir);
    copyInto(draft, { sources, dest, owner, chmod: undefined, unpackedAsTheyAre: true });
    await this.#commit(state, containerConfig, '', draft.entries());
  }

  async #run(state: StageState, { args, env, command }: Extract<ClassicEffect, { kind: 'run' }>): Promise<void> {
    const config = configOf(state);
    // RUN [] runs what the image would.
    const { Entrypoint, ...withoutEntrypoint } = config;
    const entrypoint = args.length > 0 ? undefined : Entrypoint;
    const probed: RunConfig = { ...withoutEntrypoint, Cmd: command, ...(entrypoint && { Entrypoint: entrypoint }) };
    if (await this.#probe(state, probed)) return;
    const { Healthcheck: _none, ...rest } = withoutEntrypoint;
    const container = await this.#create(state, {
      ...rest,
      Cmd: args,
      Env: env,
      ...(args.length > 0 ? { Entrypoint: [''] } : entrypoint && { Entrypoint: entrypoint }),
    });
    const missing = new MissingLines(this.#request.outside, (line) => void this.#print(new TextDecoder().decode(line)));
    const code = await this.#runContainer(container).finally(() => missing.stop());
    if (code !== 0) missing.tellLists();
    if (code !== 0) throw new CommandFailed(`The command '${args.join(' ')}' returned a non-zero code: ${code}`, code);
    await this.#commit(state, probed, container.id, await writtenEntries(this.#containers, container));
  }

  /** Runs it to its end, with its output. */
  async #runContainer(container: Container): Promise<number> {
    const { cancellation } = this.#request;
    const output = container.live.streams.attach({ stdout: true, stderr: true });
    const ended = waitForContainer(this.#containers, container.id, 'next-exit');
    const stopListening = cancellation.onCancel(() => void kill(this.#containers, container).catch(() => undefined));
    try {
      container.live.streams.endInput();
      await start(this.#containers, container, { byUser: true });
      const decoder = { stdout: new TextDecoder(), stderr: new TextDecoder() };
      for await (const { stream, bytes } of output.output) {
        const text = decoder[stream].decode(bytes, { stream: true });
        if (text !== '') await this.#print(stream === 'stderr' ? `\u001b[91m${text}\u001b[0m` : text);
      }
      const { exitCode } = await ended.result;
      cancellation.check();
      return exitCode;
    } catch (error) {
      ended.cancel();
      container.live.streams.detach(output);
      throw error;
    } finally {
      stopListening();
    }
  }

  async #create(state: StageState, config: RunConfig): Promise<Container> {
    const { container } = await createContainer(this.#containers, {
      name: '',
      config: { ...config, Image: state.image?.id ?? '' },
      hostConfig: this.#request.hostConfig,
      networking: {},
      ...(state.image && { image: state.image }),
    });
    this.#made.push(container);
    // Docker's container and its image share the document: what the container took over from the image below stays in it.
    if (config.Healthcheck && container.config.Healthcheck)
      state.healthcheck = { written: JSON.stringify(state.config.config.Healthcheck), merged: container.config.Healthcheck };
    await this.#print(` ---> Running in ${shortId(container.id)}\n`);
    return container;
  }

  async #removeContainers(): Promise<void> {
    for (const container of this.#made.splice(0)) {
      try {
        await forceRemove(this.#containers, container, { volumes: true });
      } catch (error) {
        await this.#print(`Error removing intermediate container ${shortId(container.id)}: ${messageOf(error)}\n`);
        continue;
      }
      await this.#print(` ---> Removed intermediate container ${shortId(container.id)}\n`);
    }
  }

  /** Goes on from an image that the step gave before. */
  async #probe(state: StageState, containerConfig: RunConfig): Promise<boolean> {
    const { noCache, cacheFrom } = this.#request;
    if (noCache || state.missed) return false;
    const found = findStep(this.#images, state.image?.id ?? '', containerConfig, cacheFrom);
    if (!found) {
      state.missed = true;
      return false;
    }
    state.image = this.#hold(found);
    await this.#print(' ---> Using cache\n');
    return true;
  }

  async #commit(state: StageState, containerConfig: RunConfig, containerId: string, entries: readonly LayerEntry[]): Promise<void> {
    const layer = await addLayer(this.#images, entries, state.image?.layers.at(-1)?.chainId);
    if (layer) this.#held.push(layer.chainId);
    const image = await this.#images.store.create(
      childImageConfig({
        parent: state.image,
        config: configOf(state),
        containerConfig,
        containerId,
        diffId: layer?.diffId,
        author: state.config.author ?? '',
        comment: '',
        createdBy: (containerConfig.Cmd ?? []).join(' '),
        created: rfc3339Nano(this.#containers.ports.clock.now()),
        dockerVersion: this.#containers.ports.release.version,
      }),
    );
    this.#images.store.setParent(image, state.image?.id ?? '');
    state.image = this.#hold(image);
  }

  /** Keeps an image's layers until the build is over. */
  #hold(image: Image): Image {
    const top = image.layers.at(-1)?.chainId;
    if (top !== undefined) {
      this.#images.hold(top);
      this.#held.push(top);
    }
    return image;
  }

  #files(image: Image | undefined): RootFiles {
    return this.#indexes.root(image?.config.rootfs.diff_ids ?? []);
  }

  /** COPY --from: a stage by number or name, else an image. */
  async #filesFrom(from: string): Promise<RootFiles> {
    const byName = this.#stages.find(({ name }) => name !== '' && name === from.toLowerCase());
    const stage = byName ?? (/^\d+$/.test(from) ? this.#stages[Number(from)] : undefined);
    if (stage) return this.#files(stage.image);
    if (/^\d+$/.test(from)) {
      throw new EngineError('invalid-parameter', `invalid from flag value ${from}: invalid stage index ${from}`);
    }
    try {
      return this.#files(this.#hold(await this.#findOrPull(from, this.#request.platform)));
    } catch (error) {
      throw new EngineError('invalid-parameter', `invalid from flag value ${from}: ${messageOf(error)}`, { cause: error });
    }
  }

  #print(text: string): Promise<void> {
    return this.#request.say({ stream: text });
  }

  get #images(): Containers['ports']['images'] {
    return this.#containers.ports.images;
  }
}

function shownId(image: Image | undefined): string {
  return image ? shortId(image.id) : '';
}

/** A slash at the end stays: it says that a directory is meant. */
function inWorkingDirectory(dest: string, workingDirectory = '/'): string {
  return dest.startsWith('/') ? dest : `${workingDirectory.replace(/\/+$/, '')}/${dest}`;
}
