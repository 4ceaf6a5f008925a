import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors.ts';
import type { RunConfig } from '../../oci/image-config.ts';
import { IgnoreMatcher } from '../dockerignore/matcher.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { lintDockerfile } from './lint/lint.ts';
import { type BuildPlan, type Operation, planBuild, type PlanRequest, type RunOperation } from './plan.ts';

fc.configureGlobal({ seed: 28 });

const platform = { os: 'linux', architecture: '386' };

function request(dockerfile: string, options: Partial<PlanRequest> & { config?: RunConfig } = {}): PlanRequest {
  const { config = { Env: ['PATH=/bin'], Cmd: ['sh'] }, ...rest } = options;
  const resolveImage: PlanRequest['resolveImage'] = ({ platform: { os, architecture } }) =>
    Promise.resolve({ config: { os, architecture, config, rootfs: { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] } } });
  return { dockerfile, platform, resolveImage, ...rest };
}

function plan(dockerfile: string, options?: Parameters<typeof request>[1]): Promise<BuildPlan> {
  return planBuild(request(dockerfile, options));
}

function steps({ stages }: BuildPlan): string[] {
  return stages.flatMap(({ base, operations }) => [...(base.kind === 'image' ? [base.step] : []), ...operations.map(({ step }) => step)]);
}

function run(operations: readonly Operation[]): RunOperation {
  return operations.find((operation) => operation.kind === 'run')!;
}

describe('steps', () => {
  it('are named as a recorded build with three stages has them', async () => {
    const dockerfile =
      'FROM busybox AS base\nRUN echo hi > /hi\nFROM base AS t1\nRUN echo one\nFROM base\nCOPY a.txt /a\nRUN --mount=type=cache,target=/c echo c > /c/x && cat /hi\nRUN <<EOF\necho heredoc\nEOF\nENV A=1\n';
    expect(steps(await plan(dockerfile))).toEqual([
      '[base 1/2] FROM docker.io/library/busybox:latest',
      '[base 2/2] RUN echo hi > /hi',
      '[stage-2 1/3] COPY a.txt /a',
      '[stage-2 2/3] RUN --mount=type=cache,target=/c echo c > /c/x && cat /hi',
      '[stage-2 3/3] RUN <<EOF (echo heredoc)',
    ]);
    expect(steps(await plan(dockerfile, { target: 't1' })).at(-1)).toBe('[t1 1/1] RUN echo one');
  });

  it('of a single stage have no name, unless it mounts something', async () => {
    expect(steps(await plan('FROM busybox\nCOPY . /c\nRUN ls -A /c'))[1]).toBe('[2/3] COPY . /c');
    expect(steps(await plan('FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s'))[1]).toBe(
      '[stage-0 2/2] RUN --mount=type=secret,id=s cat /run/secrets/s',
    );
  });

  it('show what variables are worth, secrets but masked', async () => {
    const dockerfile = 'FROM a\nARG X=1\nENV Y=2\ncopy "$X" $Y\nRUN --mount=type=secret,id=s,env=Z echo $X $Z $U "q"\nWORKDIR /w';
    expect(steps(await plan(dockerfile)).slice(1)).toEqual([
      '[stage-0 2/4] COPY 1 2',
      '[stage-0 3/4] RUN --mount=type=secret,id=s,env=Z echo 1 **** $U "q"',
      '[stage-0 4/4] WORKDIR /w',
    ]);
  });

  it('of a stage with many are lined up, triggers marked', async () => {
    const dockerfile = `FROM a\n${'RUN x\n'.repeat(10)}`;
    const { target } = await plan(dockerfile, { config: { OnBuild: ['COPY a b', 'ENV c=d'] } });
    expect(target.operations[0]!.step).toBe('[ 2/13] ONBUILD COPY a b');
    expect(target.image.config.Env).toContain('c=d');
    expect(target.image.config.OnBuild).toBeUndefined();
  });
});

