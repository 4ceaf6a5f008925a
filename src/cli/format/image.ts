/**
 * Images as `docker images` prints them: a row per tag, and per digest where digests are asked for.
 * Source: docker/cli cli/command/formatter/image.go.
 */
import type { ImageSummary } from '#engine/api/types/image.ts';
import { familiarName, parseNormalizedNamed, type Reference } from '#engine/oci/reference.ts';
import { humanSize, humanSizeWithPrecision } from '../units/size.ts';
import { agoOf, timeText } from './age.ts';
import type { RowKind } from './formatter.ts';
import { truncateId } from './text.ts';

const AGE = '{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}';
const TABLE = `table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t${AGE}\t{{.Size}}`;
const TABLE_WITH_DIGEST = `table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t${AGE}\t{{.Size}}`;
const NONE = '<none>';
/** Go's zero time, in seconds since the epoch: an image that does not say when it was made. */
const ZERO_TIME = -62_135_596_800;

/** The format that a `--format` value stands for. */
export function imageFormat(source: string, quiet: boolean, digest: boolean): string {
  if (source === 'table') return quiet ? '{{.ID}}' : digest ? TABLE_WITH_DIGEST : TABLE;
  if (source === 'raw') {
    if (quiet) return 'image_id: {{.ID}}';
    const digestLine = digest ? 'digest: {{.Digest}}\n' : '';
    return `repository: {{.Repository}}\ntag: {{.Tag}}\n${digestLine}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`;
  }
  return source.startsWith('table') && digest && !source.includes('{{.Digest}}') ? `${source}\t{{.Digest}}` : source;
}

export interface ImageRow {
  image: ImageSummary;
  repository: string;
  tag: string;
  digest: string;
}

/** The rows of an image. @param digests `--digests` was given @param format decides whether rows differ by digest */
export function imageRows(image: ImageSummary, digests: boolean, format: string): ImageRow[] {
  const tags = grouped(image.RepoTags, (reference) => reference.tag);
  const byDigest = grouped(image.RepoDigests, (reference) => reference.digest);
  if (isDangling(image)) return [{ image, repository: NONE, tag: NONE, digest: NONE }];
  const rows: ImageRow[] = [];
  const needDigest = digests || format.includes('{{.Digest}}');
  for (const [repository, names] of tags) {
    const own = needDigest ? (byDigest.get(repository) ?? []) : [];
    byDigest.delete(repository);
    for (const tag of names) {
      for (const digest of own.length > 0 ? own : [NONE]) rows.push({ image, repository, tag, digest });
    }
  }
  for (const [repository, own] of byDigest) {
    for (const digest of digests ? own : ['']) rows.push({ image, repository, tag: NONE, digest });
  }
  return rows;
}

export function imageKind(truncate: boolean, nowMs: number): RowKind<ImageRow> {
  return {
    type: '*formatter.imageContext',
    headers: {
      ID: 'IMAGE ID',
      Repository: 'REPOSITORY',
      Tag: 'TAG',
      Digest: 'DIGEST',
      CreatedSince: 'CREATED',
      CreatedAt: 'CREATED AT',
      Size: 'SIZE',
      Containers: 'CONTAINERS',
      VirtualSize: 'SIZE',
      SharedSize: 'SHARED SIZE',
      UniqueSize: 'UNIQUE SIZE',
    },
    values: {
      ID: ({ image }) => (truncate ? truncateId(image.Id) : image.Id),
      Repository: (row) => row.repository,
      Tag: (row) => row.tag,
      Digest: (row) => row.digest,
      CreatedSince: ({ image }) => (image.Created === ZERO_TIME ? '' : agoOf(image.Created, nowMs)),
      CreatedAt: ({ image }) => timeText(image.Created),
      Size: ({ image }) => humanSizeWithPrecision(image.Size, 3),
      Containers: ({ image }) => (image.Containers === -1 ? 'N/A' : String(image.Containers)),
      VirtualSize: ({ image }) => humanSize(image.Size),
      SharedSize: ({ image }) => (image.SharedSize === -1 ? 'N/A' : humanSize(image.SharedSize)),
      UniqueSize: ({ image }) => (image.SharedSize === -1 ? 'N/A' : humanSize(image.Size - image.SharedSize)),
    },
  };
}

/** Familiar name → tags, or digests, in the order given. */
function grouped(references: readonly string[] | null, part: (reference: Reference) => string | undefined): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const text of references ?? []) {
    const reference = parsed(text);
    const value = reference && part(reference);
    if (!reference || value === undefined) continue;
    const name = familiarName(reference);
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }
  return groups;
}

function parsed(text: string): Reference | undefined {
  try {
    return parseNormalizedNamed(text);
  } catch {
    return undefined;
  }
}

function isDangling(image: ImageSummary): boolean {
  const tags = image.RepoTags ?? [];
  const digests = image.RepoDigests ?? [];
  if (tags.length === 0 && digests.length === 0) return true;
  return tags.length === 1 && tags[0] === '<none>:<none>' && digests.length === 1 && digests[0] === '<none>@<none>';
}
