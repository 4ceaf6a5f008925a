/** Changes the limits and the restart policy of containers. */
import type { UpdateContainerRequest, UpdateContainerResponse } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import type { ParsedFlags } from '../flags/parse.ts';
import { parseRestartPolicy } from '../options/restart-policy.ts';
import { containerPath } from './container-path.ts';
import { memorySwap } from './create-flags.ts';

const limits = {
  'blkio-weight': 'BlkioWeight',
  'cpu-period': 'CpuPeriod',
  'cpu-quota': 'CpuQuota',
  'cpu-rt-period': 'CpuRealtimePeriod',
  'cpu-rt-runtime': 'CpuRealtimeRuntime',
  'cpu-shares': 'CpuShares',
  cpus: 'NanoCpus',
  memory: 'Memory',
  'memory-reservation': 'MemoryReservation',
  'memory-swap': 'MemorySwap',
} as const;

/** @cli  Y  docker container update  "Update configuration of one or more containers" */
export const updateCommand: Command = {
  path: ['container', 'update'],
  flags: () => ({ 'memory-swap': memorySwap }),
  async run(context) {
    const json = updateRequest(context.flags);
    const warnings: string[] = [];
    const problems: string[] = [];
    for (const name of context.args) {
      try {
        const answer = await (await context.api()).post<UpdateContainerResponse>(containerPath(name, 'update'), { json });
        await context.out(`${name}\n`);
        warnings.push(...(answer.Warnings ?? []));
      } catch (error) {
        problems.push(errorLine(error));
      }
    }
    if (warnings.length > 0) await context.out(`${warnings.join('\n')}\n`);
    if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
  },
};

/** Everything that can be changed, with zero or nothing for what was not given: the daemon leaves that as it is. */
function updateRequest(flags: ParsedFlags): UpdateContainerRequest {
  const names = [...Object.keys(limits), 'cpuset-cpus', 'cpuset-mems', 'kernel-memory', 'pids-limit', 'restart'];
  if (!names.some((name) => flags.changed(name))) throw new ExitError(1, 'you must provide one or more flags when using this command');
  return {
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CgroupParent: '',
    ...Object.fromEntries(Object.entries(limits).map(([flag, field]) => [field, flags.number(flag)])),
    CpusetCpus: flags.string('cpuset-cpus'),
    CpusetMems: flags.string('cpuset-mems'),
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    ...(flags.number('kernel-memory') !== 0 && { KernelMemory: flags.number('kernel-memory') }),
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: flags.number('pids-limit') || null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    RestartPolicy: restartPolicy(flags.string('restart')),
  };
}

function restartPolicy(text: string): UpdateContainerRequest['RestartPolicy'] {
  try {
    return parseRestartPolicy(text);
  } catch (error) {
    throw new ExitError(1, messageOf(error), { cause: error });
  }
}