describe('stages', () => {
  it('that nothing needs are left out, images that serve as sources come first', async () => {
    const { stages, target } = await plan(
      'FROM a AS x\nRUN 1\nFROM b AS unused\nRUN 2\nFROM x\nCOPY --from=0 /q /q\nCOPY --from=nginx /n /n\nRUN --mount=type=bind,from=x,target=/m 3',
    );
    expect(stages.map(({ name, implicit }) => [name, implicit])).toEqual([
      ['', true],
      ['x', false],
      ['stage-2', false],
    ]);
    const [first, second, third] = target.operations;
    expect(first).toMatchObject({ kind: 'copy', sources: [{ from: { kind: 'stage', stage: stages[1] }, path: '/q' }] });
    expect(second).toMatchObject({ kind: 'copy', sources: [{ from: { kind: 'stage', stage: stages[0] } }] });
    expect(third).toMatchObject({
      kind: 'run',
      mounts: [{ type: 'bind', target: '/m', from: { kind: 'stage', stage: stages[1] }, readOnly: true }],
    });
  });

  it('set off ONBUILD of the stage they begin with, and of theirs', async () => {
    const { target } = await plan('FROM a AS x\nONBUILD RUN one\nONBUILD COPY --from=y /f /f\nFROM b AS y\nFROM x');
    expect(target.operations.map(({ step }) => step)).toEqual([
      '[stage-2 1/2] ONBUILD RUN one',
      '[stage-2 2/2] ONBUILD COPY --from=y /f /f',
    ]);
  });

  it.each([
    ['FROM a AS x\nCOPY --from=y a b\nFROM b AS y', 'cannot copy from stage "y", it needs to be defined before current stage "x"', 'x'],
    ['FROM a\nCOPY --from=7 a b', 'invalid stage index 7', undefined],
    ['FROM a AS builder', 'target stage "bulder" could not be found (did you mean builder?)', 'bulder'],
    ['FROM a AS x\nRUN --mount=from=x,target=/a b', 'circular dependency detected on stage: x', undefined],
    ['FROM a\nRUN --mount=type=bind,target=/ b', 'invalid mount target "/"', undefined],
    ['FROM --platform=$NONE a', 'empty platform value from expression $NONE', undefined],
    [
      'FROM --platform=x/y/z/w a',
      'failed to parse platform x/y/z/w: "x/y/z/w": cannot parse platform specifier: invalid argument',
      undefined,
    ],
    ['', 'the Dockerfile cannot be empty', undefined],
    ['# check=error=maybe\nFROM a', 'failed to parse check options: failed to parse check option "error=maybe"', undefined],
    ['# check=nothing\nFROM a', 'failed to parse check options: invalid check option "nothing"', undefined],
  ])('%j is refused: %s', async (dockerfile, message, target) => {
    await expect(plan(dockerfile, { target })).rejects.toThrow(message);
    await expect(plan(dockerfile, { target })).rejects.toBeInstanceOf(DockerfileError);
  });

  it('say where they stand when an image is missing, and what may have been meant', async () => {
    const resolveImage: PlanRequest['resolveImage'] = ({ explain, lines }) => {
      expect(lines).toEqual({ start: 1, end: 1 });
      throw new EngineError('not-found', explain('not found'));
    };
    await expect(plan('FROM busybx', { resolveImage })).rejects.toThrow('busybx: not found (did you mean busybox?)');
  });
});

describe('arguments', () => {
  const values = async (dockerfile: string, buildArgs: Record<string, string> = {}): Promise<string[]> => {
    const { target } = await plan(dockerfile, { buildArgs: new Map(Object.entries(buildArgs)) });
    return run(target.operations).env;
  };

  it('before FROM count in FROM, and in a stage that asks for them', async () => {
    const dockerfile = 'ARG V=1\nARG W=$V\nFROM base:$W\nRUN before\nARG V\nARG W=3\nRUN x';
    const { stages, target } = await plan(dockerfile, { buildArgs: new Map([['V', '2']]) });
    expect(stages[0]!.base).toMatchObject({ reference: 'docker.io/library/base:2' });
    expect(target.operations.map((operation) => (operation.kind === 'run' ? operation.env : []))).toEqual([
      ['PATH=/bin'],
      ['PATH=/bin', 'V=2', 'W=3'],
    ]);
    expect(target.image.history.map(({ created_by }) => created_by)).toEqual([
      'RUN /bin/sh -c before # buildkit',
      'ARG V=2',
      'ARG W=3',
      'RUN |2 V=2 W=3 /bin/sh -c x # buildkit',
    ]);
  });

  it('of the platform are there for the asking', async () => {
    expect(await values('FROM a AS here\nARG TARGETPLATFORM\nARG TARGETARCH\nARG TARGETSTAGE\nRUN x')).toEqual([
      'PATH=/bin',
      'TARGETPLATFORM=linux/386',
      'TARGETARCH=386',
      'TARGETSTAGE=here',
    ]);
  });

  it('are seen by stages that begin with the one that declares them', async () => {
    expect(await values('FROM a AS x\nARG V=1\nFROM x\nRUN y')).toEqual(['V=1', 'PATH=/bin']);
    expect(await values('FROM a\nARG V=1\nFROM a\nRUN y')).toEqual(['PATH=/bin']);
  });

  it('for proxies reach commands only', async () => {
    const { target } = await plan('FROM a\nRUN x', { buildArgs: new Map([['http_proxy', 'p']]) });
    expect(run(target.operations)).toMatchObject({ env: ['PATH=/bin'], proxy: ['HTTP_PROXY=p', 'http_proxy=p'] });
  });
});

