/** Networks as rows. Source: docker/cli cli/command/network/formatter.go. */
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { RowKind } from './formatter.ts';
import { formatGoTime } from './gotemplate/time.ts';
import { joinLabels, labelHeader, truncateId } from './text.ts';

const TABLE = 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}';

/** The format that a `--format` value stands for. */
export function networkFormat(source: string, quiet: boolean): string {
  if (source === 'table') return quiet ? '{{.ID}}' : TABLE;
  if (source === 'raw') {
    return quiet ? 'network_id: {{.ID}}' : 'network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n';
  }
  return source;
}

export function networkKind(truncate: boolean): RowKind<NetworkInspect> {
  return {
    type: '*network.networkContext',
    headers: {
      ID: 'NETWORK ID',
      Name: 'NAME',
      Driver: 'DRIVER',
      Scope: 'SCOPE',
      IPv4: 'IPV4',
      IPv6: 'IPV6',
      Internal: 'INTERNAL',
      Labels: 'LABELS',
      CreatedAt: 'CREATED AT',
    },
    values: {
      ID: ({ Id }) => (truncate ? truncateId(Id) : Id),
      Name: ({ Name }) => Name,
      Driver: ({ Driver }) => Driver,
      Scope: ({ Scope }) => Scope,
      IPv4: ({ EnableIPv4 }) => String(EnableIPv4 ?? false),
      IPv6: ({ EnableIPv6 }) => String(EnableIPv6 ?? false),
      Internal: ({ Internal }) => String(Internal ?? false),
      Labels: ({ Labels }) => joinLabels(Labels),
      CreatedAt: ({ Created }) => formatGoTime(Created),
    },
    calls: {
      Label: {
        parameters: ['string'],
        call: ({ Labels }, name) => Labels?.[String(name)] ?? '',
        header: (name) => labelHeader(String(name)),
      },
    },
  };
}
