/** Shows how an image came to be. Source: docker/cli cli/command/image/history.go. */
import type { ImageHistoryItem } from '#engine/api/types/image.ts';
import type { Command } from '../command.ts';
import { formatRows } from '../format/formatter.ts';
import { historyFormat, historyKind } from '../format/history.ts';
import { platformQuery } from './platform-query.ts';

/** @cli  Y  docker image history  "Show the history of an image" */
export const historyCommand: Command = {
  path: ['image', 'history'],
  async run(context) {
    const { flags, args } = context;
    const query = { platform: platformQuery(flags.string('platform'), 'invalid platform: ') };
    const items = await (await context.api()).get<ImageHistoryItem[]>(`/images/${args[0] ?? ''}/history`, { query });
    const human = flags.bool('human');
    const format = historyFormat(flags.string('format') || 'table', flags.bool('quiet'), human);
    await context.out(formatRows(format, items, historyKind(!flags.bool('no-trunc'), human, context.environment.clock.now())));
  },
};
