/**
 * Every object that takes up the disk, as `docker system df --verbose` prints it: a table per kind, or a
 * template over lists of rows.
 * Source: docker/cli cli/command/formatter/disk_usage.go.
 */
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { DiskUsage } from '#engine/api/types/system.ts';
import { familiarName, parseNormalizedNamed } from '#engine/oci/reference.ts';
import { humanSize } from '../units/size.ts';
import { buildCacheKind, cacheSize, cachesOf } from './build-cache.ts';
import { containerFormat, containerRows } from './container.ts';
import { FormattedRow, formatRows, parseFormat, type RowKind } from './formatter.ts';
import { GoList, GoStruct, type GoValue } from './gotemplate/value.ts';
import { goJson, plainJson } from './gotemplate/json.ts';
import { imageFormat, imageKind, type ImageRow } from './image.ts';
import { volumeFormat, VOLUME_KIND } from './volume.ts';

const IMAGES = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const CONTAINERS = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}';
const VOLUMES = 'table {{.Name}}\t{{.Links}}\t{{.Size}}';
const CACHES = 'table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}';
const RAW_CACHE = `build_cache_id: {{.ID}}
parent_id: {{.Parent}}
build_cache_type: {{.CacheType}}
description: {{.Description}}
created_at: {{.CreatedAt}}
created_since: {{.CreatedSince}}
last_used_at: {{.LastUsedAt}}
last_used_since: {{.LastUsedSince}}
usage_count: {{.UsageCount}}
in_use: {{.InUse}}
shared: {{.Shared}}
`;
/** All of it, one object after the other. */
const RAW = [
  ['Images', 'Image', imageFormat('raw', false, true)],
  ['Containers', 'Container', containerFormat('raw', false, true)],
  ['Volumes', 'Volume', volumeFormat('raw', false)],
  ['BuildCache', 'Build Cache', RAW_CACHE],
]
  .map(([list, title, row]) => `{{range .${list}}}type: ${title}\n${row}\n{{end -}}\n`)
  .join('');

/** @param source `''`, `table`, `raw`, `json` or a template */
export function verboseDiskUsageText(source: string, usage: DiskUsage, nowMs: number): string {
  if (source === '' || source === 'table') return tables(usage, nowMs);
  const template = parseFormat(source === 'raw' ? RAW : source);
  return template.run(new Whole(listsOf(usage, source.startsWith('table'), nowMs)));
}

function tables(usage: DiskUsage, nowMs: number): string {
  const caches = cachesOf(usage);
  return [
    'Images space usage:\n\n',
    formatRows(IMAGES, imagesOf(usage), imageKind(true, nowMs)),
    '\nContainers space usage:\n\n',
    formatRows(CONTAINERS, containersOf(usage), containerRows({ truncate: true, nowMs })),
    '\nLocal Volumes space usage:\n\n',
    formatRows(VOLUMES, usage.Volumes ?? [], VOLUME_KIND),
    `\nBuild cache usage: ${humanSize(cacheSize(caches))}\n\n`,
    formatRows(CACHES, caches, buildCacheKind(true, nowMs)),
  ].join('');
}

function listsOf(usage: DiskUsage, truncate: boolean, nowMs: number): [string, GoList][] {
  return [
    ['Images', listOf(imagesOf(usage), imageKind(truncate, nowMs))],
    ['Containers', listOf(containersOf(usage), containerRows({ truncate, nowMs }))],
    ['Volumes', listOf(usage.Volumes ?? [], VOLUME_KIND)],
    ['BuildCache', listOf(cachesOf(usage), buildCacheKind(truncate, nowMs))],
  ];
}

function listOf<Row>(rows: readonly Row[], kind: RowKind<Row>): GoList {
  return new GoList(
    rows.map((row) => new FormattedRow(row, kind)),
    kind.type,
  );
}

function imagesOf({ Images }: DiskUsage): ImageRow[] {
  return (Images ?? []).map(firstTag);
}

/** An image under the first of its tags only. */
function firstTag(image: ImageSummary): ImageRow {
  const none = { image, repository: '<none>', tag: '<none>', digest: '' };
  const [name] = image.RepoTags ?? [];
  if (name === undefined || name === '<none>:<none>') return none;
  const reference = parseNormalizedNamed(name);
  return { ...none, repository: familiarName(reference), tag: reference.tag ?? '<none>' };
}

/** What a container shares with its image is not its own. */
function containersOf({ Containers }: DiskUsage): NonNullable<DiskUsage['Containers']> {
  return (Containers ?? []).map((container) => ({ ...container, SizeRootFs: 0 }));
}

/** What a template's dot is. */
class Whole extends GoStruct {
  readonly type = '*formatter.diskUsageContext';

  constructor(readonly lists: [string, GoList][]) {
    super();
  }

  lookup(name: string): { field: GoValue } | undefined {
    const found = this.lists.find(([one]) => one === name);
    return found && { field: found[1] };
  }

  fields(): [string, GoValue][] {
    return this.lists;
  }

  toJson(): string {
    return `{${this.lists.map(([name, list]) => `${plainJson(name)}:${goJson(list)}`).join(',')}}`;
  }
}
