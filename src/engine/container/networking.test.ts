/** Containers on networks: published ports, names, joining and leaving while running, links. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { NetworkInspect } from '../api/types/network.ts';
import { EngineError } from '../errors.ts';
import { TestDocker, type CreateOptions } from '../testing/test-docker.ts';

let docker: TestDocker;
beforeEach(async () => {
  docker = await TestDocker.start();
});

const sleeper = ['sleep', '100000'];
const network = (Name: string, more: object = {}): Promise<unknown> =>
  docker.pass(docker.client.post('/networks/create', { json: { Name, ...more } }));
const connect = (name: string, Container: string, EndpointConfig: object = {}): Promise<unknown> =>
  docker.pass(docker.client.post(`/networks/${name}/connect`, { json: { Container, EndpointConfig } }));
const disconnect = (name: string, Container: string, Force = false): Promise<unknown> =>
  docker.pass(docker.client.post(`/networks/${name}/disconnect`, { json: { Container, Force } }));
const remove = (name: string): Promise<unknown> => docker.pass(docker.client.delete(`/containers/${name}`, { query: { force: true } }));
const run = (name: string, options: CreateOptions = {}): Promise<string> => docker.runDetached(sleeper, { name, ...options });
const on = (NetworkMode: string): CreateOptions => ({ HostConfig: { NetworkMode, Dns: ['10.0.2.3'] } });
const published = async (name: string): Promise<unknown> => (await docker.inspect(name)).NetworkSettings.Ports;
const file = (id: string, name: string): string => new TextDecoder().decode(docker.node.storage.read(`containers/${id}/${name}`));
const lookUp = (id: string, name: string): unknown => docker.runtime.networks.lookUp(id, name);
const routed = (id: string): string[] =>
  docker.runtime.networks
    .of(id)
    .map(({ interfaceName, ipv4, gateway }) => `${interfaceName} ${ipv4}${gateway ? ` by ${JSON.stringify(gateway)}` : ''}`);

describe('published ports', () => {
  const bind = (ports: Record<string, string[]>, more: object = {}): CreateOptions => ({
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([key, list]) => [
          key,
          list.map((text) => {
            const at = text.lastIndexOf(':');
            return { HostIp: at < 0 ? '' : text.slice(0, at), HostPort: text.slice(at + 1) };
          }),
        ]),
      ),
      ...more,
    },
  });

  it('are listened to at every address, and lead to the container', async () => {
    const id = await run('web', bind({ '80/tcp': ['8080'] }));
    expect(await published('web')).toEqual({
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '8080' },
        { HostIp: '::', HostPort: '8080' },
      ],
    });
    const common = { protocol: 'tcp', hostPort: 8080, address: '172.17.0.2', port: 80 };
    const endpoint = (await docker.inspect(id)).NetworkSettings.Networks['bridge']?.EndpointID;
    expect([...docker.runtime.networks.publications.values()]).toEqual([
      {
        id: endpoint,
        bridge: 'docker0',
        ports: [
          { ...common, hostAddress: '0.0.0.0' },
          { ...common, hostAddress: '::' },
        ],
      },
    ]);
    expect((await docker.list())[0]?.Ports).toEqual([
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
    ]);
  });

  it('that another container has are refused, and nothing stays', async () => {
    await run('first', bind({ '80/tcp': ['8080'] }));
    const id = await docker.create(sleeper, { name: 'second', ...bind({ '443/tcp': ['8443'], '80/tcp': ['8080'] }) });
    await expect(docker.start('second')).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(
        /^failed to set up container networking: driver failed programming external connectivity on endpoint second \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
      ) as string,
    });
    expect((await docker.inspect(id)).NetworkSettings.IPAddress).toBe('');
    await remove('first');
    await docker.start('second');
    expect(Object.keys((await published('second')) as object)).toEqual(['80/tcp', '443/tcp']);
  });

  it('that a process of the node has are refused with its error', async () => {
    docker.runtime.networks.occupied.add(8080);
    await docker.create(sleeper, { name: 'web', ...bind({ '80/tcp': ['8080'] }) });
    await expect(docker.start('web')).rejects.toThrow(
      /failed to bind host port for 0\.0\.0\.0:8080:172\.17\.0\.2:80\/tcp: address already in use$/,
    );
    docker.runtime.networks.occupied.clear();
    await docker.start('web');
  });

  it('of a range are the first free ones, past those of the node', async () => {
    docker.runtime.networks.occupied.add(8081);
    const names = ['a1', 'a2', 'a3'];
    for (const name of names.slice(0, 2)) await run(name, bind({ '80/tcp': ['127.0.0.1:8080-8082'] }));
    expect(await published('a1')).toEqual({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] });
    expect(await published('a2')).toEqual({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8082' }] });
    await docker.create(sleeper, { name: 'a3', ...bind({ '80/tcp': ['127.0.0.1:8080-8082'] }) });
    await expect(docker.start('a3')).rejects.toThrow('all ports are allocated');
  });

  it('are the next free ones where nobody chose, and all exposed ones with -P', async () => {
    await run('any', { ExposedPorts: { '81/tcp': {}, '53/udp': {} }, ...bind({ '80/tcp': [''] }, { PublishAllPorts: true }) });
    expect(await published('any')).toEqual({
      '53/udp': [{ HostIp: '0.0.0.0', HostPort: '32768' }],
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '32768' },
        { HostIp: '::', HostPort: '32768' },
      ],
      '81/tcp': [
        { HostIp: '0.0.0.0', HostPort: '32769' },
        { HostIp: '::', HostPort: '32769' },
      ],
    });
  });

  it('are free again when the container ends, and its own when it goes on', async () => {
    await run('web', bind({ '80/tcp': ['8080'] }));
    await docker.resumeEngine();
    await docker.create(sleeper, { name: 'other', ...bind({ '80/tcp': ['8080'] }) });
    await expect(docker.start('other')).rejects.toThrow('port is already allocated');
    await docker.pass(docker.client.post('/containers/web/stop', { query: { t: 0 } }));
    expect(docker.runtime.networks.publications.size).toBe(0);
    expect(await published('web')).toEqual({});
    await docker.start('other');
  });

  it('are not had on a network that leads nowhere', async () => {
    await network('inside', { Internal: true });
    await run('web', { ...bind({ '80/tcp': ['8080'] }, { NetworkMode: 'inside' }) });
    expect(await published('web')).toEqual({ '80/tcp': null });
  });
});

describe('names', () => {
  it('are those of the network: name, alias, id, with the network after a dot', async () => {
    await network('front');
    const asking = await run('asking', on('front'));
    const other = await run('other', { ...on('front'), NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['db'] } as never } } });
    const found = { kind: 'addresses', ipv4: ['172.18.0.3'] };
    for (const name of ['other', 'OTHER', 'db', other.slice(0, 12), 'other.front', 'db.front'])
      expect([name, lookUp(asking, name)]).toEqual([name, found]);
    expect(lookUp(asking, 'other.back')).toEqual({ kind: 'forward', servers: ['10.0.2.3'] });
    await docker.client.post('/containers/other/rename', { query: { name: 'renamed' } });
    expect(lookUp(asking, 'renamed')).toEqual(found);
    expect(lookUp(asking, 'db')).toEqual(found);
    await remove('renamed');
    expect(lookUp(asking, 'db')).toMatchObject({ kind: 'forward' });
  });

  it('that several have mean all of them', async () => {
    await network('front');
    const aliases = { ...on('front'), NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['web'] } as never } } };
    const asking = await run('asking', on('front'));
    for (const name of ['w1', 'w2', 'w3']) await run(name, aliases);
    const seen = new Set<string>();
    for (let turn = 0; turn < 40; turn++) {
      const answer = lookUp(asking, 'web') as { ipv4: string[] };
      expect([...answer.ipv4].sort()).toEqual(['172.18.0.3', '172.18.0.4', '172.18.0.5']);
      seen.add(answer.ipv4[0] ?? '');
    }
    expect(seen.size).toBe(3);
  });

  it('are not known across networks, nor on the default bridge', async () => {
    await network('front');
    await network('back', { Internal: true });
    const front = await run('f1', on('front'));
    const back = await run('b1', on('back'));
    const bridge = await run('d1');
    expect(lookUp(front, 'b1')).toMatchObject({ kind: 'forward' });
    // Whoever cannot reach anything outside asks nobody there.
    expect(lookUp(back, 'f1')).toEqual({ kind: 'failure' });
    expect(docker.runtime.networks.nameServers.has(bridge)).toBe(false);
  });

  it('are asked at 127.0.0.11, and elsewhere of whom --dns names', async () => {
    await network('front');
    const id = await run('asking', { HostConfig: { NetworkMode: 'front', Dns: ['1.1.1.1'], DnsSearch: ['a.b'] } });
    expect(file(id, 'resolv.conf').split('\n').slice(4)).toEqual([
      'nameserver 127.0.0.11',
      'search a.b',
      'options ndots:0',
      '',
      "# Based on host file: '/etc/resolv.conf' (internal resolver)",
      '# ExtServers: [1.1.1.1]',
      '# Overrides: [nameservers search]',
      '# Option ndots from: internal',
      '',
    ]);
    expect(lookUp(id, 'example.org')).toEqual({ kind: 'forward', servers: ['1.1.1.1'] });
  });

  it('of links are only their container’s', async () => {
    await network('front');
    await run('db', on('front'));
    const web = await run('web', { ...on('front'), NetworkingConfig: { EndpointsConfig: { front: { Links: ['db:database'] } as never } } });
    const other = await run('other', on('front'));
    expect(lookUp(web, 'database')).toEqual({ kind: 'addresses', ipv4: ['172.18.0.2'] });
    expect(lookUp(other, 'database')).toMatchObject({ kind: 'forward' });
  });
});

describe('a running container', () => {
  it('joins and leaves networks', async () => {
    await network('front');
    const other = await run('other', on('front'));
    const id = await run('c1');
    await connect('front', 'c1', { Aliases: ['box'] });
    expect(routed(id)).toEqual(
      ['eth0 172.17.0.3/16 by {"via":"172.17.0.1"}', 'eth1 172.18.0.3/16'].map((line) => line.replace('172.17.0.3', '172.17.0.2')),
    );
    expect(lookUp(other, 'box')).toEqual({ kind: 'addresses', ipv4: ['172.18.0.3'] });
    expect(lookUp(id, 'other')).toEqual({ kind: 'addresses', ipv4: ['172.18.0.2'] });
    expect(file(id, 'resolv.conf')).toContain('nameserver 127.0.0.11');
    expect(file(id, 'hosts').split('\n').slice(-3)).toEqual([`172.17.0.2\t${id.slice(0, 12)}`, `172.18.0.3\t${id.slice(0, 12)}`, '']);
    await disconnect('bridge', 'c1');
    expect(routed(id)).toEqual(['eth1 172.18.0.3/16 by {"via":"172.18.0.1"}']);
    expect(file(id, 'hosts')).not.toContain('172.17.0.2');
    await disconnect('front', 'c1');
    expect(routed(id)).toEqual([]);
    expect((await docker.inspect('c1')).NetworkSettings.Networks).toEqual({});
    await connect('bridge', 'c1');
    expect(routed(id)).toEqual(['eth0 172.17.0.2/16 by {"via":"172.17.0.1"}']);
    expect(docker.actions('network').slice(-5)).toEqual(['connect', 'connect', 'disconnect', 'disconnect', 'connect']);
  });

  it('takes its published ports along when another network leads outside', async () => {
    await network('front');
    const id = await run('web', { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } } });
    const address = (): string | undefined => [...docker.runtime.networks.publications.values()][0]?.ports[0]?.address;
    expect(address()).toBe('172.17.0.2');
    await connect('front', 'web', { GwPriority: 1 });
    expect(routed(id)).toEqual(['eth0 172.17.0.2/16', 'eth1 172.18.0.2/16 by {"via":"172.18.0.1"}']);
    expect(address()).toBe('172.18.0.2');
    await disconnect('front', 'web');
    expect(address()).toBe('172.17.0.2');
    expect(docker.runtime.networks.publications.size).toBe(1);
  });

  it('goes on after the engine was away', async () => {
    await network('front');
    const id = await run('c1', on('front'));
    await run('c2', on('front'));
    await docker.resumeEngine();
    expect(lookUp(id, 'c2')).toEqual({ kind: 'addresses', ipv4: ['172.18.0.3'] });
    await connect('bridge', 'c1');
    await disconnect('front', 'c1');
    expect(routed(id)).toEqual(['eth1 172.17.0.2/16 by {"via":"172.17.0.1"}']);
  });

  it('is refused what Docker refuses', async () => {
    await network('front');
    await run('c1', on('front'));
    await run('alone', on('none'));
    await run('onhost', on('host'));
    await expect(connect('front', 'c1')).rejects.toMatchObject({
      status: 403,
      message: 'endpoint with name c1 already exists in network front',
    });
    await expect(connect('host', 'c1')).rejects.toThrow('cannot connect container to host network');
    await expect(connect('front', 'alone')).rejects.toThrow(
      'cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
    await expect(disconnect('host', 'onhost')).rejects.toThrow(
      'container cannot be disconnected from host network or connected to host network',
    );
    await expect(disconnect('bridge', 'c1')).rejects.toThrow(/^container [0-9a-f]{64} is not connected to network bridge$/);
    await expect(disconnect('front', 'nosuch')).rejects.toMatchObject({ status: 404 });
    await expect(connect('front', 'c1', { IPAMConfig: { IPv4Address: '10.0.0.1' } })).rejects.toThrow(
      'only when connecting to networks with user configured subnets',
    );
  });

  it('stays as it was when an interface cannot be made', async () => {
    await network('front');
    const id = await run('c1');
    docker.runtime.networks.connect = () => {
      throw new EngineError('unknown', 'no');
    };
    await expect(connect('front', 'c1')).rejects.toMatchObject({ status: 500 });
    expect(Object.keys((await docker.inspect(id)).NetworkSettings.Networks)).toEqual(['bridge']);
    expect(Object.keys((await docker.client.get<NetworkInspect>('/networks/front')).Containers)).toEqual([]);
  });
});

describe('links on the default bridge', () => {
  const linked: CreateOptions = { HostConfig: { Links: ['db:database'] } };

  it('tell where the other is, and what it has', async () => {
    const db = await run('db', { Env: ['PASSWORD=x=y', 'HOME=/'], ExposedPorts: { '5432/tcp': {} } });
    const id = await run('web', linked);
    expect((await docker.inspect('web')).HostConfig.Links).toEqual(['/db:/web/database']);
    expect(file(id, 'hosts')).toContain(`172.17.0.2\tdatabase ${db.slice(0, 12)} db\n`);
    const environment = docker.runtime.launches.at(-1)?.config.process.env ?? [];
    expect(environment.filter((pair) => pair.startsWith('DATABASE_'))).toEqual([
      'DATABASE_PORT=tcp://172.17.0.2:5432',
      'DATABASE_PORT_5432_TCP=tcp://172.17.0.2:5432',
      'DATABASE_PORT_5432_TCP_ADDR=172.17.0.2',
      'DATABASE_PORT_5432_TCP_PORT=5432',
      'DATABASE_PORT_5432_TCP_PROTO=tcp',
      'DATABASE_NAME=/web/database',
      'DATABASE_ENV_PASSWORD=x=y',
    ]);
    expect((await docker.list()).map(({ Names }) => Names)).toEqual([['/web'], ['/db', '/web/database']]);
  });

  it('follow the other to its next address', async () => {
    await run('db');
    const id = await run('web', linked);
    await docker.pass(docker.client.post('/containers/db/stop', { query: { t: 0 } }));
    await run('between');
    await docker.start('db');
    expect(file(id, 'hosts')).toContain('172.17.0.4\tdatabase');
  });

  it('are refused where there is nothing to link to', async () => {
    await expect(docker.create(sleeper, { name: 'web', ...linked })).rejects.toThrow(
      'could not get container for db: No such container: db',
    );
    await docker.create(sleeper, { name: 'db' });
    await docker.create(sleeper, { name: 'web', ...linked });
    await expect(docker.start('web')).rejects.toThrow('Cannot link to a non running container: /db AS /web/database');
    await docker.client.delete('/containers/web/database', { query: { link: true } });
    await docker.start('web');
    await expect(docker.client.delete('/containers/web', { query: { link: true } })).rejects.toThrow(
      'Conflict, cannot remove the default link name of the container',
    );
  });
});
