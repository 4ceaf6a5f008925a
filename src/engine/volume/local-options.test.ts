import { describe, expect, it } from 'vitest';
import { checkLocalOptions, mountCalls, mountFailure, needsMount } from './local-options.ts';

describe('options of a local volume', () => {
  /** Rows of moby's volume/local/local_linux_test.go, v28.2.2. */
  it.each<[Record<string, string>, string | undefined]>([
    [{ hello: 'world' }, 'invalid option: "hello"'],
    [{ size: 'hello' }, "invalid size: 'hello'"],
    [{ size: '1234' }, 'quota size requested but no quota support'],
    [{ device: 'foo' }, 'missing required option: "type"'],
    [{ type: 'foo' }, 'missing required option: "device"'],
    [{ type: 'foo', o: 'foo' }, 'missing required option: "device"'],
    [{ device: 'foo', o: 'foo' }, 'missing required option: "type"'],
    [{ device: 'foo', type: 'foo' }, undefined],
    [{ device: 'foo', type: 'foo', o: 'foo' }, undefined],
    [{ type: 'cifs', device: '//some.example.com/thepath', o: 'foo' }, undefined],
    [{ type: 'cifs', device: '//some.example.com:2345/thepath', o: 'foo' }, "port not allowed in CIFS device URL, include 'port' in 'o='"],
    [{ type: 'cifs', device: ':::', o: 'foo' }, 'error parsing mount device url: parse ":::": missing protocol scheme'],
    [{ size: '0' }, undefined],
    [{}, undefined],
  ])('%j', (options, message) => {
    if (message === undefined) checkLocalOptions(options);
    else expect(() => checkLocalOptions(options)).toThrow(message);
  });

  it('only a device or a type has to be mounted', () => {
    expect(needsMount(null)).toBe(false);
    expect(needsMount({ size: '0' })).toBe(false);
    expect(needsMount({ type: 'tmpfs', device: 'tmpfs' })).toBe(true);
  });
});

describe('how it is mounted', () => {
  it.each<[Record<string, string>, unknown[]]>([
    [
      { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,noexec' },
      [{ op: 'mount', source: 'tmpfs', type: 'tmpfs', flags: 8, data: 'size=1m,uid=1000' }],
    ],
    [{ type: 'none', device: '/srv', o: 'bind' }, [{ op: 'mount', source: '/srv', type: 'none', flags: 0x1000, data: '' }]],
    [
      { type: 'none', device: '/srv', o: 'rbind,ro,rshared' },
      [
        { op: 'mount', source: '/srv', type: 'none', flags: 0x5001, data: '' },
        { op: 'remount', source: '', type: '', flags: 0x104000, data: '' },
        { op: 'remount-ro', source: '', type: '', flags: 0x5021, data: '' },
      ],
    ],
    [{ type: 'none', device: '/srv', o: 'ro,bind,rw' }, [{ op: 'mount', source: '/srv', type: 'none', flags: 0x1000, data: '' }]],
    [
      { type: 'nfs', device: ':/srv', o: 'addr=10.0.0.9,rw' },
      [{ op: 'mount', source: ':/srv', type: 'nfs', flags: 0, data: 'addr=10.0.0.9' }],
    ],
  ])('%j', (options, calls) => expect(mountCalls(options)).toEqual(calls));

  it('a file server has no name here', () => {
    const options = { type: 'nfs', device: ':/srv', o: 'addr=files.example.com,rw' };
    expect(() => mountCalls(options)).toThrow('error resolving passed in network volume address: lookup files.example.com: no such host');
    expect(() => mountCalls({ type: 'cifs', device: '//files.example.com/a' })).toThrow('lookup files.example.com: no such host');
    expect(() => mountCalls({ type: 'tmpfs', device: '' })).toThrow('missing device in volume options');
  });

  it('a failure names the call, and no password', () => {
    const [call] = mountCalls({ type: 'cifs', device: '//10.0.0.9/a', o: 'username=u,password=secret' });
    expect(mountFailure(call!, '/v', 'no such device', 'username=u,password=secret')).toBe(
      'failed to mount local volume: mount //10.0.0.9/a:/v, data: username=u,password=********: no such device',
    );
    const bind = mountCalls({ type: 'none', device: '/nope', o: 'bind' })[0]!;
    expect(mountFailure(bind, '/v', 'no such file or directory')).toBe(
      'failed to mount local volume: mount /nope:/v, flags: 0x1000: no such file or directory',
    );
  });
});