describe('operations', () => {
  it('of RUN: shell, user, directory, mounts, scripts', async () => {
    const dockerfile = [
      'FROM a',
      'SHELL ["/bin/bash", "-ec"]',
      'USER me:us',
      'WORKDIR work',
      'ARG D=deep',
      'RUN --mount=target=ctx,source=src/$D --mount=type=cache,target=/root/.cache/,sharing=locked,uid=1,mode=700 --mount=type=tmpfs,target=/t,size=1m --mount=type=secret,id=k,required --mount=type=ssh --network=none make',
      'RUN <<-SCRIPT',
      '#!/usr/bin/env python',
      '\tprint(1)',
      'SCRIPT',
    ].join('\n');
    const { target, contextPaths } = await plan(dockerfile);
    const [workdir, first, second] = target.operations;
    expect(workdir).toMatchObject({ kind: 'workdir', path: '/work', user: 'me:us' });
    expect(first).toMatchObject({
      args: ['/bin/bash', '-ec', 'make'],
      user: 'me:us',
      workdir: '/work',
      network: 'none',
      mounts: [
        { type: 'bind', target: '/work/ctx', from: { kind: 'context' }, source: '/src/deep', readOnly: true },
        {
          type: 'cache',
          target: '/root/.cache/',
          id: '/root/.cache',
          sharing: 'locked',
          from: { kind: 'scratch' },
          uid: 1,
          mode: 0o700,
          readOnly: false,
        },
        { type: 'tmpfs', target: '/t', sizeBytes: 1 << 20 },
        { type: 'secret', id: 'k', target: '/run/secrets/k', required: true },
        { type: 'ssh', id: 'default', target: undefined, required: false },
      ],
    });
    expect(second).toMatchObject({
      args: ['/bin/bash', '-ec', '/dev/pipes/SCRIPT'],
      script: { path: '/dev/pipes/SCRIPT', content: '#!/usr/bin/env python\nprint(1)\n' },
    });
    // A tmpfs asks for the context's root, as it does in BuildKit.
    expect(contextPaths).toBe('all');
  });

  it('of ADD and COPY: sources, destination, owner', async () => {
    const dockerfile = [
      '# syntax=docker/dockerfile:1',
      'FROM a',
      'WORKDIR /w',
      'ENV E=e',
      'COPY --chown=$E --chmod=u+x --link --exclude=*.md a* b ./d/',
      'COPY --parents x/./y/*.txt z .',
      'ADD --checksum=sha256:' + 'b'.repeat(64) + ' https://example.com/p/f.tgz?x=1 /t',
      'ADD --keep-git-dir https://example.com/r.git#main:sub /g',
      'COPY <<A <<"B" /h/',
      'v=$E "q"',
      'A',
      'v=$E',
      'B',
    ].join('\n');
    const { target, contextPaths } = await plan(dockerfile);
    expect(target.operations.slice(1)).toMatchObject([
      { dest: '/w/d/', chown: 'e', chmod: 'u+x', link: true, exclude: ['*.md'], sources: [{ path: '/a*', unpack: false }, { path: '/b' }] },
      {
        dest: '/w/',
        sources: [
          { path: '/x', include: ['y/*.txt'] },
          { path: '/', include: ['z'] },
        ],
      },
      { dest: '/t', sources: [{ kind: 'http', fileName: 'f.tgz', checksum: `sha256:${'b'.repeat(64)}` }] },
      { dest: '/g', sources: [{ kind: 'git', remote: 'https://example.com/r.git', commit: 'main', subdir: 'sub', keepGitDir: true }] },
      {
        dest: '/h/',
        sources: [
          { kind: 'content', name: 'A', data: 'v=e "q"\n' },
          { kind: 'content', name: 'B', data: 'v=$E\n' },
        ],
      },
    ]);
    expect(contextPaths).toEqual(['a*', 'b', 'x/y/*.txt', 'z']);
  });

  it.each([
    ['COPY https://example.com/f /', "source can't be a URL for COPY"],
    ['COPY git@github.com:a/b.git /', "source can't be a git ref for COPY"],
    ['COPY --chmod=888 a b', "invalid chmod parameter: '888'. it should be octal string and between 0 and 07777"],
    ['COPY --chmod=rw a b', 'invalid syntax'],
    ['ADD --checksum=sha256:1 https://example.com/f /', 'invalid checksum digest length'],
    ['EXPOSE 99999', 'invalid containerPort: 99999'],
    ['EXPOSE 80/foo', 'invalid proto: foo'],
    ['STOPSIGNAL NONE', 'invalid signal: NONE'],
    ['RUN --mount=type=tmpfs,size=x,target=/a b', 'invalid value for size: x'],
    ['RUN --mount=type=cache,sharing=none,target=/a b', 'unsupported sharing value "none"'],
    ['RUN --mount=type=secret,target=/a,from=b c', 'secret mount should not have a from'],
  ])('%s: %s', async (line, message) => {
    await expect(plan(`FROM a\n${line}`)).rejects.toMatchObject({ message, lines: { start: 2, end: 2 } });
  });

  it('put labels from outside on the target', async () => {
    const { target } = await plan('FROM a\nLABEL b=1', { labels: new Map([['a', '$x']]) });
    expect(target.image.config.Labels).toEqual({ a: '$x', b: '1' });
  });
});

