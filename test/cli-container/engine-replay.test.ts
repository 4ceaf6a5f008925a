/**
 * The recorded commands on our own engine, with containers in memory: command line and engine together
 * must print what Docker's did, with its exit status. Ids, times, ages and process numbers are masked,
 * and columns are compared without their width, which those change.
 */
import { packTar } from 'modern-tar';
import { describe, expect, test } from 'vitest';
import { FakeEnvironment } from '#cli/testing.ts';
import { runCli } from '#cli/cli.ts';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { readScenario, shellWords, type RecordedStep, type Scenario } from './recording.ts';

interface Outcome {
  stdout?: string;
  stderr?: string;
  exit: number;
}

/** Steps that the containers in memory cannot be asked, or Docker itself answers differently each time, with the reason. */
function excluded({ cmd, timeout, signalAfter, tty, stability }: RecordedStep & { timeout?: boolean }): string | undefined {
  if (stability === 'unstable') return 'Docker itself printed something else the second time';
  if (timeout || signalAfter !== undefined) return 'interrupted at a moment that the recording does not tell';
  if (cmd.includes('--until 1s')) return 'depends on how long the commands before took';
  if (cmd.endsWith(' a3')) return 'of a container whose end the commands left out waited for';
  if (/\benv"?$/.test(cmd) && !cmd.includes('--env-file'))
    return 'HOME, and the order of variables, are up to the OCI runtime and the shell';
  if (cmd.includes('/proc/')) return 'the containers in memory have no /proc';
  if (tty) return "what a shell draws on a terminal is the shell's";
  if (/^docker (container )?inspect/.test(cmd) && !cmd.includes('-f ')) return 'the whole document is for the tests of the engine';
  return undefined;
}

async function runOn(node: TestEngine, step: RecordedStep): Promise<Outcome> {
  const { words, dropped } = shellWords(step.cmd);
  const environment = new FakeEnvironment({
    args: words.slice(1),
    handler: node.engine.api,
    stdin: step.stdin ?? step.keys?.join('') ?? '',
    terminal: step.tty ? { rows: 24, columns: 80 } : undefined,
    clock: node.clock,
  });
  const running = { on: true };
  const ended = runCli(environment).finally(() => (running.on = false));
  while (running.on) {
    await new Promise((resolve) => setImmediate(resolve));
    await node.clock.advance(50);
  }
  const exit = await ended;
  const { stdout, stderr } = environment;
  return { stdout: dropped.has('stdout') ? '' : stdout.text, stderr: dropped.has('stderr') ? '' : stderr.text, exit };
}

function masked({ stdout = '', stderr = '', exit }: Outcome): Outcome {
  return { stdout: mask(stdout), stderr: mask(stderr), exit };
}

function mask(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, '<ID>')
    .replace(/\b[0-9a-f]{12}\b/g, '<SHORT>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC|<TS>/g, '<TIME>')
    .replace(/(Less than a second|About an? (?:minute|hour)|\d+ (?:second|minute|hour)s?)( ago)?/g, '<AGE>')
    .replace(/ {2,}/g, '  ');
}

/** A node with an image whose users are those of the recorded one. */
async function nodeWithBusybox(): Promise<TestEngine> {
  const node = await testEngine();
  const passwd = 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n';
  const layer = await packTar([
    { header: { name: 'etc/passwd', size: passwd.length, type: 'file' }, body: passwd },
    { header: { name: 'etc/group', size: 0, type: 'file' }, body: '' },
  ]);
  const config = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] };
  await node.registry.add(['docker.io/library/busybox:latest'], [layer], { config });
  await node.pull('busybox', 'latest');
  return node;
}

describe.each<Scenario>(['containers-lifecycle', 'logs', 'exec-attach'])('%s', async (scenario) => {
  const node = await nodeWithBusybox();
  const outcomes: { step: RecordedStep; outcome: Outcome }[] = [];
  for (const step of readScenario(scenario)) {
    if (excluded(step) === undefined || step.tty) outcomes.push({ step, outcome: await runOn(node, step) });
  }
  test.each(outcomes.filter(({ step }) => excluded(step) === undefined))('$step.cmd', ({ step, outcome }) => {
    const { stdout, stderr, exit } = step;
    expect(masked(outcome)).toEqual(masked({ stdout, stderr, exit }));
  });
});
