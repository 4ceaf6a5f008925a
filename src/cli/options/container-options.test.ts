/**
 * Rows from docker/cli 28.2.2's own tests (opts/*_test.go, cli/command/container/opts_test.go,
 * cli/compose/loader/volume_test.go; Apache-2.0) and from docker/go-connections' nat tests.
 */
import { describe, expect, test } from 'vitest';
import { FileError, type CliFiles } from '#cli/environment.ts';
import { parseBindSpec } from './bind-spec.ts';
import {
  validateAttach,
  validateDnsSearch,
  validateEnvironmentVariable,
  validateExtraHost,
  validateLabel,
  validateLink,
  validateSysctl,
} from './container-values.ts';
import { parseDevice, isQualifiedDeviceName, validateDeviceCgroupRule } from './device.ts';
import { joinHostPort, parseIpAddress, validateIpAddress } from './ip-address.ts';
import { readKeyValues } from './key-value-file.ts';
import { isMacAddress } from './mac-address.ts';
import { parseExposedPorts, parsePublishedPorts } from './published-port.ts';
import { parseRestartPolicy } from './restart-policy.ts';

describe('addresses', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    [' 127.0.0.1 ', '127.0.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::68', '2001:db8::68'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::1.2.3.4', '::102:304'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ])('%s is %s', (text, canonical) => {
    expect(validateIpAddress(text)).toBe(canonical);
  });

  test.each([
    '[::1]',
    '127',
    'random invalid string',
    '01.2.3.4',
    '1.2.3.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '12345::',
    '1.2.3.4::',
    '',
  ])('%j is none', (text) => {
    expect(() => validateIpAddress(text)).toThrow(`IP address is not correctly formatted: ${text}`);
  });

  test('knows loopback', () => {
    expect(['127.0.0.11', '::1', '8.8.8.8', '::2'].map((text) => parseIpAddress(text)?.loopback)).toEqual([true, true, false, false]);
  });

  test('brackets IPv6 before a port', () => {
    expect([joinHostPort('::', '80'), joinHostPort('0.0.0.0', '80')]).toEqual(['[::]:80', '0.0.0.0:80']);
  });

  test.each([
    ['92:d0:c6:0a:29:33', true],
    ['92-D0-C6-0a-29-33', true],
    ['92d0.c60a.2933', true],
    ['02:00:5e:10:00:00:00:01', true],
    ['92:d0:c6:0a:29', false],
    ['92:d0:c6:0a:29:33:', false],
    ['92:d0-c6:0a:29:33', false],
    ['g2:d0:c6:0a:29:33', false],
    ['', false],
  ])('hardware address %s: %s', (text, valid) => {
    expect(isMacAddress(text)).toBe(valid);
  });
});

