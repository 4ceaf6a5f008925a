import { describe, expect, test } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

const id = (letter: string): string => letter.repeat(25);
const ago = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) - seconds * 1000).toISOString();
const record = (name: string, given: object): object => ({
  ID: id(name),
  Type: 'regular',
  Description: 'pulled',
  InUse: false,
  Shared: false,
  Size: 0,
  CreatedAt: ago(60),
  LastUsedAt: ago(4),
  UsageCount: 1,
  ...given,
});
const records = [
  record('b', { Size: 43, Shared: true }),
  record('a', { Size: 61, Type: 'source.local', InUse: true }),
  record('c', { Size: 2_000_000 }),
];
const answers = {
  'GET /system/df': { json: { BuildCache: records } },
  'POST /build/prune': { json: { CachesDeleted: [id('c'), id('b')], SpaceReclaimed: 2_000_043 } },
};

/** The columns are those recorded from buildx v0.25.0, in oracle-transcripts/buildx-v0.25.json. */
describe('buildx', () => {
  test('du', async () => {
    const daemon = new ScriptedDaemon(answers);
    expect(await runDocker(['buildx', 'du'], { handler: daemon.handler })).toMatchObject({
      status: 0,
      stdout: `ID\t\t\t\t\t\tRECLAIMABLE\tSIZE\t\tLAST ACCESSED
${id('b')}               \ttrue \t\t43B*      \t4 seconds ago
${`${id('a')}*`}              \tfalse\t\t61B       \t4 seconds ago
${id('c')}               \ttrue \t\t2MB       \t4 seconds ago
Shared:\t\t43B
Private:\t2MB
Reclaimable:\t2MB
Total:\t\t2MB
`,
    });
    expect(daemon.asked).toEqual(['GET /system/df?type=build-cache']);
  });

  test('du with a filter has no summary', async () => {
    const { handler } = new ScriptedDaemon(answers);
    const { stdout } = await runDocker(['buildx', 'du', '--filter', 'type=source.local'], { handler });
    expect(stdout).toBe(
      `ID\t\t\t\t\t\tRECLAIMABLE\tSIZE\t\tLAST ACCESSED\n${`${id('a')}*`}              \tfalse\t\t61B       \t4 seconds ago\n`,
    );
  });

  test('du --verbose', async () => {
    const { handler } = new ScriptedDaemon(answers);
    const { stdout } = await runDocker(['buildx', 'du', '--verbose', '--filter', `id=aaa`], { handler });
    expect(stdout).toBe(`ID:\t\t${id('a')}
Created at:\t2025-12-31 23:59:00 +0000 UTC
Mutable:\ttrue
Reclaimable:\tfalse
Shared:\t\tfalse
Size:\t\t61B
Description:\tpulled
Usage count:\t1
Last used:\t4 seconds ago
Type:\t\tsource.local

`);
  });

  test.each([[['builder', 'prune', '-f']], [['buildx', 'prune', '--force']]])('%j', async (args) => {
    const daemon = new ScriptedDaemon(answers);
    const { status, stdout } = await runDocker(args, { handler: daemon.handler });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `ID\t\t\t\t\t\tRECLAIMABLE\tSIZE\t\tLAST ACCESSED
${id('c')}               \ttrue \t\t2MB       \t4 seconds ago
${id('b')}               \ttrue \t43B*      \t4 seconds ago
Total:\t2MB
`,
    });
    expect(daemon.asked).toEqual(['GET /system/df?type=build-cache', 'POST /build/prune?filters=']);
  });

  test('prune asks, and says what it keeps', async () => {
    const daemon = new ScriptedDaemon(answers);
    const args = ['builder', 'prune', '-a', '--filter', 'until=1h', '--keep-storage', '1g'];
    const { stdout } = await runDocker(args, { handler: daemon.handler, stdin: 'y\n' });
    expect(stdout).toMatch(
      /^Flag --keep-storage has been deprecated, keep-storage flag has been changed to reserved-space\nWARNING! This will remove all build cache. Are you sure you want to continue\? \[y\/N\] ID/,
    );
    expect(daemon.asked[1]).toBe('POST /build/prune?all=1&filters={"until":{"1h":true}}&reserved-space=1073741824');
  });

  test.each([
    [
      ['builder', 'prune', '-f', '--filter', 'until=x'],
      `ERROR: "until" filter expects a duration (e.g., '24h'): time: invalid duration "x"\n`,
    ],
    [['buildx', 'du', '--builder', 'x'], 'ERROR: no builder "x" found\n'],
    [['buildx', 'inspect', 'x'], 'ERROR: no builder "x" found\n'],
    [['buildx', 'create'], "ERROR: docker: 'docker buildx create' is not available in this version of Drydock\n"],
  ])('%j is refused', async (args, stderr) => {
    const { handler } = new ScriptedDaemon(answers);
    expect(await runDocker(args, { handler })).toMatchObject({ status: 1, stdout: '', stderr });
  });

  test('ls, inspect and version', async () => {
    const { handler } = new ScriptedDaemon({});
    const print = async (...args: string[]): Promise<string> => (await runDocker(['buildx', ...args], { handler })).stdout;
    expect(await print('ls')).toBe(`NAME/NODE     DRIVER/ENDPOINT   STATUS    BUILDKIT   PLATFORMS
default*      docker                                 
 \\_ default    \\_ default       running   v0.22.0    linux/386
`);
    expect(await print('inspect')).toBe(`Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.22.0
Platforms:        linux/386
`);
    expect(await print('version')).toBe('github.com/docker/buildx v0.25.0 drydock\n');
    expect(await print()).toMatch(/^Extended build capabilities with BuildKit\n\nUsage: {2}docker buildx \[OPTIONS\] COMMAND\n/);
  });

  test('an unknown command gets the help', async () => {
    const { handler } = new ScriptedDaemon({});
    const result = await runDocker(['buildx', 'nosuch'], { handler });
    expect(result).toMatchObject({ status: 1, stderr: 'ERROR: unknown command: "nosuch"\n' });
    expect(result.stdout).toMatch(/^Extended build capabilities/);
  });
});
