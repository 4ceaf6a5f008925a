/**
 * Carries out the steps of stages, one after another, or finds what they gave before in the cache.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Containers } from '../container/containers.ts';
import { EngineError, messageOf } from '../errors.ts';
import { addLayer, emptyLayer } from '../image/new-layer.ts';
import { LayerIndexes, type RootFiles } from '../image/root-files.ts';
import { rfc3339Nano } from '../time.ts';
import type { Outside } from '../outside.ts';
import type { Bases } from './bases.ts';
import type { BuildLineOutcome } from '../api/types/build.ts';
import type { BuildCache, CacheRecord } from './build-cache.ts';
import type { BuildContext } from './build-context.ts';
import { BuildError } from './build-error.ts';
import type { BuildProgress, Step } from './build-progress.ts';
import type { CacheMounts } from './cache-mounts.ts';
import { checksumOf, textDigest } from './checksum.ts';
import { copyInto, entriesOf } from './copy.ts';
import { ownerOf } from './chown.ts';
import type { CopyOperation, Operation, Origin, PlannedBase, PlannedStage, RunOperation, WorkdirOperation } from './dockerfile/plan.ts';
import { LayerDraft, rootOwner } from './layer-draft.ts';
import { RunMounts } from './run-mounts.ts';
import { MissingLines } from './missing-lines.ts';
import { runStep, type RunSettings } from './run.ts';
import { SourceFinder } from './source-finder.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { platformText, type Platform } from '../oci/manifest.ts';

/** How far a stage has come. */
export interface StageState {
  /** ChainID of its topmost layer; undefined for an empty one. */
  top: string | undefined;
  /** Bottom first. */
  diffIds: readonly string[];
  /** RFC 3339, when each layer was made; undefined for the base's. */
  layerTimes: readonly (string | undefined)[];
  /** Stands in the cache for everything so far. */
  key: string;
  /** Record of the last step; empty when it is the base. */
  record: string;
}

/** How far it has come after a step. */
interface StepState extends StageState {
  isCached: boolean;
}

type ImageBase = Extract<PlannedBase, { kind: 'image' }>;

export interface StageBuilderParts {
  containers: Containers;
  cache: BuildCache;
  cacheMounts: CacheMounts;
  context: BuildContext;
  bases: Bases;
  platform: Platform;
  secrets: ReadonlyMap<string, Uint8Array>;
  settings: RunSettings;
  progress: BuildProgress;
  cancellation: Cancellation;
  outside: Outside;
  /** Is told what was done with the lines of each operation. */
  tellLines: (outcome: BuildLineOutcome) => void;
}

export class StageBuilder {
  readonly #parts: StageBuilderParts;
  readonly #indexes: LayerIndexes;
  readonly #states = new Map<PlannedStage, StageState>();
  /** By name and platform: stages on the same image begin with the same step. */
  readonly #pulled = new Map<string, StageState>();
  readonly #sources: SourceFinder;
  readonly #mounts: RunMounts;
  /** What keeps layers and records until the build is over. */
  readonly #releases: (() => void)[] = [];

  constructor(parts: StageBuilderParts) {
    this.#parts = parts;
    this.#indexes = new LayerIndexes(parts.containers.ports.layerTrees);
    const filesOf = (origin: Origin): RootFiles => this.#filesOf(origin);
    this.#sources = new SourceFinder(parts, filesOf);
    this.#mounts = new RunMounts(parts, (origin) => this.#originOf(origin));
  }

  /** Lets go of what the build held. The images that were made of it have to stand by now. */
  release(): void {
    for (const release of this.#releases.splice(0).reverse()) release();
    this.#mounts.release();
    this.#parts.containers.ports.images.collectLayers();
  }

  /** Stages that it stands on have to be built already. */
  async build(stage: PlannedStage): Promise<StageState> {
    let state = await this.#base(stage);
    for (const operation of stage.operations) {
      this.#parts.cancellation.check();
      state = await this.#carryOut(stage, operation, state);
    }
    this.#states.set(stage, state);
    return state;
  }

  async #base(stage: PlannedStage): Promise<StageState> {
    const { base, lines } = stage;
    if (base.kind === 'scratch') return { top: undefined, diffIds: [], layerTimes: [], key: 'scratch', record: '' };
    if (base.kind === 'stage') return this.#states.get(base.stage)!;
    const name = `${base.reference} ${platformText(stage.platform)}`;
    try {
      const state = this.#pulled.get(name) ?? (await this.#pull(base, stage.platform));
      this.#pulled.set(name, state);
      return state;
    } catch (error) {
      throw new BuildError(error, lines);
    }
  }

