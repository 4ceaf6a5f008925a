/**
 * `docker image ls --tree`. The image store keeps one platform of an image, so the trees have no branches.
 * Source: docker/cli cli/command/image/tree.go, internal/tui.
 */
import type { ImageSummary } from '#engine/api/types/image.ts';
import type { CommandContext } from '../command.ts';
import { ellipsis, truncateId } from '../format/text.ts';
import { textWidth } from '../format/tabwriter.ts';
import type { Filters } from '../options/filter.ts';
import { filtersParameter } from '../options/filter.ts';
import { humanSizeWithPrecision } from '../units/size.ts';

const WARNING = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.";
const SPACING = 3;
const DEFAULT_WIDTH = 80;
const MIN_WIDTH = 20;
const MIN_NAME_WIDTH = 12;
const SIZE_DIGITS = 3;

const ESC = '\x1b[';
const RESET = `${ESC}0m`;
const TITLE = `${ESC}39m${ESC}1m`;
const COLORS = { warning: `${ESC}93m`, name: `${ESC}34m${ESC}1m`, untagged: `${ESC}39m${ESC}2m`, plain: `${ESC}39m` };

interface Column {
  title: string;
  width: number;
  align: 'left' | 'right';
  value: (image: ImageSummary) => string;
}

const COLUMNS: Column[] = [
  { title: 'ID', width: 12, align: 'left', value: ({ Id }) => truncateId(Id) },
  { title: 'DISK USAGE', width: 10, align: 'right', value: ({ Size }) => humanSizeWithPrecision(Size, SIZE_DIGITS) },
  // Of each platform, of which the store has none to tell.
  { title: 'CONTENT SIZE', width: 12, align: 'right', value: () => '0B' },
  { title: 'EXTRA', width: 5, align: 'left', value: () => '' },
];

/** Flags that say how the other list is to look. */
const REFUSED: [flag: string, name: string][] = [
  ['quiet', 'quiet'],
  ['no-trunc', 'no-trunc'],
  ['digests', 'show-digest'],
  ['format', 'format'],
];

export async function listTree(context: CommandContext, filters: Filters): Promise<void> {
  const { flags } = context;
  for (const [flag, name] of REFUSED) {
    const isGiven = flag === 'format' ? flags.string(flag) !== '' : flags.bool(flag);
    if (isGiven) throw new Error(`--${name} is not yet supported with --tree`);
  }
  const all = flags.bool('all');
  const query = { all: all || undefined, filters: filtersParameter(filters), manifests: true };
  const images = await (await context.api()).get<ImageSummary[]>('/images/json', { query });
  const shown = images.filter((image) => all || !isDangling(image)).sort((a, b) => b.Created - a.Created);
  const { stdout } = context.environment;
  const width = Math.max(MIN_WIDTH, stdout.size()?.columns || DEFAULT_WIDTH);
  await context.out(treeText(shown, width, stdout.isTerminal));
}

function isDangling({ RepoTags, RepoDigests }: ImageSummary): boolean {
  return (RepoTags ?? []).length === 0 && (RepoDigests ?? []).length === 0;
}

function treeText(images: readonly ImageSummary[], width: number, isTerminal: boolean): string {
  const colored = (color: string, text: string): string => (isTerminal ? `${color}${text}${RESET}` : text);
  const { nameWidth, columns } = fit(images, width);
  const titles = [{ title: 'IMAGE', width: nameWidth }, ...columns];
  const head = titles.map(({ title, width: own }, index) =>
    cell(title, own, index > 0 ? columns[index - 1]!.align : 'left', (text) => TITLE + text + RESET),
  );
  const lines = images.map((image) => {
    const names = [...(image.RepoTags ?? [])].sort((a, b) => b.length - a.length);
    const last = names.pop();
    const name =
      last === undefined
        ? cell('<untagged>', nameWidth, 'left', (text) => colored(COLORS.untagged, text))
        : cell(last, nameWidth, 'left', (text) => colored(COLORS.name, text));
    const values = columns.map((column, index) =>
      cell(column.value(image), column.width, column.align, (text) =>
        COLUMNS[index]?.title === 'EXTRA' ? text : colored(COLORS.plain, text),
      ),
    );
    const before = names.map((one) => `${colored(COLORS.name, isTerminal ? ellipsis(one, width) : one)}\n`).join('');
    return `${before}${[name, ...values].join(' '.repeat(SPACING))}\n`;
  });
  return `${colored(COLORS.warning, WARNING)}\n${legend(width, isTerminal)}\n\n${head.join(' '.repeat(SPACING))}\n${lines.join('')}`;
}

/** What the letters mean, at the right end. */
function legend(width: number, isTerminal: boolean): string {
  const plain = isTerminal ? 'i Info →   U  In Use ' : ' Info ->  U In Use ';
  const fancy = `${ESC}1m${ESC}106m${ESC}30mi${RESET}${RESET} ${ESC}96mInfo → ${RESET}${RESET} ${ESC}38;5;0m${ESC}48;5;14m U ${RESET} In Use `;
  return ' '.repeat(Math.max(0, width - textWidth(plain))) + (isTerminal ? fancy : plain);
}

/** Columns that leave room for names; the names' own is no wider than they need. */
function fit(images: readonly ImageSummary[], width: number): { nameWidth: number; columns: Column[] } {
  let room = width;
  const columns: Column[] = [];
  for (const column of COLUMNS) {
    const needed = column.width + SPACING;
    if (room - needed < MIN_NAME_WIDTH) break;
    room -= needed;
    columns.push(column);
  }
  const widest = Math.max('IMAGE'.length, ...images.flatMap(({ RepoTags }) => (RepoTags ?? []).map((name) => name.length)));
  return { nameWidth: Math.min(room, widest), columns };
}

function cell(text: string, width: number, align: 'left' | 'right', color: (text: string) => string): string {
  const length = textWidth(text);
  if (length > width) return color(ellipsis(text, width));
  const fill = ' '.repeat(width - length);
  return align === 'left' ? color(text) + fill : fill + color(text);
}
