/**
 * Limits: which values are possible, and what this kernel cannot do (it is warned about and left out, as Docker
 * does). Drydock's kernel has cgroup v2 with memory, cpu and pids, no block I/O control, no swap and one CPU.
 * Source: moby daemon/daemon_unix.go, verifyPlatformContainerResources.
 *
 * @flag  P[discarded with Docker's warning: the kernel has no block I/O control]  docker container run, docker container create, docker container update  --blkio-weight
 * @flag  P[discarded with Docker's warning: the kernel has no block I/O control]  docker container run, docker container create  --blkio-weight-device --device-read-bps --device-read-iops --device-write-bps --device-write-iops
 * @flag  P[discarded with Docker's warning: cgroup v2 has no such control]  docker container run, docker container create  --memory-swappiness --oom-kill-disable
 * @flag  P[the machine has one CPU and one memory node: 0 only, others are refused in Docker's words]  docker container run, docker container create, docker container update  --cpuset-cpus --cpuset-mems
 */
import type { Resources } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';

export interface NodeLimits {
  cpuCount: number;
}

const minimumBytes = 6 * 1024 * 1024;

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/** Checks, and takes out what the kernel cannot do. @returns warnings */
export function adaptResources(limits: Resources, { cpuCount }: NodeLimits, isUpdate: boolean): string[] {
  const warnings: string[] = [];
  if (limits.MemorySwappiness === -1) limits.MemorySwappiness = null;
  checkMemory(limits, isUpdate);
  if (limits.MemorySwappiness !== null) {
    warnings.push('Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
    limits.MemorySwappiness = null;
  }
  if (limits.OomKillDisable) warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
  limits.OomKillDisable = null;
  checkCpu(limits, cpuCount, warnings);
  discardBlockIo(limits, warnings);
  return warnings;
}

function checkMemory({ Memory: memory, MemorySwap: swap, MemoryReservation: reservation }: Resources, isUpdate: boolean): void {
  if (memory !== 0 && memory < minimumBytes) throw bad('Minimum memory limit allowed is 6MB');
  if (memory > 0 && swap > 0 && swap < memory) throw bad('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (memory === 0 && swap > 0 && !isUpdate) throw bad('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (reservation > 0 && reservation < minimumBytes) throw bad('Minimum memory reservation allowed is 6MB');
  if (memory > 0 && reservation > 0 && memory < reservation)
    throw bad('Minimum memory limit can not be less than memory reservation limit, see usage');
}

function checkCpu(limits: Resources, cpuCount: number, warnings: string[]): void {
  const { NanoCpus: nano, CpuPeriod: period, CpuQuota: quota } = limits;
  if (nano > 0 && period > 0) throw bad('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0) throw bad('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nano < 0 || nano > cpuCount * 1e9) {
    throw bad(`range of CPUs is from 0.01 to ${cpuCount}.00, as there are only ${cpuCount} CPUs available`);
  }
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    throw bad('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (quota > 0 && quota < 1000) throw bad('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (limits.CpuPercent > 0) {
    warnings.push('linux does not support CPU percent. Percent discarded.');
    limits.CpuPercent = 0;
  }
  checkSet(limits.CpusetCpus, cpuCount, 'cpuset cpus', 'CPUs');
  checkSet(limits.CpusetMems, 1, 'cpuset mems', 'memory nodes');
}

/** `0-2,4`: numbers below `count`. */
function checkSet(text: string, count: number, what: string, plural: string): void {
  if (text === '') return;
  const parts = text.split(',').map((part) => /^(\d+)(?:-(\d+))?$/.exec(part));
  if (!parts.every((part) => part !== null)) throw bad(`Invalid value ${text} for ${what}: invalid format: ${text}`);
  if (parts.some((part) => Number(part[2] ?? part[1]) >= count)) {
    throw bad(`Requested ${plural} are not available - requested ${text}, available: ${count === 1 ? '0' : `0-${count - 1}`}`);
  }
}

function discardBlockIo(limits: Resources, warnings: string[]): void {
  const unsupported = (feature: string, discarded: string): number =>
    warnings.push(`Your kernel does not support ${feature} or the cgroup is not mounted. ${discarded} discarded.`);
  if (limits.BlkioWeight > 0) {
    unsupported('Block I/O weight', 'Weight');
    limits.BlkioWeight = 0;
  }
  if (limits.BlkioWeightDevice?.length) {
    unsupported('Block I/O weight_device', 'Weight-device');
    limits.BlkioWeightDevice = [];
  }
  if (limits.BlkioDeviceReadBps?.length) {
    unsupported('BPS Block I/O read limit', 'Block I/O BPS read limit');
    limits.BlkioDeviceReadBps = [];
  }
  if (limits.BlkioDeviceWriteBps?.length) {
    unsupported('BPS Block I/O write limit', 'Block I/O BPS write limit');
    limits.BlkioDeviceWriteBps = [];
  }
  if (limits.BlkioDeviceReadIOps?.length) {
    unsupported('IOPS Block read limit', 'Block I/O IOPS read limit');
    limits.BlkioDeviceReadIOps = [];
  }
  if (limits.BlkioDeviceWriteIOps?.length) {
    unsupported('IOPS Block write limit', 'Block I/O IOPS write limit');
    limits.BlkioDeviceWriteIOps = [];
  }
}
