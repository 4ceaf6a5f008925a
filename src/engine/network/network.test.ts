import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock.ts';
import { Events } from '../events.ts';
import { Filters } from '../filters.ts';
import { SeededRandom } from '../random.ts';
import { FakeRuntime } from '../runtime/fake.ts';
import { MemoryStorage } from '../testing/memory-storage.ts';
import { AddressPool } from './address-pool.ts';
import { createNetwork } from './create.ts';
import { hostsFile, ownNames, resolvConf } from './etc-files.ts';
import { inspectNetwork, listNetworks } from './inspect.ts';
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, type Prefix } from './ipv4.ts';
import { isMac, macOf, randomMac } from './mac-address.ts';
import { Networks } from './networks.ts';
import { pruneNetworks, removeNetwork } from './remove.ts';
import { endpointProblem } from './validate.ts';

function setUp(storage = new MemoryStorage()) {
  const clock = new VirtualClock();
  const runtime = new FakeRuntime({ clock });
  const networks = new Networks({ runtime, storage, clock, random: new SeededRandom(1), events: new Events(clock) });
  return { networks, runtime, clock, storage };
}

const container = (digit: string) => ({ id: digit.repeat(64), name: `c${digit}` });

describe('addresses', () => {
  it('reads and writes them', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (address) => parseIpv4(formatIpv4(address)) === address));
    for (const bad of ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', 'a.b.c.d']) expect(parseIpv4(bad)).toBeUndefined();
    expect(parsePrefix('10.0.0.0/33')).toBeUndefined();
    expect(formatPrefix(parsePrefix('10.1.0.0/16') as Prefix)).toBe('10.1.0.0/16');
  });

  it('gives no address twice, and the lowest free one', () => {
    const step = fc.oneof(fc.constant({ kind: 'allocate' as const }), fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 27, max: 30 }), (steps, bits) => {
        const pool = new AddressPool({ address: parseIpv4('172.17.0.0') as number, bits });
        const held = new Set<number>();
        for (const next of steps) {
          if (next.kind === 'release') {
            const address = [...held][next.pick % Math.max(1, held.size)];
            if (address === undefined) continue;
            held.delete(address);
            pool.release(address);
          } else if (held.size === 2 ** (32 - bits) - 2) {
            expect(() => pool.allocate()).toThrow(/no available/);
          } else {
            const address = pool.allocate();
            expect(held.has(address)).toBe(false);
            const lower = [...Array(address - pool.subnet.address - 1).keys()].map((offset) => pool.subnet.address + 1 + offset);
            expect(lower.every((other) => held.has(other))).toBe(true);
            held.add(address);
          }
        }
        expect(pool.takenCount).toBe(held.size);
      }),
      { seed: 7 },
    );
  });

  it('refuses what is taken or outside', () => {
    const pool = new AddressPool(parsePrefix('10.0.0.0/24') as Prefix);
    pool.reserve(parseIpv4('10.0.0.7') as number);
    expect(() => pool.reserve(parseIpv4('10.0.0.7') as number)).toThrow('Address already in use');
    for (const outside of ['10.0.1.1', '10.0.0.0', '10.0.0.255'])
      expect(() => pool.reserve(parseIpv4(outside) as number)).toThrow('requested address is out of range');
  });

  it('makes local unicast hardware addresses', () => {
    const random = new SeededRandom(3);
    for (let turn = 0; turn < 50; turn++) {
      const mac = randomMac(random);
      expect(isMac(mac)).toBe(true);
      expect(parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
    }
    const given = [1, 2, 2].map((address) => macOf('ab12cd34', address));
    expect(given.every(isMac)).toBe(true);
    expect(new Set(given).size).toBe(2);
    expect(['02:42:ac:11:00:99', '02-42-ac-11-00-99', '0242.ac11.0099', '00:00:5e:00:53:01:aa:bb'].every(isMac)).toBe(true);
    expect(['', '02:42', 'xx:42:ac:11:00:99', '02:42:ac:11:00'].some(isMac)).toBe(false);
  });
});

