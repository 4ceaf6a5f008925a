/**
 * What the flags that describe a new container mean, where that is more than their type: `docker run`
 * and `docker create` share them.
 * Source: docker/cli cli/command/container/opts.go, addFlags.
 */
import type { CliEnvironment } from '../environment.ts';
import type { FlagSyntax } from '../flags/declaration.ts';
import { listOf, mountFlag, scalar } from '../flags/syntax.ts';
import { parseDeviceBytesRate, parseDeviceOperationsRate, parseWeightDevice } from '../options/block-device.ts';
import {
  validateAttach,
  validateDnsSearch,
  validateEnvironmentVariable,
  validateExtraHost,
  validateLabel,
  validateLink,
  validateSysctl,
} from '../options/container-values.ts';
import { validateDeviceCgroupRule } from '../options/device.ts';
import { parseGpus } from '../options/gpu.ts';
import { validateIpAddress } from '../options/ip-address.ts';
import { cut } from '../options/key-value-file.ts';
import { parseRamSize } from '../units/size.ts';

/** `--memory-swap`: -1 is no limit. */
export const memorySwap: FlagSyntax = scalar(0, (text) => (text === '-1' ? -1 : parseRamSize(text)));

/** `--env`: a bare name takes the value it has where the client runs, and stays bare where it has none. */
export function environmentFlag(env: Record<string, string>): FlagSyntax {
  return listOf((pair) => {
    const valid = validateEnvironmentVariable(pair);
    return valid.includes('=') || env[valid] === undefined ? valid : `${valid}=${env[valid]}`;
  });
}

export function createFlags(environment: CliEnvironment): Record<string, FlagSyntax> {
  return {
    'add-host': listOf(validateExtraHost),
    attach: listOf(validateAttach),
    'blkio-weight-device': collect(parseWeightDevice),
    'device-cgroup-rule': listOf(validateDeviceCgroupRule),
    'device-read-bps': collect(parseDeviceBytesRate),
    'device-read-iops': collect(parseDeviceOperationsRate),
    'device-write-bps': collect(parseDeviceBytesRate),
    'device-write-iops': collect(parseDeviceOperationsRate),
    dns: listOf(validateIpAddress),
    'dns-search': listOf(validateDnsSearch),
    env: environmentFlag(environment.env),
    gpus: collect(parseGpus),
    label: listOf(validateLabel),
    link: listOf(validateLink),
    'memory-swap': memorySwap,
    mount: mountFlag(environment.cwd),
    sysctl: {
      initial: {},
      set: (current, text) => {
        const [name, value] = cut(validateSysctl(text));
        return { ...(current as Record<string, string>), [name]: value };
      },
    },
  };
}

/** A repeatable flag whose values are more than text. */
function collect<T>(parse: (text: string) => T): FlagSyntax {
  return { initial: [], set: (current, text) => [...(current as T[]), parse(text)] };
}
