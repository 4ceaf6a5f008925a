/** What the API asks of the builders: one request, read once, for either of them. */
import type { BuildBackend, BuildRequest } from './api/routes/build.ts';
import { progressMessage } from './api/routes/progress-json.ts';
import { fromBase64 } from './base64.ts';
import type { BuildCache } from './build/build-cache.ts';
import { BuildContext } from './build/build-context.ts';
import { BuildProgress } from './build/build-progress.ts';
import { buildClassic } from './build/classic.ts';
import { check, solve, type SolveRequest } from './build/solve.ts';
import type { Containers } from './container/containers.ts';
import { EngineError } from './errors.ts';
import type { RegistryCredentials } from './image/registry-credentials.ts';
import type { Outside } from './outside.ts';
import type { Reference } from './oci/reference.ts';

export function buildBackend(containers: Containers, cache: BuildCache, outside: Outside): BuildBackend {
  const { images, clock } = containers.ports;
  const { compression } = images.ports;
  const solveRequest = async (request: BuildRequest, tell: ConstructorParameters<typeof BuildProgress>[1]): Promise<SolveRequest> => ({
    ...request,
    context: await BuildContext.read(compression, request.context),
    buildArgs: new Map([...request.buildArgs].filter((pair): pair is [string, string] => pair[1] !== undefined)),
    credentials: credentialsIn(request.registryConfig),
    settings: request,
    progress: new BuildProgress(clock, tell),
  });
  return {
    classic: (request, say) =>
      images.job(request.cancellation, async () => {
        const { networkMode, memoryBytes, memorySwapBytes, shmBytes, ulimits, extraHosts } = request;
        const image = await buildClassic(containers, {
          ...request,
          context: await BuildContext.read(compression, request.context),
          noCache: request.noCache === true,
          forceRemove: request.forceRemove,
          credentials: credentialsIn(request.registryConfig),
          hostConfig: {
            NetworkMode: networkMode,
            Memory: memoryBytes,
            MemorySwap: memorySwapBytes,
            ShmSize: shmBytes,
            Ulimits: ulimits,
            ExtraHosts: extraHosts,
            CpuShares: request.cpuShares,
            CpuQuota: request.cpuQuota,
            CpuPeriod: request.cpuPeriod,
            CpusetCpus: request.cpusetCpus,
            CpusetMems: request.cpusetMems,
            CgroupParent: request.cgroupParent,
          },
          say,
          outside,
          pullProgress: (told) => void say(progressMessage(told)),
        });
        return image.id;
      }),
    solve: (request, tell) =>
      images.job(request.cancellation, async () => (await solve({ containers, cache, outside }, await solveRequest(request, tell))).id),
    check: async (request, tell) => check({ containers, cache, outside }, await solveRequest(request, tell)),
    dockerfileText: async ({ context, dockerfile }) => (await BuildContext.read(compression, context)).readText(dockerfile),
    pruneCache: (options) => cache.prune(options),
  };
}

/** `X-Registry-Config`: credentials by registry, JSON in base64. */
function credentialsIn(header: string): (reference: Reference) => RegistryCredentials | undefined {
  if (header === '') return () => undefined;
  let byHost: Record<string, RegistryCredentials | undefined>;
  try {
    const plain = header.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
    const text = new TextDecoder().decode(fromBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4)));
    byHost = JSON.parse(text) as typeof byHost;
  } catch (error) {
    throw new EngineError('invalid-parameter', 'invalid X-Registry-Config header', { cause: error });
  }
  return ({ domain }) => byHost[domain] ?? byHost[domain === 'docker.io' ? 'https://index.docker.io/v1/' : `https://${domain}`];
}