describe('ports', () => {
  test.each<[string, Record<string, { HostIp: string; HostPort: string }[]>]>([
    ['80', { '80/tcp': [{ HostIp: '', HostPort: '' }] }],
    ['8080:80/UDP', { '80/udp': [{ HostIp: '', HostPort: '8080' }] }],
    ['127.0.0.1::80', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }],
    ['[::1]:8080:80', { '80/tcp': [{ HostIp: '::1', HostPort: '8080' }] }],
    ['::1:8080:80/sctp', { '80/sctp': [{ HostIp: '::1', HostPort: '8080' }] }],
    ['8000-8010:80', { '80/tcp': [{ HostIp: '', HostPort: '8000-8010' }] }],
    ['8000-8001:80-81', { '80/tcp': [{ HostIp: '', HostPort: '8000' }], '81/tcp': [{ HostIp: '', HostPort: '8001' }] }],
    ['published=1500,target=200,protocol=udp', { '200/udp': [{ HostIp: '', HostPort: '1500' }] }],
    ['target=80,published=4444', { '80/tcp': [{ HostIp: '', HostPort: '4444' }] }],
  ])('-p %s', (spec, bindings) => {
    expect(parsePublishedPorts([spec]).bindings).toEqual(bindings);
  });

  test('one port may be published several times', () => {
    expect(parsePublishedPorts(['80:80', '81:80'])).toEqual({
      exposed: { '80/tcp': {} },
      bindings: {
        '80/tcp': [
          { HostIp: '', HostPort: '80' },
          { HostIp: '', HostPort: '81' },
        ],
      },
    });
  });

  test.each([
    ['localhost:80:80', 'invalid IP address: localhost'],
    ['8080:', 'no port specified: 8080:<empty>'],
    ['8080:x', 'invalid containerPort: x'],
    ['x:80', 'invalid hostPort: x'],
    ['80:70000', 'invalid containerPort: 70000'],
    ['8000-8002:80-81', 'invalid ranges specified for container and host Ports: 80-81 and 8000-8002'],
    ['80/ncp', 'invalid proto: ncp'],
    ['published=1500,', "invalid publish opts format (should be name=value but got '')"],
    ['p', 'invalid containerPort: p'],
  ])('-p %s is refused', (spec, message) => {
    expect(() => parsePublishedPorts([spec])).toThrow(message);
  });

  test.each([
    ['8080/tcp', ['8080/tcp']],
    ['8080/ncp', ['8080/ncp']],
    ['8080-8080/udp', ['8080/udp']],
    ['8080-8082/tcp', ['8080/tcp', '8081/tcp', '8082/tcp']],
  ])('--expose %s', (spec, ports) => {
    expect(parseExposedPorts(spec)).toEqual(ports);
  });

  test.each([
    [':', 'invalid port format for --expose: :'],
    ['8080:9090', 'invalid port format for --expose: 8080:9090'],
    ['/tcp', 'invalid range format for --expose: /tcp, error: empty string specified for ports'],
    ['NaN/tcp', 'invalid range format for --expose: NaN/tcp, error: strconv.ParseUint: parsing "NaN": invalid syntax'],
    ['8080-NaN/tcp', 'invalid range format for --expose: 8080-NaN/tcp, error: strconv.ParseUint: parsing "NaN": invalid syntax'],
    [
      '1234567890-8080/tcp',
      'invalid range format for --expose: 1234567890-8080/tcp, error: strconv.ParseUint: parsing "1234567890": value out of range',
    ],
    ['82-80', 'invalid range format for --expose: 82-80, error: invalid range specified for port: 82-80'],
  ])('--expose %s is refused', (spec, message) => {
    expect(() => parseExposedPorts(spec)).toThrow(message);
  });
});

describe('--volume', () => {
  test.each([
    ['/a', '', '/a', 'volume'],
    ['name:/target', 'name', '/target', 'volume'],
    ['/source:/target:ro', '/source', '/target', 'bind'],
    ['./source:/target', './source', '/target', 'bind'],
    ['~/source:/target', '~/source', '/target', 'bind'],
    ['C:\\a:/b', 'C:\\a', '/b', 'bind'],
    ['\\\\.\\pipe\\x:/b', '\\\\.\\pipe\\x', '/b', 'bind'],
  ])('%s', (spec, source, target, type) => {
    expect(parseBindSpec(spec)).toEqual({ source, target, type });
  });

  test.each([
    ['', 'invalid empty volume spec'],
    ['/foo::/bar', 'invalid spec: /foo::/bar: empty section between colons'],
    ['/a:/b:', 'invalid spec: /a:/b:: empty section between colons'],
    ['/foo:/bar:rw:rw', 'invalid spec: /foo:/bar:rw:rw: too many colons'],
  ])('%j is refused', (spec, message) => {
    expect(() => parseBindSpec(spec)).toThrow(message);
  });
});

