/** Rows and texts of docker's own formatter tests. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ContainerSummary, Port } from '#engine/api/types/container.ts';
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { DiskUsage } from '#engine/api/types/system.ts';
import type { Volume } from '#engine/api/types/volume.ts';
import { CHECKPOINT_KIND } from '../checkpoint/ls.ts';
import { searchFormat, searchKind } from '../registry/search.ts';
import { timeText } from './age.ts';
import { containerFormat, containerRows } from './container.ts';
import { diskUsageText } from './disk-usage.ts';
import { displayPorts } from './display-ports.ts';
import { formatRows, type RowKind } from './formatter.ts';
import { imageFormat, imageKind, imageRows } from './image.ts';
import { networkFormat, networkKind } from './network.ts';
import { pluginFormat, pluginKind } from './plugin.ts';
import { ellipsis } from './text.ts';
import { verboseDiskUsageText } from './verbose-disk-usage.ts';
import { volumeFormat, VOLUME_KIND } from './volume.ts';

interface FormatCase {
  /** Used as it is. */
  format?: string;
  /** Or given to docker's function that makes formats, whose other arguments follow. */
  args?: [string, ...boolean[]];
  digest?: boolean;
  verbose?: boolean;
  expected: string;
}

interface Vectors {
  containers: FormatCase[];
  noContainers: FormatCase[];
  images: FormatCase[];
  noImages: FormatCase[];
  diskUsage: FormatCase[];
  volumes: FormatCase[];
  search: FormatCase[];
  networks: FormatCase[];
  plugins: FormatCase[];
  checkpoints: FormatCase[];
  ellipsis: { source: string; width: number; expected: string }[];
  ports: { ports: Port[]; expected: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('../../../test/data/cli-format/formatter.json', import.meta.url), 'utf8')) as Vectors;
const NOW_MS = Date.UTC(2026, 0, 2);
const YESTERDAY = NOW_MS / 1000 - 24 * 60 * 60;
const ZERO_TIME = -62_135_596_800;

function named(cases: FormatCase[]): [string, FormatCase][] {
  return cases.map((one) => [JSON.stringify(one.format ?? one.args), one]);
}

/** What is printed, or why not. */
function printed(action: () => string): string {
  try {
    return action();
  } catch (error) {
    return (error as Error).message;
  }
}

function check<Row>(one: FormatCase, format: string, rows: Row[], kind: RowKind<Row>): void {
  const expected = one.expected.replaceAll('{time}', timeText(YESTERDAY)).replaceAll('{zero}', timeText(ZERO_TIME));
  expect(printed(() => formatRows(format, rows, kind))).toBe(expected);
}

describe('containers', () => {
  const container = (Id: string, name: string) =>
    ({
      Id,
      Names: [name],
      Image: 'ubuntu',
      Command: '',
      Created: YESTERDAY,
      State: 'running',
      Status: '',
      Ports: [],
      Labels: {},
    }) as unknown as ContainerSummary;
  const rows = [container('containerID1', '/foobar_baz'), container('containerID2', '/foobar_bar')];
  const kind = containerRows({ truncate: false, nowMs: NOW_MS });
  const formatOf = (one: FormatCase): string =>
    one.format ?? containerFormat(one.args?.[0] ?? '', one.args?.[1] ?? false, one.args?.[2] ?? false);

  it.each(named(vectors.containers))('%s', (_name, one) => check(one, formatOf(one), rows, kind));
  it.each(named(vectors.noContainers))('none: %s', (_name, one) => check(one, formatOf(one), [], kind));

  it('shortens ids, commands, images and mounts', () => {
    const row = {
      ...container('a5a665ff33eced1e0803148700880edab4269067ed77e27737a708d0d293fbf5', '/web'),
      Image: 'docker.io/library/ubuntu:24.04@sha256:a5a665ff33eced1e0803148700880edab4269067ed77e27737a708d0d293fbf5',
      Command: 'sh -c "a command that is too long"',
      Mounts: [{ Name: 'this-is-a-long-volume-name', Source: '/a', Driver: 'local' }],
      Names: ['/other/alias', '/web'],
    } as unknown as ContainerSummary;
    const format = '{{.ID}} {{.Image}} {{.Command}} {{.Mounts}} {{.Names}} {{.LocalVolumes}}';
    expect(formatRows(format, [row], containerRows({ truncate: true, nowMs: NOW_MS }))).toBe(
      'a5a665ff33ec ubuntu:24.04 "sh -c \\"a command th…" this-is-a-long… web 1\n',
    );
  });

  it('shows labels by name, in a column called after the last part', () => {
    const row = { ...rows[0], Labels: { 'com.example.my-tier': 'front' } } as ContainerSummary;
    expect(formatRows('table {{.Label "com.example.my-tier"}}', [row], kind)).toBe('my tier\nfront\n');
  });
});

