/**
 * What the daemon decides where a container leaves it open, at each start: limits, an init, no new privileges. It is not
 * part of what `inspect` shows of the container.
 * Source: moby daemon/daemon_unix.go, parseSecurityOpt and mergeUlimits; daemon/oci_linux.go, WithInit.
 */
import type { HostConfig } from '../../api/types/container.ts';
import type { DaemonConfig } from '../../daemon-config.ts';

export function withDaemonDefaults<T extends { hostConfig: HostConfig }>(
  container: T,
  { init, noNewPrivileges, defaultUlimits }: Pick<DaemonConfig, 'init' | 'noNewPrivileges' | 'defaultUlimits'>,
): T {
  const { hostConfig } = container;
  const own = hostConfig.Ulimits ?? [];
  const security = hostConfig.SecurityOpt ?? [];
  const says = security.some((option) => /^no-new-privileges([=:]|$)/.test(option));
  return {
    ...container,
    hostConfig: {
      ...hostConfig,
      Init: hostConfig.Init ?? init,
      SecurityOpt: noNewPrivileges && !says ? [...security, 'no-new-privileges'] : hostConfig.SecurityOpt,
      Ulimits: [...own, ...defaultUlimits.filter(({ Name }) => !own.some((limit) => limit.Name === Name))],
    },
  };
}
