/**
 * The bridge driver's options: what `-o com.docker.network.bridge.…` means for the device and its rules.
 * Source: moby libnetwork/drivers/bridge/bridge_linux.go, networkConfiguration.fromLabels, and labels.go.
 */
import { EngineError } from '../errors.ts';
import { parseGoBool } from '../go-values.ts';
import type { Bridge } from '../runtime/network-plan.ts';
import { formatIpv4, formatPrefix, masked, type Prefix } from './ipv4.ts';

const bridge = 'com.docker.network.bridge';
const nameKey = `${bridge}.name`;
const mtuKey = 'com.docker.network.driver.mtu';
const gatewayModeKey = `${bridge}.gateway_mode_ipv4`;
const hostBindingKey = `${bridge}.host_binding_ipv4`;
const flags = ['enable_icc', 'enable_ip_masquerade', 'default_bridge', 'inhibit_ipv4', 'trusted_host_interfaces'].map(
  (name) => `${bridge}.${name}`,
);
const gatewayModes = ['nat', 'nat-unprotected', 'routed', 'isolated'];

/** What a name of a device may be. */
const deviceName = /^[^\s/:]{1,15}$/;

/** @throws EngineError with moby's words for options that make no sense */
export function checkBridgeOptions(options: Readonly<Record<string, string>>, internal: boolean): void {
  for (const [key, value] of Object.entries(options)) {
    if (flags.includes(key) && key !== `${bridge}.trusted_host_interfaces` && parseGoBool(value) === undefined)
      throw invalid(
        `failed to parse ${key} value: ${JSON.stringify(value)} (strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax)`,
      );
    if (key === mtuKey && !/^[+-]?\d+$/.test(value))
      throw invalid(
        `failed to parse ${key} value: ${JSON.stringify(value)} (strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax)`,
      );
    if (key === gatewayModeKey && value !== '' && !gatewayModes.includes(value)) throw invalid(`unknown gateway mode ${value}`);
  }
  const name = options[nameKey];
  if (name !== undefined && name !== '' && !deviceName.test(name)) throw invalid(`invalid bridge name "${name}"`);
  if (options[gatewayModeKey] === 'isolated' && !internal)
    throw invalid("gateway mode 'isolated' can only be used for an internal network");
  const mtu = Number(options[mtuKey] ?? 0);
  if (mtu < 0) throw invalid(`invalid MTU number: ${mtu}`);
}

/** The device of a bridge network. */
export function bridgeDevice(
  id: string,
  { options, internal }: { options: Readonly<Record<string, string>>; internal: boolean },
  subnet: Prefix,
  gateway: number | undefined,
): Bridge {
  const mode = options[gatewayModeKey] || 'nat';
  const mtu = Number(options[mtuKey] ?? 0);
  const takesPart = gateway !== undefined && mode !== 'isolated' && parseGoBool(options[`${bridge}.inhibit_ipv4`] ?? '') !== true;
  return {
    kind: 'bridge',
    name: options[nameKey] || `br-${id.slice(0, 12)}`,
    address: takesPart ? `${formatIpv4(gateway)}/${subnet.bits}` : undefined,
    subnet: formatPrefix(masked(subnet)),
    internal,
    interContainer: parseGoBool(options[`${bridge}.enable_icc`] ?? '') !== false,
    masquerade: mode !== 'routed' && parseGoBool(options[`${bridge}.enable_ip_masquerade`] ?? '') !== false,
    open: mode === 'nat-unprotected',
    ...(mtu > 0 && mtu !== 1500 && { mtu }),
  };
}

/** Where ports are published that name no address. */
export function hostBinding(options: Readonly<Record<string, string>>): string {
  return options[hostBindingKey] ?? '';
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
