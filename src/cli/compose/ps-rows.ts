/** Containers as `docker compose ps` prints them. Source: docker/compose 2.26.1 cmd/formatter/container.go. */
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import { assert } from '#engine/assert.ts';
import { CONTAINER_RAW, containerRows, mountsOf } from '../format/container.ts';
import { displayPorts } from '../format/display-ports.ts';
import type { RowKind } from '../format/formatter.ts';
import { labelHeader } from '../format/text.ts';
import { typed } from '../inspect/go-types.ts';
import { PROJECT_LABEL } from './labels.ts';
import { compareStrings } from './load/model.ts';
import { nameOf, serviceOf } from './project-containers.ts';

const TABLE = 'table {{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}';
/** As recorded; Docker's own is 15. */
const MOUNT_WIDTH = 11;

export interface PsContainer {
  summary: ContainerSummary;
  inspect: ContainerInspect;
}

/** The format that a `--format` value stands for. */
export function psFormat(source: string): string {
  if (source === '' || source === 'table') return TABLE;
  return source === 'raw' ? CONTAINER_RAW : source;
}

export function psRows(truncate: boolean, nowMs: number): RowKind<PsContainer> {
  const docker = containerRows({ truncate, nowMs });
  const asDocker = (name: string): RowKind<PsContainer>['values'][string] => {
    const value = docker.values[name];
    assert(value, 'docker ps shows it');
    return ({ summary }) => value(summary);
  };
  const name = ({ summary }: PsContainer): string => nameOf(summary);
  return {
    type: '*formatter.ContainerContext',
    headers: {
      ID: 'CONTAINER ID',
      Name: 'NAME',
      Names: 'NAMES',
      Project: 'PROJECT',
      Service: 'SERVICE',
      Command: 'COMMAND',
      CreatedAt: 'CREATED AT',
      RunningFor: 'CREATED',
      Ports: 'PORTS',
      State: 'STATE',
      Status: 'STATUS',
      Size: 'SIZE',
      Labels: 'LABELS',
      Image: 'IMAGE',
      Mounts: 'MOUNTS',
      LocalVolumes: 'LOCAL VOLUMES',
      Networks: 'NETWORKS',
    },
    values: {
      ID: asDocker('ID'),
      Name: name,
      Names: name,
      Project: ({ summary }) => summary.Labels?.[PROJECT_LABEL] ?? '',
      Service: ({ summary }) => serviceOf(summary),
      Image: ({ summary }) => summary.Image,
      Command: asDocker('Command'),
      CreatedAt: asDocker('CreatedAt'),
      RunningFor: asDocker('RunningFor'),
      Ports: ({ summary }) => displayPorts(summary.Ports ?? [], (host, port) => `${host}:${port}`),
      State: asDocker('State'),
      Status: asDocker('Status'),
      Health: ({ inspect: { State } }) => (State.Status === 'running' ? (State.Health?.Status ?? '') : ''),
      ExitCode: ({ inspect: { State } }) => BigInt(State.Status === 'exited' || State.Status === 'dead' ? State.ExitCode : 0),
      Publishers: publishersOf,
      Size: () => '0B',
      Labels: asDocker('Labels'),
      Mounts: ({ summary }) => mountsOf(summary, truncate ? MOUNT_WIDTH : undefined),
      LocalVolumes: asDocker('LocalVolumes'),
      Networks: ({ inspect }) =>
        Object.keys(inspect.NetworkSettings.Networks ?? {})
          .sort(compareStrings)
          .join(','),
    },
    calls: {
      Label: {
        parameters: ['string'],
        call: ({ summary }, label) => summary.Labels?.[String(label)] ?? '',
        header: (label) => labelHeader(String(label)),
      },
    },
  };
}

function publishersOf({ summary: { Ports } }: PsContainer): ReturnType<typeof typed> {
  const ports = [...(Ports ?? [])].sort((a, b) => a.PrivatePort - b.PrivatePort);
  const publishers = ports.map(({ IP = '', PrivatePort, PublicPort = 0, Type }) => {
    return { URL: IP, TargetPort: PrivatePort, PublishedPort: PublicPort, Protocol: Type };
  });
  return typed('[]api.PortPublisher', publishers.length > 0 ? publishers : undefined);
}