  async #pull({ reference, step: name }: ImageBase, platform: Platform): Promise<StageState> {
    const { bases, cache, progress } = this.#parts;
    const { digest, layers: bring } = await bases.base(reference, platform);
    const layers = await progress.step(await this.#key([name, progress.now]), name, bring);
    const records = digest === undefined ? [] : cache.addPulled(layers, `pulled from ${reference}`);
    this.#releases.push(...records.map((record) => cache.use(record)));
    const top = layers.at(-1)?.chainId;
    return {
      top,
      diffIds: layers.map(({ diffId }) => diffId),
      layerTimes: layers.map(() => undefined),
      key: top ?? 'scratch',
      record: records.at(-1)?.id ?? '',
    };
  }

  #hold(chainId: string | undefined): void {
    if (chainId === undefined) return;
    const { images } = this.#parts.containers.ports;
    images.hold(chainId);
    this.#releases.push(() => images.release(chainId));
  }

  async #carryOut(stage: PlannedStage, operation: Operation, state: StageState): Promise<StageState> {
    const { containers, tellLines } = this.#parts;
    const { clock } = containers.ports;
    const startedMs = clock.now();
    const tell = (outcome: BuildLineOutcome['outcome']): void => tellLines({ ...operation.lines, outcome, ms: clock.now() - startedMs });
    try {
      const { isCached, ...after } = await this.#operate(stage, operation, state);
      tell(isCached ? 'cached' : 'built');
      return after;
    } catch (error) {
      tell('failed');
      throw error instanceof BuildError ? error : new BuildError(error, operation.lines);
    }
  }

  #operate(stage: PlannedStage, operation: Operation, state: StageState): Promise<StepState> {
    switch (operation.kind) {
      case 'workdir':
        return this.#workdir(stage, operation, state);
      case 'copy':
        return this.#copy(stage, operation, state);
      case 'run':
        return this.#run(stage, operation, state);
    }
  }

  /** What fails while a step's key is made, before it begins, is shown as that step. */
  async #beforeStep<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { progress } = this.#parts;
      const step = progress.start(await this.#key([operation.step, progress.now]), operation.step);
      step.fail(messageOf(error).replace(/^failed to compute cache key: /, ''));
      throw error;
    }
  }

  async #workdir(stage: PlannedStage, operation: WorkdirOperation, state: StageState): Promise<StepState> {
    const key = await this.#key(['workdir', state.key, operation.path, operation.user]);
    return this.#step(stage, operation, state, key, async () => {
      const files = this.#files(state);
      const draft = new LayerDraft(files, this.#parts.containers.ports.clock.now());
      const owner = operation.user === '' ? rootOwner : ownerOf(operation.user, files);
      draft.makeDirectory(draft.resolve(operation.path).path, owner);
      return draft.entries();
    });
  }

  async #copy(stage: PlannedStage, operation: CopyOperation, state: StageState): Promise<StepState> {
    const { crypto } = this.#parts.containers.ports.images.ports;
    const { dest, chown, chmod, link } = operation;
    const sources = await this.#beforeStep(operation, () => this.#sources.find(operation));
    const checksum = await checksumOf(crypto, entriesOf(sources));
    const key = await this.#key(['copy', state.key, dest, chown, chmod, link, checksum]);
    return this.#step(stage, operation, state, key, async () => {
      const files = this.#files(state);
      const below = link ? this.#indexes.root([]) : files;
      const draft = new LayerDraft(below, this.#parts.containers.ports.clock.now());
      copyInto(draft, { sources, dest, owner: chown === '' ? undefined : ownerOf(chown, files), chmod });
      return draft.entries();
    });
  }

  async #run(stage: PlannedStage, operation: RunOperation, state: StageState): Promise<StepState> {
    const { containers, settings, cancellation } = this.#parts;
    const { args, env, user, workdir, network, security, script } = operation;
    if (security === 'insecure')
      throw new EngineError('invalid-parameter', 'granting entitlement security.insecure is not allowed by build daemon configuration');
    const mountKeys = await this.#beforeStep(operation, () => this.#mounts.keys(operation));
    const key = await this.#key(['run', state.key, args, env, user, workdir, network, script, mountKeys]);
    return this.#step(stage, operation, state, key, async (step) => {
      const mounts = await this.#mounts.prepare(operation);
      const missing = new MissingLines(this.#parts.outside, (line) => void step.log('stderr', line));
      const ran = await runStep(containers, {
        top: state.top,
        files: this.#files(state),
        args,
        env: [...env, ...operation.proxy, ...mounts.env],
        user,
        workdir,
        network,
        privileged: false,
        mounts: mounts.mounts,
        settings,
        onOutput: ({ stream, bytes }) => step.log(stream, bytes),
        cancellation,
      }).finally(() => {
        mounts.done();
        missing.stop();
      });
      if (ran.exitCode !== 0) {
        missing.tellLists();
        const why = ran.oomKilled ? 'cannot allocate memory' : `exit code: ${ran.exitCode}`;
        throw new EngineError('unknown', `process ${JSON.stringify(args.join(' '))} did not complete successfully: ${why}`);
      }
      return ran.entries;
    });
  }

  /** Looks a step up in the cache, or does it and keeps what it gave. */
  async #step(
    stage: PlannedStage,
    operation: Operation,
    state: StageState,
    key: string,
    work: (step: Step) => Promise<readonly LayerEntry[]>,
  ): Promise<StepState> {
    const { containers, cache, progress } = this.#parts;
    const { images } = containers.ports;
    const vertex = await textDigest(images.ports.crypto, `${operation.step} ${key}`);
    return progress.step(vertex, operation.step, async (step) => {
      const known = stage.noCache ? undefined : cache.find(key);
      if (known) {
        step.cached();
        return { ...this.#after(state, known), isCached: true };
      }
      const entries = await work(step);
      const layer = (await addLayer(images, entries, state.top)) ?? (await emptyLayer(images, state.top));
      // Held until the build is over, found in the cache or not.
      this.#releases.push(() => images.release(layer.chainId));
      const record = cache.add(key, { parent: state.record, description: describe(operation), chainId: layer.chainId });
      return { ...this.#after(state, record), isCached: false };
    });
  }

  #after(state: StageState, record: CacheRecord): StageState {
    this.#releases.push(this.#parts.cache.use(record));
    this.#hold(record.chainId);
    const layer = this.#parts.containers.ports.images.layers.get(record.chainId!)!;
    return {
      top: layer.chainId,
      diffIds: [...state.diffIds, layer.diffId],
      layerTimes: [...state.layerTimes, rfc3339Nano(record.createdMs)],
      key: record.key,
      record: record.id,
    };
  }

  #key(parts: unknown[]): Promise<string> {
    return textDigest(this.#parts.containers.ports.images.ports.crypto, JSON.stringify(parts));
  }

  #files(state: StageState): RootFiles {
    return this.#indexes.root(state.diffIds);
  }

  #filesOf(origin: Origin): RootFiles {
    switch (origin.kind) {
      case 'context':
        return this.#parts.context.files;
      case 'scratch':
        return this.#indexes.root([]);
      case 'stage':
        return this.#files(this.#states.get(origin.stage)!);
    }
  }

  #originOf(origin: Origin): { key: string; files: RootFiles; lower: { diffId: string; cacheId: string }[] | undefined } {
    const files = this.#filesOf(origin);
    if (origin.kind !== 'stage') return { key: origin.kind, files, lower: origin.kind === 'scratch' ? [] : undefined };
    const state = this.#states.get(origin.stage)!;
    const chain = this.#parts.containers.ports.images.layers.chain(state.top) ?? [];
    return { key: state.key, files, lower: chain.toReversed().map(({ diffId, cacheId }) => ({ diffId, cacheId })) };
  }
}

/** As BuildKit describes what made a cache record. */
function describe(operation: Operation): string {
  return operation.kind === 'run' ? `mount / from exec ${operation.args.join(' ')}` : operation.step;
}
