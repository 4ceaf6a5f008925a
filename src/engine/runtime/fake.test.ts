import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock.ts';
import { FakeRuntime } from './fake.ts';
import { runtimeContract, type RuntimeSubject } from './runtime.contract.ts';

async function subject(): Promise<RuntimeSubject> {
  const clock = new VirtualClock();
  return {
    runtime: new FakeRuntime({ clock }),
    lower: [{ diffId: 'sha256:busybox', cacheId: 'busybox' }],
    async until(promise) {
      let settled = false;
      void promise.finally(() => (settled = true)).catch(() => undefined);
      for (let turn = 0; !settled && turn < 20_000; turn++) await clock.advance(turn < 10 ? 0 : 10);
      return promise;
    },
  };
}

runtimeContract('FakeRuntime', subject);

describe('fake shell', () => {
  const cases: [script: string, stdout: string, code?: number][] = [
    ['echo a; echo b', 'a\nb\n'],
    ['false || echo x && echo y', 'x\ny\n'],
    ['for i in 1 2 3; do printf "%s," $i; done', '1,2,3,'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done', '1\n2\n3\n'],
    ['if test -d /tmp; then echo dir; else echo none; fi', 'dir\n'],
    ['echo one two | cat | wc -c', '8\n'],
    ['echo \'$HOME\' "$((2*(3+4)))" ${NOPE:-fallback}', '$HOME 14 fallback\n'],
    ['echo $(echo nested $(echo deep))', 'nested deep\n'],
    ['echo data > /tmp/f; cat < /tmp/f; ls /tmp', 'data\nf\n'],
    ['(cd /etc; pwd); pwd', '/etc\n/\n'],
    ['exit 9', '', 9],
    ['nosuch', '', 127],
    ['echo $1-$2', 'b-c\n'],
    ['seq 3 | tail -n 1', '3\n'],
    ['! true; echo $?', '1\n'],
  ];
  it.each(cases)('%s', async (script, stdout, code = 0) => {
    const { runtime, lower, until } = await subject();
    const process = await runtime.start({
      containerId: 'c'.repeat(64),
      config: {
        ociVersion: '1.0.2',
        process: { terminal: false, user: { uid: 0, gid: 0 }, args: ['sh', '-c', script, 'a', 'b', 'c'], env: ['PATH=/bin'], cwd: '/' },
        root: { path: 'rootfs', readonly: false },
        mounts: [],
        linux: { namespaces: [] },
      },
      rootfs: { lower, name: 'x' },
      network: { kind: 'none' },
      stdinOpen: false,
    });
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of process.output) if (chunk.stream === 'stdout') text += new TextDecoder().decode(chunk.bytes);
    };
    const [exit] = await until(Promise.all([process.exit, read()]));
    expect({ text, code: exit.code }).toEqual({ text: stdout, code });
  });
});
