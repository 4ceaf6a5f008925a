/**
 * The engine answers what Docker 28.2.2 answered: every recorded request of containers, execs, networks and volumes,
 * with containers in memory. What may differ is listed by cause in expected-differences.ts and here.
 */
import { describe, expect, test } from 'vitest';
import type { CreateContainerRequest } from '#engine/api/types/container.ts';
import { addBusybox } from '#engine/testing/busybox.ts';
import { testEngine } from '#engine/testing/test-engine.ts';
import { isExpected } from './expected-differences.ts';
import { readScenario, type RecordedExchange, type RecordedStep, type Scenario } from './recorded.ts';
import { Replay, type Compared } from './replay.ts';
import { Ids } from './unify.ts';

/** When it was recorded: queries have times in them. */
const recordedAtMs = 1_795_455_334_000;

/** Time that passed before a command, where its answers tell. */
const pausesMs: Record<string, number> = { 'docker attach a3': 60_000 };

/** Answers that are not compared, with the reason. */
function excluded({ cmd, tty }: RecordedStep, { path, hijack }: RecordedExchange): string | undefined {
  if (hijack && tty) return "what a shell draws on a terminal is the shell's";
  if ((hijack && / env'?"?$/.test(cmd)) || cmd.includes('CapEff')) return "busybox's shell and the kernel tell their own";
  if (/filter (publish|expose)=/.test(cmd)) return 'publishing ports comes later';
  if (cmd.startsWith('docker logs --until 1s')) return 'depends on the moment';
  if (/^\/(info|version|system)\b/.test(path)) return 'facts of another daemon';
  return undefined;
}

/** Publishing ports comes later: what would publish some is made without. */
function withoutPorts(exchange: RecordedExchange): RecordedExchange {
  const json = JSON.stringify(exchange.json ?? null, (key, value: unknown) => {
    if (key === 'Ports') return Array.isArray(value) ? [] : {};
    return key === 'PortBindings' ? {} : key === 'ExposedPorts' ? undefined : value;
  });
  const { body } = exchange as { body?: CreateContainerRequest };
  if (body?.HostConfig?.PortBindings) body.HostConfig.PortBindings = {};
  if (body?.ExposedPorts) delete body.ExposedPorts;
  return { ...exchange, ...(exchange.json !== undefined && { json: JSON.parse(json) as unknown }) };
}

describe.each<Scenario>(['containers-lifecycle', 'logs', 'exec-attach', 'run-inspect-flags', 'ps-images-formats'])(
  '%s',
  async (scenario) => {
    const node = await testEngine();
    await addBusybox(node.registry);
    await node.pull('busybox', 'latest');
    await node.clock.advance(recordedAtMs - node.clock.now());
    const replay = new Replay(node.engine.api, node.clock, new Ids());
    const prepare = scenario === 'ps-images-formats' ? withoutPorts : undefined;
    const steps: { step: RecordedStep; compared: Compared[] }[] = [];
    for (const step of readScenario(scenario)) {
      const http = step.http.filter(({ path }) => !/^\/(images|plugins)\b/.test(path));
      await node.clock.advance(pausesMs[step.cmd] ?? 0);
      steps.push({ step, compared: await replay.step({ ...step, http }, prepare) });
    }
    test.each(steps)('$step.cmd', ({ step, compared }) => {
      const unexpected = compared
        .filter(({ exchange }) => excluded(step, exchange) === undefined)
        .flatMap(({ exchange, differences }) =>
          differences
            .filter((difference) => !isExpected(difference))
            .map(
              ({ path, recorded, ours }) =>
                `${exchange.method} ${exchange.path} ${path}: ${JSON.stringify(recorded)} → ${JSON.stringify(ours)}`,
            ),
        );
      expect(unexpected).toEqual([]);
    });
  },
);