describe('networks of a node', () => {
  it('has bridge, host and none, the same ones after a restart', async () => {
    const { networks, storage, runtime } = setUp();
    expect(networks.all().map((network) => network.name)).toEqual(['bridge', 'host', 'none']);
    expect(setUp(storage).networks.describe()).toBe(networks.describe());
    await networks.start();
    expect([...runtime.networks.devices.values()]).toEqual([
      {
        kind: 'bridge',
        name: 'docker0',
        address: '172.17.0.1/16',
        subnet: '172.17.0.0/16',
        internal: false,
        interContainer: true,
        masquerade: true,
        open: false,
      },
    ]);
    expect(() => networks.resolve('nosuch')).toThrow('network nosuch not found');
  });

  it('shows bridge as Docker does', () => {
    const { networks } = setUp();
    const bridge = networks.resolve('bridge');
    const endpoint = networks.connect(bridge, container('a'), {});
    expect(inspectNetwork(bridge, true)).toEqual({
      Name: 'bridge',
      Id: bridge.id,
      Created: '2026-01-01T00:00:00Z',
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] },
      Internal: false,
      Attachable: false,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: {
        ['a'.repeat(64)]: {
          Name: 'ca',
          EndpointID: endpoint.id,
          MacAddress: endpoint.macAddress,
          IPv4Address: '172.17.0.2/16',
          IPv6Address: '',
        },
      },
      Options: {
        'com.docker.network.bridge.default_bridge': 'true',
        'com.docker.network.bridge.enable_icc': 'true',
        'com.docker.network.bridge.enable_ip_masquerade': 'true',
        'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
        'com.docker.network.bridge.name': 'docker0',
        'com.docker.network.driver.mtu': '1500',
      },
      Labels: {},
    });
    networks.disconnect(bridge, endpoint.id);
    expect(inspectNetwork(bridge, true).Containers).toEqual({});
    expect(networks.connect(bridge, container('b'), {}).ipv4).toBe(parseIpv4('172.17.0.2'));
  });

  it('makes, finds, uses and removes a network', async () => {
    const { networks, runtime, storage } = setUp();
    const web = await createNetwork(networks, { Name: 'web', Labels: { b: '2', a: '1' } });
    expect(inspectNetwork(web, false).IPAM.Config).toEqual([{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }]);
    expect(runtime.networks.devices.has(`br-${web.id.slice(0, 12)}`)).toBe(true);
    expect(networks.resolve(web.id.slice(0, 8))).toBe(web);
    expect(listNetworks(networks, new Filters([['label', ['a=1']]])).map((network) => network.name)).toEqual(['web']);
    const endpoint = networks.connect(web, container('a'), {});
    await expect(removeNetwork(networks, web)).rejects.toThrow(
      `error while removing network: network web has active endpoints (name:"ca" id:"${endpoint.id.slice(0, 12)}")`,
    );
    networks.disconnect(web, endpoint.id);
    expect(setUp(storage).networks.resolve('web').id).toBe(web.id);
    await removeNetwork(networks, web);
    expect(runtime.networks.devices.size).toBe(0);
    expect(networks.find('web')).toBeUndefined();
  });

  it('refuses what Docker refuses', async () => {
    const { networks } = setUp();
    const refuse = (request: Parameters<typeof createNetwork>[1], message: string) =>
      expect(createNetwork(networks, request)).rejects.toThrow(message);
    await refuse({ Name: 'bridge' }, 'operation is not permitted on predefined bridge network ');
    await refuse(
      { Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.1/24' }] } },
      'invalid network config:\ninvalid subnet 10.0.0.1/24: it should be 10.0.0.0/24',
    );
    await refuse({ Name: 'x', IPAM: { Config: [{ Subnet: 'nope' }] } }, 'invalid subnet nope: invalid CIDR block notation');
    await refuse({ Name: 'x', IPAM: { Config: [{ Subnet: '172.17.1.0/24' }] } }, 'Pool overlaps with other one on this address space');
    await refuse(
      { Name: 'x', IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.1.0.1' }] } },
      "invalid gateway 10.1.0.1: parent subnet 10.0.0.0/24 doesn't contain this address",
    );
    await refuse({ Name: 'x', Driver: 'overlay' }, 'This node is not a swarm manager.');
    await createNetwork(networks, { Name: 'x' });
    await refuse({ Name: 'x' }, 'network with name x already exists');
    await expect(removeNetwork(networks, networks.resolve('host'))).rejects.toThrow('host is a pre-defined network and cannot be removed');
  });

  it('stands on a device of the node, on a VLAN of it, or on one that leads nowhere', async () => {
    const { networks, runtime } = setUp();
    const make = (Name: string, Driver: string, Options: Record<string, string>, Subnet: string) =>
      createNetwork(networks, { Name, Driver, Options, IPAM: { Config: [{ Subnet }] } });
    const plain = await make('plain', 'macvlan', { parent: 'eth0' }, '192.168.65.0/24');
    expect(plain.link()).toEqual({ kind: 'macvlan', parent: 'eth0', mode: 'bridge' });
    const vlan = await make('vlan', 'macvlan', { parent: 'eth0.10', macvlan_mode: 'private' }, '10.10.0.0/24');
    expect(vlan.link()).toEqual({ kind: 'macvlan', parent: 'eth0.10', mode: 'private' });
    const nowhere = await make('nowhere', 'ipvlan', { ipvlan_mode: 'l3' }, '10.11.0.0/24');
    const dummy = `di-${nowhere.id.slice(0, 12)}`;
    expect(nowhere.link()).toEqual({ kind: 'ipvlan', parent: dummy, mode: 'l3', flag: 'bridge' });
    expect(inspectNetwork(nowhere, false).Options).toEqual({ ipvlan_mode: 'l3', parent: dummy });
    expect([...runtime.networks.devices.values()]).toEqual([
      { kind: 'vlan', name: 'eth0.10', parent: 'eth0', id: 10 },
      { kind: 'dummy', name: dummy },
    ]);
    for (const network of [plain, vlan, nowhere]) await removeNetwork(networks, network);
    expect(runtime.networks.devices.size).toBe(0);
  });

  it.each([
    ['macvlan', { parent: 'eth9' }, 'invalid subinterface vlan name eth9, example formatting is eth0.10'],
    ['macvlan', { parent: 'eth9.3' }, 'failed to find master interface eth9 on the Docker host: Link not found'],
    ['ipvlan', { parent: 'eth0.5000' }, 'vlan id must be between 1-4094, received: 5000'],
    ['macvlan', { parent: 'lo' }, 'loopback interface is not a valid macvlan parent link'],
    ['macvlan', { macvlan_mode: 'x' }, "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default"],
    ['ipvlan', { ipvlan_mode: 'x' }, "requested ipvlan mode 'x' is not valid, 'l2' mode is the ipvlan driver default"],
    ['bridge', { 'com.docker.network.bridge.gateway_mode_ipv4': 'x' }, 'unknown gateway mode x'],
    ['bridge', { 'com.docker.network.bridge.name': 'much-too-long-for-it' }, 'invalid bridge name "much-too-long-for-it"'],
    ['weave', {}, 'could not find plugin weave in v1 plugin registry: plugin not found'],
  ])('is refused: %s with %o', async (Driver, Options, message) => {
    const { networks } = setUp();
    await expect(createNetwork(networks, { Name: 'x', Driver, Options: Options as Record<string, string> })).rejects.toThrow(message);
    expect(networks.find('x')).toBeUndefined();
  });

  it('takes what another network only keeps', async () => {
    const { networks, runtime } = setUp();
    const IPAM = { Config: [{ Subnet: '10.20.0.0/24' }] };
    const kept = await createNetwork(networks, { Name: 'kept', ConfigOnly: true, IPAM });
    expect(inspectNetwork(kept, false)).toMatchObject({ ConfigOnly: true, Driver: 'null' });
    expect(runtime.networks.devices.size).toBe(0);
    const taken = await createNetwork(networks, { Name: 'taken', ConfigFrom: { Network: 'kept' } });
    expect(inspectNetwork(taken, false)).toMatchObject({
      ConfigFrom: { Network: 'kept' },
      IPAM: { Config: [{ Subnet: '10.20.0.0/24', Gateway: '10.20.0.1' }] },
    });
    await expect(createNetwork(networks, { Name: 'y', ConfigFrom: { Network: 'nosuch' } })).rejects.toThrow('nosuch');
  });

  it('comes from the pools that the daemon was given, until they are used up', async () => {
    const { networks } = setUp();
    networks.ports.pools = [['10.30.0.0/23', 24]];
    networks.ports.hostSubnets = ['10.30.0.0/26'];
    expect(inspectNetwork(await createNetwork(networks, { Name: 'one' }), false).IPAM.Config).toEqual([
      { Subnet: '10.30.1.0/24', Gateway: '10.30.1.1' },
    ]);
    await expect(createNetwork(networks, { Name: 'two' })).rejects.toThrow('all predefined address pools have been fully subnetted');
  });

  it('checks what a container asks of a network', async () => {
    const { networks } = setUp();
    const chosen = await createNetwork(networks, { Name: 'chosen', IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } });
    const given = await createNetwork(networks, { Name: 'given' });
    const ip = (IPv4Address: string) => ({ IPAMConfig: { IPv4Address } });
    expect(endpointProblem(networks.resolve('bridge'), 'bridge', ip('172.17.0.50'))).toBe(
      'invalid endpoint settings:\nuser specified IP address is supported on user defined networks only',
    );
    expect(endpointProblem(chosen, 'chosen', ip('10.9.0.5'))).toBeUndefined();
    expect(endpointProblem(chosen, 'chosen', ip('10.8.0.5'))).toContain('no configured subnet or ip-range contain the IP address 10.8.0.5');
    expect(endpointProblem(given, 'given', ip('172.18.0.9'))).toContain('only when connecting to networks with user configured subnets');
    expect(endpointProblem(given, 'given', { MacAddress: 'nonsense' })).toBe('invalid MAC address nonsense');
    expect(endpointProblem(undefined, 'bridge', { Aliases: ['x'] })).toContain('network-scoped alias is supported only');
  });

  it('gives no name and no subnet twice, however many ask at once', async () => {
    const { networks, runtime } = setUp();
    const createDevice = runtime.createDevice.bind(runtime);
    runtime.createDevice = async (device) => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      await createDevice(device);
    };
    const outcomes = await Promise.allSettled(['a', 'a', 'b'].map((Name) => createNetwork(networks, { Name })));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(new Set(networks.all().map((network) => network.subnet?.address)).size).toBe(4);
  });

  it('gives no device to two networks', async () => {
    const { networks, runtime } = setUp();
    const Options = { 'com.docker.network.bridge.name': 'br0' };
    const first = await createNetwork(networks, { Name: 'first', Options });
    await expect(createNetwork(networks, { Name: 'second', Options })).rejects.toThrow(
      `(br0): conflicts with network ${first.id} (br0): networks have same bridge name`,
    );
    await removeNetwork(networks, first);
    expect(runtime.networks.devices.has('br0')).toBe(false);
    await expect(removeNetwork(networks, first)).rejects.toThrow('network first not found');
  });

  it('prunes what nobody uses', async () => {
    const { networks } = setUp();
    const used = await createNetwork(networks, { Name: 'used' });
    await createNetwork(networks, { Name: 'idle' });
    networks.connect(used, container('a'), {});
    expect(await pruneNetworks(networks, new Filters())).toEqual(['idle']);
    expect(networks.all().map((network) => network.name)).toEqual(['bridge', 'host', 'none', 'used']);
  });
});

