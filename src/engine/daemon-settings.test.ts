import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultDaemonConfig } from './daemon-config.ts';
import { configOf } from './daemon-config-values.ts';
import { DaemonConfigError, readSettings } from './daemon-settings.ts';

const read = (file: string | undefined, ...args: string[]) => configOf(readSettings(file, args));
const withFile = 'unable to configure the Docker daemon with file /etc/docker/daemon.json: ';
const merged = `${withFile}merged configuration validation from file and command line flags failed: `;

describe('what dockerd is told', () => {
  it('is nothing: Docker’s defaults', () => {
    for (const file of [undefined, '', '{}', 'null']) expect(read(file)).toEqual(defaultDaemonConfig);
    expect(read(undefined, '-H', 'unix:///var/run/docker.sock')).toEqual(defaultDaemonConfig);
  });

  it('is in the file', () => {
    const file = {
      'storage-driver': 'overlay2',
      'log-driver': 'local',
      'log-opts': { 'max-size': '1m' },
      'default-address-pools': [{ base: '10.0.0.0/8', size: 24 }],
      bip: '10.9.0.1/24',
      icc: false,
      'insecure-registries': ['reg:5000'],
      labels: ['a=b', 'c='],
      debug: true,
      'live-restore': true,
      'default-ulimits': { nofile: { Name: 'nofile', Hard: 64, Soft: 32 } },
      'default-shm-size': '32M',
      dns: ['1.1.1.1'],
    };
    expect(read(JSON.stringify(file))).toEqual({
      ...defaultDaemonConfig,
      logDriver: 'local',
      logOptions: { 'max-size': '1m' },
      addressPools: [['10.0.0.0/8', 24]],
      bridgeAddress: '10.9.0.1/24',
      interContainer: false,
      insecureRegistries: ['reg:5000'],
      labels: ['a=b', 'c='],
      debug: true,
      liveRestore: true,
      defaultUlimits: [{ Name: 'nofile', Hard: 64, Soft: 32 }],
      defaultShmBytes: 32 << 20,
      dns: ['1.1.1.1'],
    });
  });

  it('is in flags', () => {
    const flags = ['-D', '--label', 'a=b', '--label=c=d', '--log-opt', 'max-size=2k', '--default-address-pool', 'base=10.1.0.0/16,size=24'];
    expect(read('{"live-restore": true}', ...flags, '--default-ulimit', 'nofile=32:64', '--icc=false')).toEqual({
      ...defaultDaemonConfig,
      debug: true,
      labels: ['a=b', 'c=d'],
      logOptions: { 'max-size': '2k' },
      addressPools: [['10.1.0.0/16', 24]],
      defaultUlimits: [{ Name: 'nofile', Soft: 32, Hard: 64 }],
      interContainer: false,
      liveRestore: true,
    });
  });

  it.each([
    ['{"foo": 1, "bar": 2}', [], `${withFile}the following directives don't match any configuration option: bar, foo`],
    ['{', [], `${withFile}unexpected end of JSON input`],
    ['{"debug": true,}', [], `${withFile}invalid character '}' looking for beginning of object key string`],
    ['{"debug": "yes"}', [], `${withFile}json: cannot unmarshal string into Go struct field Config.debug of type bool`],
    ['[]', [], `${withFile}json: cannot unmarshal array into Go value of type map[string]interface {}`],
    [
      '{"storage-driver": "overlay2", "labels": ["a=b"]}',
      ['--storage-driver', 'vfs', '--label', 'c=d'],
      `${withFile}the following directives are specified both as a flag and in the configuration file: labels: (from flag: [c=d], from file: [a=b]), storage-driver: (from flag: vfs, from file: overlay2)`,
    ],
    ['{"labels": ["a"]}', [], `${merged}bad attribute format: a`],
    ['{"dns": ["1.2.3"]}', [], `${merged}IP address is not correctly formatted: 1.2.3`],
    ['{"log-level": "loud"}', [], `${merged}invalid logging level: loud`],
    ['{"log-driver": "syslog"}', [], "failed to start daemon: failed to set log opts: logger: no log driver named 'syslog' is registered"],
    ['{"log-opts": {"x": "1"}}', [], "failed to start daemon: failed to set log opts: unknown log opt 'x' for json-file log driver"],
    [
      '{"storage-driver": "devicemapper"}',
      [],
      'failed to start daemon: error initializing graphdriver: [graphdriver] ERROR: the devicemapper storage-driver has been deprecated and removed; visit https://docs.docker.com/go/storage-driver/ for more information',
    ],
    [
      '{"storage-driver": "btrfs"}',
      [],
      'failed to start daemon: error initializing graphdriver: prerequisites for driver not satisfied (wrong filesystem?)',
    ],
    ['{"storage-driver": "no"}', [], 'failed to start daemon: error initializing graphdriver: driver not supported'],
    [undefined, ['--nosuch'], "unknown flag: --nosuch\nSee 'dockerd --help'."],
    [undefined, ['-x'], "unknown shorthand flag: 'x' in -x\nSee 'dockerd --help'."],
    [undefined, ['--label'], "flag needs an argument: --label\nSee 'dockerd --help'."],
    [
      undefined,
      ['--debug=2'],
      `invalid argument "2" for "--debug" flag: strconv.ParseBool: parsing "2": invalid syntax\nSee 'dockerd --help'.`,
    ],
    [
      '{"data-root": "/mnt"}',
      [],
      'failed to start daemon: data-root /mnt: the engine of this machine keeps its data in /var/lib/docker only',
    ],
  ])('%s %j is refused', (file, args, message) => {
    expect(() => read(file, ...args)).toThrow(new DaemonConfigError(message));
  });

  it('is refused in words, whatever it is', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    const names = fc.constantFrom(
      'labels',
      'log-opts',
      'bip',
      'default-ulimits',
      'default-address-pools',
      'dns',
      'hosts',
      'runtimes',
      'ip',
      '__proto__',
    );
    const file = fc.oneof(
      fc.string(),
      fc.dictionary(names, value).map((entries) => JSON.stringify(entries)),
    );
    fc.assert(
      fc.property(file, fc.array(fc.constantFrom('-D', '--label', 'a=b', '--bip=x', '-l', '--dns', '--icc=0', '-')), (text, args) => {
        try {
          read(text, ...args);
        } catch (error) {
          if (!(error instanceof DaemonConfigError)) throw error;
        }
      }),
      { seed: 11, numRuns: 400 },
    );
  });
});
