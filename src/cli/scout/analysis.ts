/** What a scan knows of one image: what it is, which packages it has, what is known of them, and which image it is built on. */
import { ApiError, type ApiClient } from '#engine/api/client.ts';
import type { ImageInspect, ImageSummary } from '#engine/api/types/image.ts';
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { platformQuery } from '../image/platform-query.ts';
import { readSnapshot, SNAPSHOT_FILE, type AdvisorySnapshot } from './advisories.ts';
import { MAX_PACKAGES, readDpkgStatus, readOsRelease, readSourceLabel, type DebianPackage, type Distribution } from './dpkg-status.ts';
import { scanPackages, type ScannedPackage } from './match.ts';
import { osRelease, packageDatabases, readSavedImage, type FoundFiles } from './saved-image.ts';
import { DamagedTar } from './tar-reader.ts';

export interface Analysis {
  /** As typed, or the newest image's tag. */
  target: string;
  image: ImageInspect;
  /** `linux/386`. */
  platform: string;
  /** Where the list of packages is from; `none` when the image says nothing of any. */
  listedBy: 'dpkg' | 'labels' | 'none';
  /** Undefined when the image has no os-release. */
  distribution: Distribution | undefined;
  /** Packages installed; several may be built from one source package. */
  packageCount: number;
  packages: ScannedPackage[];
  /** The advisories are about this distribution. Otherwise no package has any. */
  matched: boolean;
  snapshot: AdvisorySnapshot;
  base: BaseImage | undefined;
}

/** An image of this daemon that the analysed one begins with, layer by layer. */
export interface BaseImage {
  name: string;
  id: string;
  packageCount: number;
  packages: ScannedPackage[];
}

/** Labels in which an image without a package database names the Debian source packages that its programs are made of. */
const SOURCE_LABELS = ['dev.drydock.debian.sources', 'io.drydock.sources'];

/**
 * @param name undefined for the newest image that has a tag
 * @throws ExitError when there is no such image, or it cannot be read
 */
export async function analyse(context: CommandContext, name: string | undefined): Promise<Analysis> {
  const snapshot = await shippedSnapshot(context);
  const api = await context.api();
  const target = name ?? (await newestImage(api));
  const platform = platformQuery(context.flags.string('platform'));
  const image = await api.get<ImageInspect>(`/images/${target}/json`, { query: { platform } });
  const states = await savedStates(api, target, platform);
  const found = packagesOf(states.at(-1) ?? new Map(), image.Config?.Labels ?? {});
  const release = readOsRelease(osRelease(states.at(-1) ?? new Map()) ?? '');
  // Programs that a label lists come from the release that the snapshot is about; nothing else in the image says so.
  const matched = found.listedBy === 'labels' ? release === undefined || isCovered(release, snapshot) : isCovered(release, snapshot);
  return {
    target,
    image,
    platform: [image.Os, image.Architecture, image.Variant].filter(Boolean).join('/'),
    ...found,
    packageCount: found.packages.length,
    packages: scanIf(matched, found.packages, snapshot),
    distribution: release,
    matched,
    snapshot,
    base: await baseOf(api, image, states, snapshot, matched),
  };
}

async function shippedSnapshot({ environment }: CommandContext): Promise<AdvisorySnapshot> {
  const bytes = await environment.asset(SNAPSHOT_FILE);
  if (!bytes) throw new ExitError(1, `the advisories are not shipped with this copy of Drydock (${SNAPSHOT_FILE})`);
  return readSnapshot(bytes);
}

async function newestImage(api: ApiClient): Promise<string> {
  const images = await api.get<ImageSummary[]>('/images/json');
  const newest = images.filter(({ RepoTags }) => RepoTags.length > 0).sort((a, b) => b.Created - a.Created)[0];
  if (!newest) throw new ExitError(1, 'there is no image to look at: name one, or pull or build one first');
  return newest.RepoTags[0]!;
}

async function savedStates(api: ApiClient, name: string, platform: string | undefined): Promise<FoundFiles[]> {
  const { chunks } = await api.stream(`/images/${name}/get`, { query: { platform } });
  try {
    return await readSavedImage(chunks);
  } catch (error) {
    if (error instanceof DamagedTar) throw new ExitError(1, `the image ${name} cannot be read: ${error.message}`, { cause: error });
    throw error;
  }
}

function packagesOf(files: FoundFiles, labels: Record<string, string>): { packages: DebianPackage[]; listedBy: Analysis['listedBy'] } {
  const databases = packageDatabases(files);
  if (databases.length > 0) return { packages: databases.flatMap(readDpkgStatus).slice(0, MAX_PACKAGES), listedBy: 'dpkg' };
  const packages = SOURCE_LABELS.flatMap((label) => readSourceLabel(labels[label] ?? ''));
  return { packages, listedBy: packages.length > 0 ? 'labels' : 'none' };
}

function isCovered(release: Distribution | undefined, { distribution }: AdvisorySnapshot): boolean {
  return release?.id === distribution.id && release.version === distribution.version;
}

function scanIf(matched: boolean, packages: readonly DebianPackage[], snapshot: AdvisorySnapshot): ScannedPackage[] {
  return scanPackages(packages, matched ? snapshot : { ...snapshot, sources: new Map() });
}

/** The tagged image with the most layers that are all at the bottom of this one's, and fewer. */
async function baseOf(
  api: ApiClient,
  image: ImageInspect,
  states: FoundFiles[],
  snapshot: AdvisorySnapshot,
  matched: boolean,
): Promise<BaseImage | undefined> {
  const layers = image.RootFS.Layers ?? [];
  let best: { layers: number; name: string; id: string; labels: Record<string, string> } | undefined;
  for (const { Id, RepoTags } of await api.get<ImageSummary[]>('/images/json')) {
    const name = RepoTags[0];
    if (name === undefined || Id === image.Id) continue;
    const other = await inspectIfThere(api, Id);
    const below = other?.RootFS.Layers ?? [];
    const isBelow = below.length > 0 && below.length < layers.length && below.every((layer, index) => layer === layers[index]);
    if (isBelow && below.length > (best?.layers ?? 0)) {
      best = { layers: below.length, name, id: Id, labels: other?.Config?.Labels ?? {} };
    }
  }
  if (!best) return undefined;
  const { packages } = packagesOf(states[best.layers - 1] ?? new Map(), best.labels);
  return { name: best.name, id: best.id, packageCount: packages.length, packages: scanIf(matched, packages, snapshot) };
}

/** An image may go away between the list and this. */
async function inspectIfThere(api: ApiClient, id: string): Promise<ImageInspect | undefined> {
  try {
    return await api.get<ImageInspect>(`/images/${id}/json`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