describe('files of a container', () => {
  it('writes hosts', () => {
    expect(hostsFile([{ address: '172.17.0.2', names: ownNames('web', 'example.org') }])).toBe(
      '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n172.17.0.2\tweb.example.org web\n',
    );
  });

  it('writes resolv.conf', () => {
    const none = { servers: [], search: [], options: [] };
    expect(resolvConf('nameserver 10.0.2.3\nsearch lan\n', none, 'legacy')).toBe(
      "# Generated by Docker Engine.\n# This file can be edited; Docker Engine will not make further changes once it\n# has been modified.\n\nnameserver 10.0.2.3\nsearch lan\n\n# Based on host file: '/etc/resolv.conf' (legacy)\n# Overrides: []\n",
    );
    expect(resolvConf('nameserver 127.0.0.1\n', none, 'legacy')).toContain('nameserver 8.8.8.8\nnameserver 8.8.4.4\n');
    expect(resolvConf('', { servers: ['1.1.1.1'], search: ['a.b'], options: ['ndots:2'] }, 'legacy')).toContain(
      'nameserver 1.1.1.1\nsearch a.b\noptions ndots:2\n',
    );
    expect(resolvConf('', { servers: ['1.1.1.1'], search: ['a.b'], options: ['ndots:2'] }, 'legacy')).toContain(
      '# Overrides: [nameservers search options]\n# Option ndots from: override\n',
    );
  });
});
