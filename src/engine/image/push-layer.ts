/**
 * Brings one layer to a registry, the cheapest way there is: it has it already, it has it in another repository, or it is
 * packed and sent.
 * Source: moby distribution/push_v2.go.
 */
import type { Cancellation } from '../cancellation.ts';
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes, type Descriptor } from '../oci/manifest.ts';
import { fullName, parseNormalizedNamed } from '../oci/reference.ts';
import type { BlobRecord } from './blob-records.ts';
import type { Images } from './images.ts';
import type { Layer } from './layer-store.ts';
import { ByteProgress, type ProgressSink } from './progress.ts';
import type { RegistryClient } from './registry-client.ts';
import { discard } from './registry-error.ts';
import type { RegistryResponse } from './registry-port.ts';
import { BlobUpload } from './registry-upload.ts';
import { withRetries } from './transfer-retry.ts';

export interface LayerPush {
  images: Images;
  client: RegistryClient;
  layer: Layer;
  progress: ProgressSink;
  cancellation: Cancellation;
}

/** The larger a layer, the more is tried before it is sent. */
interface Attempts {
  mounts: number;
  checks: number;
  /** Also looks for blobs that were only seen in other repositories. */
  everywhere: boolean;
}

/** @returns the blob that the registry has now */
export async function pushLayer(push: LayerPush): Promise<Descriptor> {
  const transfer = new LayerTransfer(push);
  return withRetries({ ...push, id: shortId(push.layer.diffId), clock: push.images.ports.clock }, () => transfer.run());
}

class LayerTransfer {
  readonly #push: LayerPush;
  readonly #id: string;
  readonly #repository: string;
  readonly #checked = new Set<string>();
  /** Kept between attempts, so that an upload that broke goes on. */
  #upload: { upload: BlobUpload; blob: Uint8Array; digest: string; tarBytes: number } | undefined;

  constructor(push: LayerPush) {
    this.#push = push;
    this.#id = shortId(push.layer.diffId);
    this.#repository = fullName(push.client.repository);
  }

  async run(): Promise<Descriptor> {
    if (this.#upload) return this.#send(undefined);
    const { images, layer } = this.#push;
    const records = bestFirst(images.blobs.sourcesOf(layer.diffId), this.#repository);
    const attempts = attemptsFor(layer.sizeBytes);
    let opened: RegistryResponse | undefined;
    const first = await this.#check(records, 1);
    if (first) return first;
    for (const record of this.#mountable(records).slice(0, attempts.mounts)) {
      const result = await this.#mount(record);
      if (result && 'digest' in result) return result;
      if (result) opened = result;
    }
    const known = attempts.everywhere ? records : records.filter(({ SourceRepository }) => SourceRepository === this.#repository);
    return (await this.#check(known, attempts.checks - this.#checked.size)) ?? this.#send(opened);
  }

  /** Asks for blobs that this layer was seen as. */
  async #check(records: readonly BlobRecord[], limit: number): Promise<Descriptor | undefined> {
    const { client, progress, images, layer } = this.#push;
    const untried = records.filter(
      ({ Digest }, i) => !this.#checked.has(Digest) && records.findIndex((other) => other.Digest === Digest) === i,
    );
    for (const record of untried.slice(0, Math.max(0, limit))) {
      const digest = record.Digest;
      this.#checked.add(digest);
      const size = await orNothing(client.blobSize(digest).then((bytes) => bytes ?? 'absent'));
      if (size === 'absent' && record.SourceRepository === this.#repository) images.blobs.removeSource(layer.diffId, record);
      if (size === undefined || size === 'absent') continue;
      progress({ kind: 'action', id: this.#id, action: 'Layer already exists' });
      return this.#remember(digest, Number.isNaN(size) ? record.Size : size);
    }
    return undefined;
  }

  #mountable(records: readonly BlobRecord[]): BlobRecord[] {
    const { domain } = this.#push.client.repository;
    return records.filter(({ SourceRepository }) => SourceRepository !== this.#repository && domainOf(SourceRepository) === domain);
  }

  /** Asks for a blob of another repository; the answer that opened an upload instead, where it did. */
  async #mount(record: BlobRecord): Promise<Descriptor | RegistryResponse | undefined> {
    const { client, progress, images, layer } = this.#push;
    const from = parseNormalizedNamed(record.SourceRepository).path;
    const to = client.path(`blobs/uploads/?from=${encodeURIComponent(from)}&mount=${encodeURIComponent(record.Digest)}`);
    const answer = await orNothing(
      client.request({ method: 'POST', to, headers: { 'content-length': '0' }, scopes: [`repository:${from}:pull`] }),
    );
    if (!answer) return undefined;
    await discard(answer);
    if (answer.status === 201) {
      const size = await client.blobSize(record.Digest);
      progress({ kind: 'action', id: this.#id, action: `Mounted from ${from}` });
      return this.#remember(record.Digest, size === undefined || Number.isNaN(size) ? record.Size : size);
    }
    images.blobs.removeSource(layer.diffId, record);
    return answer.status === 202 ? answer : undefined;
  }

  async #send(opened: RegistryResponse | undefined): Promise<Descriptor> {
    const { images, client, layer, progress, cancellation } = this.#push;
    const { crypto, compression, clock } = images.ports;
    if (!this.#upload) {
      const tar = await images.layers.archive(layer);
      cancellation.check();
      const blob = await compression.gzip(tar);
      const digest = await digestOf(crypto, blob);
      cancellation.check();
      this.#upload = { upload: new BlobUpload(client, blob, digest, opened), blob, digest, tarBytes: tar.length };
    }
    const { upload, blob, digest, tarBytes } = this.#upload;
    // Docker counts the bytes of the archive, of what it takes to be the layer's size.
    const count = new ByteProgress(progress, () => clock.now(), this.#id, 'Pushing', layer.sizeBytes);
    let sent = 0;
    let told = 0;
    await upload.run((byteCount) => {
      sent += byteCount;
      const current = sent >= blob.length ? tarBytes : Math.floor((tarBytes * sent) / blob.length);
      count.add(current - told, sent >= blob.length);
      told = current;
    });
    progress({ kind: 'action', id: this.#id, action: 'Pushed' });
    return this.#remember(digest, blob.length);
  }

  #remember(digest: string, size: number): Descriptor {
    this.#push.images.blobs.add(this.#push.layer.diffId, digest, size, this.#repository);
    return { mediaType: mediaTypes.dockerLayer, size, digest };
  }
}

function attemptsFor(sizeBytes: number): Attempts {
  if (sizeBytes > 10 << 20) return { mounts: 4, checks: 3, everywhere: true };
  if (sizeBytes > 100 << 10) return { mounts: 3, checks: 1, everywhere: false };
  return { mounts: 1, checks: 1, everywhere: false };
}

/** The newest first, but before them those whose repository begins like the one to push to. */
function bestFirst(records: readonly BlobRecord[], repository: string): BlobRecord[] {
  const wanted = repository.split('/');
  const likeness = ({ SourceRepository }: BlobRecord): number => {
    const parts = SourceRepository.split('/');
    const differs = parts.findIndex((part, i) => part !== wanted[i]);
    return differs < 0 ? parts.length : differs;
  };
  return [...records].reverse().sort((a, b) => likeness(b) - likeness(a));
}

function domainOf(repository: string): string | undefined {
  try {
    return parseNormalizedNamed(repository).domain;
  } catch {
    return undefined;
  }
}

/** What only would have saved work: when it fails, there is another way. */
async function orNothing<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof EngineError && error.kind !== 'cancelled') return undefined;
    throw error;
  }
}
