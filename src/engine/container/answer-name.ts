/** What a container is told of a name that it looks up: see `resolveName`. */
import { externalServers } from '../network/etc-files.ts';
import { resolveName } from '../network/resolve-name.ts';
import type { Random } from '../random.ts';
import type { NameAnswer, NameQuestion } from '../runtime/network-plan.ts';
import { gatewayOf, joinedNetworks } from './connect.ts';
import type { Containers } from './containers.ts';
import { nameServersOf } from './network-files.ts';

export function answerName(containers: Containers, containerId: string, question: NameQuestion): NameAnswer {
  const container = containers.get(containerId);
  if (!container) return { kind: 'failure' };
  const endpoints = joinedNetworks(containers, container);
  const servers = gatewayOf(endpoints) ? externalServers(containers.nodeFiles.resolvConf, nameServersOf(containers, container)) : [];
  return resolveName({ endpoints, servers }, question, (items) => shuffled(containers.ports.random, items));
}

function shuffled<T>(random: Random, items: T[]): T[] {
  const order = random.bytes(items.length);
  return items
    .map((item, at) => ({ item, key: order[at] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
