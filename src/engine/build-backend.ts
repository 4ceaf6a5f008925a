/** What the API asks of the builders: one request, read once, for either of them. */
import type { BuildBackend, BuildRequest } from './api/routes/build.ts';
import { progressMessage } from './api/routes/progress-json.ts';
import { credentialsByRegistry } from './api/routes/registry-auth.ts';
import type { BuildCache } from './build/build-cache.ts';
import { BuildContext } from './build/build-context.ts';
import { BuildProgress } from './build/build-progress.ts';
import { CacheMounts } from './build/cache-mounts.ts';
import { buildClassic } from './build/classic.ts';
import { LineOutcomes } from './build/line-outcomes.ts';
import { check, solve, type SolveRequest } from './build/solve.ts';
import type { Containers } from './container/containers.ts';
import type { Outside } from './outside.ts';

export function buildBackend(containers: Containers, cache: BuildCache, outside: Outside): BuildBackend {
  const { images, clock } = containers.ports;
  const { compression } = images.ports;
  const outcomes = new LineOutcomes();
  const parts = { containers, cache, cacheMounts: new CacheMounts(cache), outside, outcomes };
  const solveRequest = async (request: BuildRequest, tell: ConstructorParameters<typeof BuildProgress>[1]): Promise<SolveRequest> => ({
    ...request,
    context: await request.context(),
    buildArgs: new Map([...request.buildArgs].filter((pair): pair is [string, string] => pair[1] !== undefined)),
    credentials: credentialsByRegistry(request.registryConfig),
    settings: request,
    progress: new BuildProgress(clock, tell),
  });
  return {
    readContext: (archive) => BuildContext.read(compression, archive),
    classic: (request, say) =>
      images.job(request.cancellation, async () => {
        const { networkMode, memoryBytes, memorySwapBytes, shmBytes, ulimits, extraHosts } = request;
        const image = await buildClassic(containers, {
          ...request,
          context: await request.context(),
          noCache: request.noCache === true,
          forceRemove: request.forceRemove,
          credentials: credentialsByRegistry(request.registryConfig),
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
    solve: (request, tell) => images.job(request.cancellation, async () => (await solve(parts, await solveRequest(request, tell))).id),
    check: (request, tell) => images.job(request.cancellation, async () => check(parts, await solveRequest(request, tell))),
    lineOutcomes: (dockerfile) => outcomes.of(dockerfile),
    pruneCache: (options) => cache.prune(options),
  };
}
