import { describe, expect, it } from 'vitest';
import { cleanPath } from '../go-path.ts';
import { mountProblem, parseBind, parseVolumesFrom, tmpfsOptions } from './mount-parser.ts';

/** Rows of moby's linux_parser_test.go, v28.2.2. */
const valid = [
  '/home',
  '/home:/home',
  '/home:/something/else',
  '/with space',
  '/home:/with space',
  'relative:/absolute-path',
  'hostPath:/containerPath:ro',
  '/hostPath:/containerPath:rw',
  '/rw:/ro',
  '/hostPath:/containerPath:shared',
  '/hostPath:/containerPath:ro,z,shared',
  '/hostPath:/containerPath:Z,ro,slave',
  '/hostPath:/containerPath:slave,ro,Z',
  '/hostPath:/containerPath:ro,Z,rprivate',
];

const invalid: [raw: string, message: string][] = [
  ['', 'invalid volume specification'],
  ['../', 'mount path must be absolute'],
  ['./', 'mount path must be absolute'],
  ['/:../', 'mount path must be absolute'],
  ['/:path', 'mount path must be absolute'],
  ['/path:/path:ro,rshared,rslave', 'invalid mode'],
  ['/path:/path:ro,z,rshared,rslave', 'invalid mode'],
  ['/path:/path:rwz', 'invalid mode'],
  ['/path:/path:sw', 'invalid mode'],
  ['/path:private', 'invalid volume specification'],
  ['/path:ro', 'invalid volume specification'],
  ['/rw:rw', 'invalid volume specification'],
  ['/tmp:', 'invalid volume specification'],
  ['/tmp:::', 'invalid volume specification'],
  [':', 'invalid volume specification'],
  [':/test', 'invalid volume specification'],
  [':/tmp::', 'invalid volume specification'],
  ['name:/absolute-path:private', 'invalid volume specification'],
  ['name:/absolute-path:rslave', 'invalid volume specification'],
  ['path:ro', 'invalid volume specification'],
  ['/a:/', "destination can't be '/'"],
];

describe('-v', () => {
  it.each(valid)('%s', (raw) => void parseBind(raw));
  it.each(invalid)('%s', (raw, message) => expect(() => parseBind(raw)).toThrow(message));

  it('tells bind mounts from volumes', () => {
    expect(parseBind('/tmp:/host:ro')).toMatchObject({
      type: 'bind',
      source: '/tmp',
      destination: '/host',
      mode: 'ro',
      writable: false,
      propagation: 'rprivate',
      sourceMustExist: false,
    });
    expect(parseBind('/tmp:/host:rw,rshared')).toMatchObject({ mode: 'rw,rshared', writable: true, propagation: 'rshared' });
    expect(parseBind('data:/data/../d', 'local')).toMatchObject({
      type: 'volume',
      name: 'data',
      source: '',
      destination: '/d',
      driver: 'local',
      propagation: '',
    });
    expect(parseBind('data:/data:nocopy').spec.VolumeOptions).toEqual({ NoCopy: true });
  });
});

describe('--mount', () => {
  const cases: [Parameters<typeof mountProblem>[0], string | undefined][] = [
    [{ Type: 'bind', Source: '/a', Target: '/b' }, undefined],
    [{ Type: 'bind', Target: '/b' }, 'invalid mount config for type "bind": field Source must not be empty'],
    [{ Type: 'volume' }, 'invalid mount config for type "volume": field Target must not be empty'],
    [
      { Type: 'volume', Target: '/b', ReadOnly: true },
      'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
    ],
    [
      { Type: 'volume', Source: 'v', Target: '/b', BindOptions: {} },
      'invalid mount config for type "volume": field BindOptions must not be specified',
    ],
    [
      { Type: 'volume', Source: 'v', Target: '/b', VolumeOptions: { Subpath: '../x' } },
      'invalid mount config for type "volume": subpath must be a relative path within the volume',
    ],
    [{ Type: 'tmpfs', Source: 'x', Target: '/b' }, 'invalid mount config for type "tmpfs": field Source must not be specified'],
    [{ Type: 'tmpfs', Target: '/b', TmpfsOptions: { Options: [['suid']] } }, 'invalid mount config for type "tmpfs": invalid option: suid'],
    [{ Type: 'nope' as never, Target: '/b' }, 'invalid mount config for type "nope": mount type unknown'],
    [
      { Type: 'bind', Source: 'a', Target: '/b' },
      `invalid mount config for type "bind": invalid mount path: 'a' mount path must be absolute`,
    ],
    [
      { Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'odd' } },
      'invalid mount config for type "bind": invalid propagation mode: odd',
    ],
  ];
  it.each(cases)('%j', (spec, problem) => expect(mountProblem(spec)).toBe(problem));

  it('writes options of tmpfs', () => {
    expect(
      tmpfsOptions({
        Type: 'tmpfs',
        Target: '/t',
        ReadOnly: true,
        TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o1770, Options: [['noexec']] },
      }),
    ).toEqual(['ro', 'mode=1770', 'size=1m', 'noexec']);
    expect(tmpfsOptions({ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1000 } })).toEqual(['size=1000']);
  });
});

it('cleans paths as Go does', () => {
  for (const [from, to] of [
    ['/a/b/../c', '/a/c'],
    ['/..', '/'],
    ['', '.'],
    ['a//b/./c/..', 'a/b'],
    ['../../x', '../../x'],
    ['/', '/'],
  ] as const)
    expect(cleanPath(from)).toBe(to);
});

it('reads --volumes-from', () => {
  expect(parseVolumesFrom('web:ro')).toEqual({ container: 'web', readOnly: true });
  expect(parseVolumesFrom('web')).toEqual({ container: 'web', readOnly: false });
  for (const wrong of ['web:shared', 'web:nocopy', 'web:odd']) expect(() => parseVolumesFrom(wrong)).toThrow('invalid mode');
});
