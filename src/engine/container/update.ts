/**
 * `docker update`: limits and restart policy of a container, at once when it runs.
 * Source: moby daemon/update.go; container/container_unix.go, UpdateContainer.
 */
import type { HostConfig, UpdateContainerRequest } from '../api/types/container.ts';
import { EngineError, messageOf } from '../errors.ts';
import { completeHostConfig } from './config-document.ts';
import type { Containers } from './containers.ts';
import { resourcesOf } from './spec/resources.ts';
import { permit } from './state.ts';
import { adaptResources } from './validate-resources.ts';
import { checkRestartPolicy } from './validate-config.ts';

/** @returns warnings */
export async function updateContainer(containers: Containers, name: string, request: UpdateContainerRequest): Promise<string[]> {
  const { RestartPolicy: policy, ...limits } = request;
  const wanted = completeHostConfig({
    ...limits,
    RestartPolicy: { Name: policy?.Name ?? '', MaximumRetryCount: policy?.MaximumRetryCount ?? 0 },
  });
  if (request.PidsLimit !== undefined && request.PidsLimit !== null && request.PidsLimit <= 0) wanted.PidsLimit = 0;
  checkRestartPolicy(wanted.RestartPolicy);
  const warnings = adaptResources(wanted, containers.info, true);
  const container = containers.resolve(name);
  permit('update', container, name);
  const cannot = (why: string, kind: EngineError['kind'] = 'conflict'): EngineError =>
    new EngineError(kind, `Cannot update container ${container.id}: ${why}`);
  await container.live.lock.run(async () => {
    const { hostConfig, live } = container;
    const updated: HostConfig = { ...hostConfig };
    const conflicts: [boolean, string][] = [
      [wanted.NanoCpus > 0 && hostConfig.CpuPeriod > 0, 'Nano CPUs cannot be updated as CPU Period has already been set'],
      [wanted.NanoCpus > 0 && hostConfig.CpuQuota > 0, 'Nano CPUs cannot be updated as CPU Quota has already been set'],
      [wanted.CpuPeriod > 0 && hostConfig.NanoCpus > 0, 'CPU Period cannot be updated as NanoCPUs has already been set'],
      [wanted.CpuQuota > 0 && hostConfig.NanoCpus > 0, 'CPU Quota cannot be updated as NanoCPUs has already been set'],
    ];
    const conflict = conflicts.find(([applies]) => applies);
    if (conflict) throw cannot(`Conflicting options: ${conflict[1]}`);
    for (const key of ['CpuShares', 'NanoCpus', 'CpuPeriod', 'CpuQuota', 'MemoryReservation'] as const)
      if (wanted[key] !== 0) updated[key] = wanted[key];
    for (const key of ['CpusetCpus', 'CpusetMems'] as const) if (wanted[key] !== '') updated[key] = wanted[key];
    if (wanted.Memory !== 0) {
      if (wanted.Memory > hostConfig.MemorySwap && wanted.MemorySwap === 0) {
        throw cannot('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
      }
      updated.Memory = wanted.Memory;
    }
    if (wanted.MemorySwap !== 0) updated.MemorySwap = wanted.MemorySwap;
    if (wanted.PidsLimit !== null) updated.PidsLimit = wanted.PidsLimit;
    if (wanted.RestartPolicy.Name !== '') {
      if (hostConfig.AutoRemove && wanted.RestartPolicy.Name !== 'no')
        throw cannot('Restart policy cannot be updated because AutoRemove is enabled for the container');
      updated.RestartPolicy = wanted.RestartPolicy;
    }
    if (live.process) {
      try {
        await containers.ports.runtime.update(container.id, resourcesOf(updated));
      } catch (error) {
        throw cannot(messageOf(error), 'system');
      }
    }
    container.hostConfig = updated;
    containers.save(container);
    containers.logEvent(container, 'update');
  });
  return warnings;
}
