/** `--network NAME` or `--network name=NAME,alias=…,ip=…`: one network to join. */
import { parseInteger } from '../units/number.ts';
import { csvFields } from './csv.ts';

export interface NetworkAttachment {
  /** Name or id. */
  Target: string;
  /** null in the short notation. */
  Aliases: string[] | null;
  DriverOpts: Record<string, string> | null;
  Links: string[] | null;
  IPv4Address: string;
  IPv6Address: string;
  LinkLocalIPs: string[] | null;
  MacAddress: string;
  /** The highest one's gateway is the default route. */
  GwPriority: number;
}

export function parseNetworkAttachment(text: string): NetworkAttachment {
  const attachment: NetworkAttachment = {
    Target: text,
    Aliases: null,
    DriverOpts: null,
    Links: null,
    IPv4Address: '',
    IPv6Address: '',
    LinkLocalIPs: null,
    MacAddress: '',
    GwPriority: 0,
  };
  if (!/\w=\w/.test(text)) return attachment;
  attachment.Target = '';
  attachment.Aliases = [];
  for (const field of csvFields(text)) setField(attachment, field);
  if (attachment.Target === '') throw new Error('network name/id is not specified');
  return attachment;
}

function setField(attachment: NetworkAttachment, field: string): void {
  const [key, value] = pairOf(field.toLowerCase()) ?? [];
  if (key === undefined || value === undefined) throw new Error(`invalid field ${field}`);
  switch (key.trim()) {
    case 'name':
      attachment.Target = value;
      return;
    case 'alias':
      attachment.Aliases = [...(attachment.Aliases ?? []), value];
      return;
    case 'ip':
      attachment.IPv4Address = value;
      return;
    case 'ip6':
      attachment.IPv6Address = value;
      return;
    case 'mac-address':
      attachment.MacAddress = value;
      return;
    case 'link-local-ip':
      attachment.LinkLocalIPs = [...(attachment.LinkLocalIPs ?? []), value];
      return;
    case 'driver-opt': {
      const pair = pairOf(value);
      if (!pair) throw new Error('invalid key value pair format in driver options');
      attachment.DriverOpts = { ...attachment.DriverOpts, [pair[0].trim()]: pair[1] };
      return;
    }
    case 'gw-priority':
      attachment.GwPriority = priorityOf(value);
      return;
    default:
      throw new Error(`invalid field key ${key.trim()}`);
  }
}

function priorityOf(value: string): number {
  try {
    return Number(parseInteger(value, 10));
  } catch (error) {
    const reason = (error as Error).message.split(': ').at(-1) ?? '';
    throw new Error(`invalid gw-priority (${value}): ${reason}`);
  }
}

/** Key and trimmed value; undefined without `=` or without a key. */
function pairOf(text: string): [string, string] | undefined {
  const equals = text.indexOf('=');
  return equals <= 0 ? undefined : [text.slice(0, equals), text.slice(equals + 1).trim()];
}