describe('build checks', () => {
  const found = async (dockerfile: string, options?: Parameters<typeof request>[1]): Promise<string[]> => {
    const { warnings } = await lintDockerfile(request(dockerfile, options));
    return warnings.map(({ rule, startLine }) => `${startLine} ${rule}`);
  };

  it('look at all stages, also at those that are not built', async () => {
    expect(await found('FROM a AS x\nCMD one\nFROM a\nCMD two\nCMD ["three"]')).toEqual([
      '2 JSONArgsRecommended',
      '4 JSONArgsRecommended',
      '4 MultipleInstructionsDisallowed',
    ]);
    expect(await found('FROM a AS x\nCMD one\nFROM a AS y\nCMD two', { target: 'x' })).toEqual(['2 JSONArgsRecommended']);
  });

  it('obey the file', async () => {
    expect(await found('# check=skip=JSONArgsRecommended\nFROM a\nCMD one\nMAINTAINER me')).toEqual(['4 MaintainerDeprecated']);
    const { error, warnings } = await lintDockerfile(request('# check=error=true\nFROM a\nCMD one'));
    expect(error?.message).toBe('lint violation found for rules: JSONArgsRecommended');
    expect(warnings).toHaveLength(1);
  });

  it('know the ignore file when asked to', async () => {
    const ignore = new IgnoreMatcher(['secret*']);
    const dockerfile = '# check=experimental=CopyIgnoredFile\nFROM a\nCOPY secret.txt /\nADD secrets /';
    expect((await lintDockerfile(request(dockerfile, { ignore }))).warnings).toMatchObject([
      { message: 'Attempting to Copy file "secret.txt" that is excluded by .dockerignore' },
      { message: 'Attempting to Add file "secrets" that is excluded by .dockerignore' },
    ]);
  });

  it('end with what is wrong with a base image', async () => {
    const resolveImage: PlanRequest['resolveImage'] = () => Promise.reject(new EngineError('not-found', 'a: not found'));
    const { error, warnings } = await lintDockerfile(request('FROM a as b', { resolveImage }));
    expect(error?.message).toBe('a: not found');
    expect(warnings).toMatchObject([{ rule: 'FromAsCasing' }]);
  });

  it('tell of an image for another platform', async () => {
    const resolveImage: PlanRequest['resolveImage'] = () =>
      Promise.resolve({ config: { os: 'linux', architecture: 'arm64', rootfs: { type: 'layers', diff_ids: [] } } });
    const { warnings } = await lintDockerfile(request('FROM a', { resolveImage }));
    expect(warnings).toMatchObject([
      { message: 'Base image a was pulled with platform "linux/arm64", expected "linux/386" for current build', url: '' },
    ]);
  });
});

