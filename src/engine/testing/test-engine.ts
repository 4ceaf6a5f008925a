/** An engine over ports in memory, and its client, for tests of the API. */
import { ApiClient, jsonDocuments } from '../api/client.ts';
import type { ProgressMessage } from '../api/types/system.ts';
import { VirtualClock } from '../clock.ts';
import { createEngine, type Engine, type EnginePorts } from '../engine.ts';
import { SeededRandom } from '../random.ts';
import { FakeRuntime } from '../runtime/fake.ts';
import { FakeRegistry } from './fake-registry.ts';
import { MemoryLayerTrees } from './memory-layer-trees.ts';
import { MemoryStorage } from './memory-storage.ts';
import { plainCrypto, storingCompression } from './plain-ports.ts';

export interface TestEngine {
  engine: Engine;
  client: ApiClient;
  clock: VirtualClock;
  storage: MemoryStorage;
  layerTrees: MemoryLayerTrees;
  registry: FakeRegistry;
  ports: EnginePorts;
  /** `docker pull`: every line of progress. */
  pull(name: string, tag?: string, options?: Record<string, string>): Promise<ProgressMessage[]>;
}

/** @param imageFiles containers see the files of their images, instead of a root that the fake has built in */
export async function testEngine({ imageFiles = false } = {}): Promise<TestEngine> {
  const clock = new VirtualClock();
  const storage = new MemoryStorage();
  const layerTrees = new MemoryLayerTrees();
  const registry = new FakeRegistry();
  const ports: EnginePorts = {
    runtime: new FakeRuntime({ clock, ...(imageFiles && { layers: layerTrees }) }),
    clock,
    random: new SeededRandom(1),
    storage,
    layerTrees,
    registry,
    crypto: plainCrypto,
    compression: storingCompression,
    nodeName: 'node1',
    onBug: (error) => {
      throw error;
    },
  };
  const engine = createEngine(ports);
  await engine.start();
  const client = new ApiClient(engine.api);
  return {
    engine,
    client,
    clock,
    storage,
    layerTrees,
    registry,
    ports,
    async pull(name, tag, options = {}) {
      const { chunks } = await client.stream('/images/create', { method: 'POST', query: { fromImage: name, tag, ...options } });
      const lines: ProgressMessage[] = [];
      for await (const line of jsonDocuments<ProgressMessage>(chunks)) lines.push(line);
      return lines;
    },
  };
}
