/**
 * The options of the macvlan and ipvlan drivers: which device of the node a network stands on, and in which mode.
 * Source: moby libnetwork/drivers/{macvlan,ipvlan}/*_network.go and *_setup.go.
 */
import { EngineError } from '../errors.ts';
import type { IpvlanFlag, IpvlanMode, MacvlanMode, NetworkDevice } from '../runtime/network-plan.ts';

export interface VlanOptions {
  /** Name of the device. */
  name: string;
  /** The same when it was made for this network, and goes with it. */
  device?: Exclude<NetworkDevice, { kind: 'bridge' }>;
  macvlanMode: MacvlanMode;
  ipvlanMode: IpvlanMode;
  ipvlanFlag: IpvlanFlag;
}

const macvlanModes: readonly MacvlanMode[] = ['bridge', 'private', 'vepa', 'passthru'];
const ipvlanModes: readonly IpvlanMode[] = ['l2', 'l3', 'l3s'];
const ipvlanFlags: readonly IpvlanFlag[] = ['bridge', 'private', 'vepa'];

export interface VlanRequest {
  id: string;
  driver: 'macvlan' | 'ipvlan';
  options: Readonly<Record<string, string>>;
  internal: boolean;
}

/**
 * @param hasDevice whether the node has a device of that name
 * @throws EngineError with moby's words
 */
export async function vlanOptions(request: VlanRequest, hasDevice: (name: string) => Promise<boolean>): Promise<VlanOptions> {
  const { id, driver, options, internal } = request;
  const modes = {
    macvlanMode: chosen('macvlan', options['macvlan_mode'], macvlanModes),
    ipvlanMode: chosen('ipvlan', options['ipvlan_mode'], ipvlanModes),
    ipvlanFlag: chosen('ipvlan', options['ipvlan_flag'], ipvlanFlags, 'flag'),
  };
  const parent = options['parent'] ?? '';
  const ownName = `${driver === 'macvlan' ? 'dm' : 'di'}-${id.slice(0, 12)}`;
  if (parent === 'lo') throw new EngineError('unknown', `loopback interface is not a valid ${driver} parent link`);
  if (parent === '' || internal) return { name: ownName, device: { kind: 'dummy', name: ownName }, ...modes };
  if (await hasDevice(parent)) return { name: parent, ...modes };
  const { name, number } = subinterface(parent);
  if (!(await hasDevice(name)))
    throw new EngineError('unknown', `failed to find master interface ${name} on the Docker host: Link not found`);
  return { name: parent, device: { kind: 'vlan', name: parent, parent: name, id: number }, ...modes };
}

/** `eth0.10`: VLAN 10 of eth0. */
function subinterface(parent: string): { name: string; number: number } {
  const [name = '', text, ...more] = parent.split('.');
  if (text === undefined || more.length > 0 || name === '')
    throw new EngineError('unknown', `invalid subinterface vlan name ${parent}, example formatting is eth0.10`);
  if (!/^\d+$/.test(text))
    throw new EngineError('unknown', `unable to parse vlan id from: ${parent}: strconv.Atoi: parsing "${text}": invalid syntax`);
  const number = Number(text);
  if (number > 4094 || number < 1) throw new EngineError('unknown', `vlan id must be between 1-4094, received: ${number}`);
  return { name, number };
}

function chosen<T extends string>(driver: string, value: string | undefined, known: readonly T[], what = 'mode'): T {
  const [first] = known as [T];
  if (value === undefined || value === '') return first;
  const found = known.find((each) => each === value);
  if (found) return found;
  throw new EngineError(
    'unknown',
    `requested ${driver} ${what} '${value}' is not valid, '${first}' ${what} is the ${driver} driver default`,
  );
}