describe('ports', () => {
  it.each(vectors.ports.map((one) => [one.expected, one] as const))('%s', (expected, one) =>
    expect(displayPorts(one.ports)).toBe(expected),
  );
});

describe('images', () => {
  const image = (Id: string, Created: number, RepoTags: string[], RepoDigests: string[]) =>
    ({ Id, Created, RepoTags, RepoDigests, Size: 0, Containers: 0, SharedSize: 0 }) as unknown as ImageSummary;
  const images = [
    image('imageID1', YESTERDAY, ['image:tag1'], ['image@sha256:cbbf2f9a99b47fc460d422812b6a5adff7dfee951d8fa2e4a98caa0382cfbdbf']),
    image('imageID2', ZERO_TIME, ['image:tag2'], []),
    image('imageID3', YESTERDAY, ['<none>:<none>'], ['<none>@<none>']),
  ];
  const formatOf = (one: FormatCase): string =>
    one.format ?? imageFormat(one.args?.[0] ?? '', one.args?.[1] ?? false, one.args?.[2] ?? false);

  it.each(named(vectors.images))('%s', (_name, one) => {
    const format = formatOf(one);
    const rows = images.flatMap((each) => imageRows(each, one.digest ?? false, format));
    check(one, format, rows, imageKind(false, NOW_MS));
  });
  it.each(named(vectors.noImages))('none: %s', (_name, one) => check(one, formatOf(one), [], imageKind(false, NOW_MS)));
});

describe('disk usage', () => {
  const usage = { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] } as DiskUsage;
  it.each(named(vectors.diskUsage))('%s', (_name, one) => {
    const source = one.format ?? one.args?.[0] ?? '';
    expect(printed(() => (one.verbose ? verboseDiskUsageText(source, usage, NOW_MS) : diskUsageText(source, usage)))).toBe(one.expected);
  });
});

describe('volumes', () => {
  const rows = [
    { Name: 'foobar_baz', Driver: 'foo' },
    { Name: 'foobar_bar', Driver: 'bar' },
  ] as Volume[];
  it.each(named(vectors.volumes))('%s', (_name, one) => {
    check(one, one.format ?? volumeFormat(one.args?.[0] ?? '', one.args?.[1] ?? false), rows, VOLUME_KIND);
  });
});

describe('networks', () => {
  const rows = [
    { Id: 'networkID1', Name: 'foobar_baz', Driver: 'foo', Scope: 'local', Created: '2016-01-01T00:00:00Z' },
    { Id: 'networkID2', Name: 'foobar_bar', Driver: 'bar', Scope: 'local', Created: '2017-01-01T00:00:00Z' },
  ] as NetworkInspect[];
  it.each(named(vectors.networks))('%s', (_name, one) => {
    check(one, one.format ?? networkFormat(one.args?.[0] ?? '', one.args?.[1] ?? false), rows, networkKind(false));
  });
});

describe('plugins', () => {
  const rows = [
    { Id: 'pluginID1', Name: 'foobar_baz', Config: { Description: 'description 1' }, Enabled: true },
    { Id: 'pluginID2', Name: 'foobar_bar', Config: { Description: 'description 2' }, Enabled: false },
  ];
  it.each(named(vectors.plugins))('%s', (_name, one) => {
    check(one, one.format ?? pluginFormat(one.args?.[0] ?? '', one.args?.[1] ?? false), rows, pluginKind(false));
  });
});

describe('checkpoints', () => {
  const rows = [{ Name: 'checkpoint-1' }, { Name: 'checkpoint-2' }, { Name: 'checkpoint-3' }];
  it.each(named(vectors.checkpoints))('%s', (_name, one) => check(one, one.args?.[0] ?? '', rows, CHECKPOINT_KIND));
});

describe('search results', () => {
  const rows = [
    { name: 'result1', description: 'Official build', star_count: 5000, is_official: true },
    { name: 'result2', description: 'Not official', star_count: 5, is_official: false },
  ];
  it.each(named(vectors.search))('%s', (_name, one) =>
    check(one, searchFormat(one.format ?? one.args?.[0] ?? ''), rows, searchKind(false)),
  );
});

describe('ellipsis', () => {
  it.each(vectors.ellipsis)('$source to $width', ({ source, width, expected }) => {
    expect(width === 0 ? '' : ellipsis(source, width)).toBe(expected);
  });
});