describe('any Dockerfile', () => {
  const lines = fc.constantFrom(
    ...[
      'FROM a',
      'FROM a AS x',
      'FROM x',
      'FROM $A AS y',
      'ARG A=x',
      'ARG A',
      'ENV A=$A b="c d"',
      'ENV A $B',
      'COPY --from=x a b',
      'COPY --from=1 a b',
    ],
    ...[
      'COPY <<E /f\n$A\nE',
      'RUN <<E\nx\nE',
      'RUN --mount=type=cache,target=$A x',
      'RUN --mount=from=y,target=/a x',
      'ONBUILD COPY --from=z a b',
      'ONBUILD RUN x',
    ],
    ...[
      'WORKDIR $A',
      'WORKDIR a',
      'EXPOSE $A 80',
      'VOLUME $A',
      'HEALTHCHECK --retries=39 CMD x',
      'SHELL ["a"]',
      'CMD x',
      'ENTRYPOINT []',
      'LABEL a=b',
      'STOPSIGNAL 9',
    ],
    ...[
      'ADD http://h/f /',
      'COPY ${A/b',
      'COPY ${A#*} /',
      'USER ${A:?no}',
      'MAINTAINER x',
      '# c',
      'FROM scratch',
      'FROM --platform=$TARGETPLATFORM a',
    ],
  );

  it('is planned or refused, and looked at by all checks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 12 }), async (list) => {
        const dockerfile = list.join('\n');
        try {
          const { stages, target } = await plan(dockerfile, { config: { OnBuild: ['COPY --from=x a b'] } });
          expect(stages).toContain(target);
          for (const [index, stage] of stages.entries()) {
            if (stage.base.kind === 'stage') expect(stages.indexOf(stage.base.stage)).toBeLessThan(index);
            const layers = stage.image.history.filter((entry) => !entry.empty_layer).length;
            const below = stage.base.kind === 'stage' ? stage.base.stage.image.history.filter((entry) => !entry.empty_layer).length : 0;
            expect(layers - below).toBe(stage.operations.length);
          }
        } catch (error) {
          if (!(error instanceof DockerfileError)) throw error;
        }
        await lintDockerfile(request(dockerfile));
      }),
      { numRuns: 1000 },
    );
  });

  it('of a great many lines is planned in reasonable time, or refused', async () => {
    const started = performance.now();
    const many = (line: (index: number) => string, count: number): string =>
      `FROM a\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}`;
    await plan(many((i) => `ENV A${i}=${i}`, 20_000));
    await plan(many((i) => `LABEL A${i}=${i}`, 20_000));
    await plan(many((i) => `ARG A${i}=${i}`, 20_000));
    await plan(many((i) => `ENV A=$B${i}`, 20_000));
    await expect(plan(many(() => 'RUN x', 30_000))).rejects.toThrow('max depth exceeded');
    await expect(plan(many((i) => `FROM a${i}`, 20_000))).rejects.toThrow('too many stages');
    await expect(plan(many(() => 'RUN --mount=type=cache,target=/a x', 20_000))).rejects.toThrow('too many stages');
    await expect(plan(many(() => 'ENV A=$A$A$A$A x=y', 100))).resolves.toBeDefined();
    await expect(plan(`FROM a\nENV A=aaaaaaaaaaaaaaaa\n${'ENV A=$A$A$A$A\n'.repeat(100)}`)).rejects.toThrow('max allowed size');
    expect(performance.now() - started).toBeLessThan(60_000);
  }, 120_000);
});
