/** The published ports of a node, read out of its containers, and what a person types to name one. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { nameOfContainer } from '../inspector/containers.ts';

export interface PublishedPort {
  port: number;
  /** Of the container. */
  inside: number;
  protocol: string;
  container: string;
  containerId: string;
  image: string;
}

/** What can be opened first, then by port; a port that is published on several addresses is there once. */
export function publishedPorts(containers: readonly ContainerSummary[]): PublishedPort[] {
  const ports = new Map<string, PublishedPort>();
  for (const one of containers) {
    for (const { PublicPort: port, PrivatePort: inside, Type: protocol } of one.Ports) {
      if (!port) continue;
      const published = { port, inside, protocol, container: nameOfContainer(one), containerId: one.Id, image: one.Image };
      ports.set(`${port}/${protocol}`, published);
    }
  }
  return [...ports.values()].sort((a, b) => Number(canOpen(b)) - Number(canOpen(a)) || a.port - b.port);
}

/** A browser has no way to speak UDP; whether a TCP port speaks HTTP is seen when it is opened. */
export function canOpen({ protocol }: PublishedPort): boolean {
  return protocol === 'tcp';
}

/** `8080`, `:8080/x`, `localhost:8080/x`, `http://localhost/x` and `/x`; undefined when it names no port of the node. */
export function readAddress(typed: string, present: number | undefined): { port: number; path: string } | undefined {
  const text = typed.trim();
  if (text.startsWith('/')) return present === undefined ? undefined : { port: present, path: pathOf(text) };
  const [, host, port, path = ''] =
    /^(?:http:\/\/)?(?:(localhost|127\.0\.0\.1|0\.0\.0\.0|node\d+))?:?(\d{1,5})?([/?#].*)?$/i.exec(text) ?? [];
  if (host === undefined && port === undefined) return undefined;
  const number = port === undefined ? 80 : Number(port);
  return number > 0 && number < 65536 ? { port: number, path: pathOf(path) } : undefined;
}

function pathOf(text: string): string {
  const url = new URL(text.startsWith('/') ? `http://localhost${text}` : `http://localhost/${text}`);
  return `${url.pathname}${url.search}${url.hash}`;
}
