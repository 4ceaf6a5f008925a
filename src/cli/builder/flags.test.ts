/** Flags of the builder's commands that change what is asked for or printed. */
import { describe, expect, test } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

const answers = { 'POST /build/prune': { json: { CachesDeleted: [], SpaceReclaimed: 0 } }, 'GET /system/df': { json: { BuildCache: [] } } };

describe('docker', () => {
  test.each<[string[], string]>([
    [['buildx', 'ls', '--format', '{{.Name}} {{.DriverEndpoint}}'], 'default docker\ndefault default\n'],
    [
      ['buildx', 'ls', '--no-trunc', '--debug'],
      `NAME/NODE     DRIVER/ENDPOINT   STATUS    BUILDKIT   PLATFORMS
default*      docker                                 
 \\_ default    \\_ default       running   v0.22.0    linux/386
`,
    ],
    [
      ['buildx', 'inspect', '--bootstrap', '--builder', 'default', '--debug'],
      `Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.22.0
Platforms:        linux/386
`,
    ],
    [['buildx', 'version', '--debug'], 'github.com/docker/buildx v0.25.0 drydock\n'],
    [['buildx', 'du', '--debug'], 'ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED\nReclaimable:\t0B\nTotal:\t\t0B\n'],
  ])('%j', async (args, stdout) => {
    const { handler } = new ScriptedDaemon(answers);
    expect(await runDocker(args, { handler })).toMatchObject({ status: 0, stdout, stderr: '' });
  });

  test.each<[string[], string]>([
    [['buildx', 'prune', '--all', '--force', '--filter', 'until=24h', '--debug'], 'POST /build/prune?all=1&filters={"until":{"24h":true}}'],
    [
      ['buildx', 'prune', '-f', '--max-used-space', '1gb', '--min-free-space', '2gb', '--reserved-space', '3mb'],
      'POST /build/prune?filters=&max-used-space=1073741824&min-free-space=2147483648&reserved-space=3145728',
    ],
    [['buildx', 'prune', '-f', '--verbose', '--builder', 'default'], 'POST /build/prune?filters='],
  ])('%j asks for what it says', async (args, asked) => {
    const daemon = new ScriptedDaemon(answers);
    expect(await runDocker(args, { handler: daemon.handler })).toMatchObject({ status: 0, stdout: 'Total:\t0B\n', stderr: '' });
    expect(daemon.asked).toContain(asked);
  });

  test.each<[string[], string]>([
    [['buildx', 'build', '--builder', 'other', '--debug', '.'], 'no builder "other" found'],
    [['build', '--disable-content-trust=false', '.'], 'notary'],
    [['buildx', 'build', '--cgroup-parent', '/x', '.'], 'a parent cgroup for builds is not available'],
    [['pull', '--disable-content-trust=false', 'busybox'], 'notary'],
    [['plugin', 'install', '--disable-content-trust=false', 'me/p'], 'notary'],
    [['plugin', 'push', '--disable-content-trust=false', 'me/p'], 'notary'],
    [['plugin', 'upgrade', '--disable-content-trust=false', 'mine', 'me/p'], 'notary'],
  ])('%j is refused', async (args, message) => {
    const { handler } = new ScriptedDaemon({
      ...answers,
      'GET /plugins/mine/json': { json: { Name: 'mine', Enabled: false, PluginReference: 'docker.io/me/p:latest' } },
    });
    const { status, stderr } = await runDocker(args, {
      handler,
      files: { '/root/Dockerfile': 'FROM scratch' },
      env: { DOCKER_BUILDKIT: args[0] === 'build' ? '0' : '1' },
    });
    expect({ status: status > 0, stderr }).toEqual({ status: true, stderr: expect.stringContaining(message) });
  });
});