describe('--device', () => {
  test.each([
    ['/dev/snd', '/dev/snd', '/dev/snd', 'rwm'],
    ['/dev/snd:rw', '/dev/snd', '/dev/snd', 'rw'],
    ['/dev/snd:/something', '/dev/snd', '/something', 'rwm'],
    ['/dev/snd:/something:rw', '/dev/snd', '/something', 'rw'],
    ['/dev/../dev//snd/', '/dev/snd', '/dev/snd', 'rwm'],
    ['hostPath:/containerPath', 'hostPath', '/containerPath', 'rwm'],
    ['/with space:mr', '/with space', '/with space', 'mr'],
  ])('%s', (spec, PathOnHost, PathInContainer, CgroupPermissions) => {
    expect(parseDevice(spec)).toEqual({ PathOnHost, PathInContainer, CgroupPermissions });
  });

  test.each([
    ['', 'bad format for path: '],
    ['./', './ is not an absolute path'],
    ['../', '../ is not an absolute path'],
    [':/', 'bad format for path: :/'],
    ['/path:dev', 'dev is not an absolute path'],
    ['/a:/b:/c:/d', 'bad format for path: /a:/b:/c:/d'],
    ['/dev/snd:/b:ro', 'bad mode specified: ro'],
    ['/dev/snd:rrw', 'rrw is not an absolute path'],
  ])('%j is refused', (spec, message) => {
    expect(() => parseDevice(spec)).toThrow(message);
  });

  test('knows names that the daemon resolves', () => {
    expect(['vendor.com/class=name', 'vendor.com/class=0:1', '/dev/snd', 'vendor/class'].map(isQualifiedDeviceName)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('cgroup rules', () => {
    expect(validateDeviceCgroupRule('c 7:* rmw')).toBe('c 7:* rmw');
    expect(() => validateDeviceCgroupRule('a 7:6 aw')).toThrow("invalid device cgroup format 'a 7:6 aw'");
  });
});

describe('single values', () => {
  test('--attach', () => {
    expect(validateAttach('STDIN')).toBe('stdin');
    expect(() => validateAttach('ubuntu')).toThrow('valid streams are STDIN, STDOUT and STDERR');
  });

  test.each(['a', 'something=a', '_=a', 'HOME=', 'some space', '  some space before'])('--env %s', (value) => {
    expect(validateEnvironmentVariable(value)).toBe(value);
  });

  test.each(['=', '=a', ''])('--env %j is refused', (value) => {
    expect(() => validateEnvironmentVariable(value)).toThrow(`invalid environment variable: ${value}`);
  });

  test.each([
    ['', "invalid label '': empty name"],
    [' = ', "invalid label ' = ': empty name"],
    ['=label', "invalid label '=label': empty name"],
    ['this is a label=value', "label 'this is a label' contains whitespaces"],
  ])('--label %j is refused', (value, message) => {
    expect(() => validateLabel(value)).toThrow(message);
  });

  test('--label keeps what follows the name', () => {
    expect(validateLabel('    label=a value ')).toBe('    label=a value ');
  });

  test.each([
    ['myhost:192.168.0.1', 'myhost:192.168.0.1'],
    ['thathost=10.0.2.1', 'thathost:10.0.2.1'],
    ['anipv6host:2003:ab34:e::1', 'anipv6host:2003:ab34:e::1'],
    ['ipv6local=[::1]', 'ipv6local:::1'],
    ['host.docker.internal:host-gateway', 'host.docker.internal:host-gateway'],
  ])('--add-host %s', (value, sent) => {
    expect(validateExtraHost(value)).toBe(sent);
  });

  test.each([
    ['myhost=192.notanipaddress.1', 'invalid IP address in add-host: "192.notanipaddress.1"'],
    ['thathost-nosemicolon10.0.0.1', 'bad format for add-host: "thathost-nosemicolon10.0.0.1"'],
    [':::1', 'bad format for add-host: ":::1"'],
    ['my:host=1.2.3.4', 'bad format for add-host: "my:host=1.2.3.4"'],
    ['ipv6zone:fe80::1%lo', 'invalid IP address in add-host: "fe80::1%lo"'],
    ['empty:[]', 'invalid IP address in add-host: "[]"'],
  ])('--add-host %s is refused', (value, message) => {
    expect(() => validateExtraHost(value)).toThrow(message);
  });

  test.each(['.', 'a', '1.foo', 'foo.bar', 'foo1.bar2.baz', '1-foo.2-bar.baz'])('--dns-search %s', (value) => {
    expect(validateDnsSearch(value)).toBe(value);
    if (value !== '.') expect(validateDnsSearch(`${value}.`)).toBe(value);
  });

  test.each(['', '17', '.17', '17-.foo', '.foo', 'foo-.bar', '-foo.bar', 'foo.-bar', 'x'.repeat(260)])(
    '--dns-search %j is refused',
    (value) => {
      expect(() => validateDnsSearch(value)).toThrow(`${value} is not a valid domain`);
    },
  );

  test('--link', () => {
    expect(['name', 'dcdfbe62ecd0:alias'].map(validateLink)).toEqual(['name', 'dcdfbe62ecd0:alias']);
    expect(() => validateLink('')).toThrow('empty string specified for links');
    expect(() => validateLink('link:link:link')).toThrow('bad format for links: link:link:link');
  });

  test('--sysctl', () => {
    expect(['net.core.somaxconn=10', 'fs.mqueue.a=', 'kernel.sem=1'].map(validateSysctl)).toHaveLength(3);
    for (const value of ['kernel.acct=1', 'net.core', '=1', 'vm.swappiness=1'])
      expect(() => validateSysctl(value)).toThrow(`sysctl '${value}' is not allowed`);
  });

  test('--restart', () => {
    expect(parseRestartPolicy('on-failure:3')).toEqual({ Name: 'on-failure', MaximumRetryCount: 3 });
    expect(parseRestartPolicy('always')).toEqual({ Name: 'always', MaximumRetryCount: 0 });
    expect(parseRestartPolicy('')).toEqual({ Name: '', MaximumRetryCount: 0 });
    expect(parseRestartPolicy('always:')).toEqual({ Name: 'always', MaximumRetryCount: 0 });
    expect(() => parseRestartPolicy(':1')).toThrow('invalid restart policy format: no policy provided before colon');
    expect(() => parseRestartPolicy('always:2:3')).toThrow('invalid restart policy format: maximum retry count must be an integer');
    expect(() => parseRestartPolicy('on-failure:invalid')).toThrow('invalid restart policy format: maximum retry count must be an integer');
  });
});

describe('--env-file', () => {
  const files = (text: string | Uint8Array): CliFiles =>
    ({
      read: (path: string) =>
        path === 'f'
          ? Promise.resolve(typeof text === 'string' ? new TextEncoder().encode(text) : text)
          : Promise.reject(new FileError('ENOENT', 'none')),
    }) as unknown as CliFiles;
  const home = (key: string): string | undefined => (key === 'HOME' ? '/root' : undefined);

  test('lines, comments, values from the environment, then what the command line says', async () => {
    const text = '# comment\n\n  Z1=z\nEMPTY=\nHOME\nNONE\nSP=a b \r\nQ="x"';
    expect(await readKeyValues(files(text), ['f'], ['Z1=over'], home)).toEqual([
      'Z1=z',
      'EMPTY=',
      'HOME=/root',
      'SP=a b ',
      'Q="x"',
      'Z1=over',
    ]);
  });

  test('without a place to look up, bare keys are left out', async () => {
    expect(await readKeyValues(files('a=1\nb\n'), ['f'], [])).toEqual(['a=1']);
  });

  test('a byte order mark is skipped on the first line', async () => {
    expect(await readKeyValues(files('\ufeffa=1\n'), ['f'], [])).toEqual(['a=1']);
  });

  test.each([
    ['=1', "invalid env file (f): no variable name on line '=1'"],
    ['a b=1', "invalid env file (f): variable 'a b' contains whitespaces"],
    [Uint8Array.of(0x61, 0x3d, 0xff), 'invalid env file (f): invalid utf8 bytes at line 1: [97 61 255]'],
  ])('%j is refused', async (text, message) => {
    await expect(readKeyValues(files(text), ['f'], [])).rejects.toThrow(message);
  });

  test('a missing file', async () => {
    await expect(readKeyValues(files(''), ['gone'], [])).rejects.toThrow('open gone: no such file or directory');
  });
});
