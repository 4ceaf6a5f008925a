import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import type { RunConfig } from '../../oci/image-config.ts';
import { ClassicArgs } from './classic-args.ts';
import { type ClassicEffect, ClassicStage, expandFrom, labelInstruction } from './classic.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { parseInstructions } from './instructions/parse.ts';
import { parseDockerfile } from './parser.ts';

fc.configureGlobal({ seed: 28 });

interface Walked {
  stage: ClassicStage;
  effects: ClassicEffect[];
  args: ClassicArgs;
  /** As history shows them. */
  history: string[];
}

/** Goes through the last stage of a file. */
function walk(
  dockerfile: string,
  { base = { Env: ['PATH=/bin'] }, buildArgs = {} }: { base?: RunConfig; buildArgs?: Record<string, string> } = {},
): Walked {
  const parsed = parseDockerfile(dockerfile);
  const { escape } = parsed;
  const { stages, metaArgs } = parseInstructions(parsed);
  const args = new ClassicArgs(new Map(Object.entries(buildArgs)));
  for (const arg of metaArgs) args.declareMeta(arg, escape);
  const stage = new ClassicStage({ args, escape, base });
  const effects = stages.at(-1)!.instructions.map((instruction) => stage.dispatch(instruction));
  const history = effects.map(({ command }) => (typeof command === 'function' ? command('file:0123') : command).join(' '));
  return { stage, effects, args, history };
}

interface Recorded {
  dockerfile: string;
  history?: string[];
  author?: string;
  config?: RunConfig;
  error?: string;
}

/** Docker 20.10 knew no start interval, and began some errors with a capital letter. */
function asIn28(recorded: string): string {
  return recorded.replace(/(HEALTHCHECK &\{\[.*?\](?: "[^"]*"){3})( ')/, '$1 "0s"$2').replace(/^Invalid /, 'invalid ');
}

describe('Dockerfiles, as the classic builder of Docker 20.10 built them', () => {
  it('have the same history and configuration, or error', async () => {
    const path = 'dockerfile/classic-20.10.json';
    await expectAll(
      path,
      readVectors<Recorded[]>(path),
      ({ dockerfile }) => dockerfile,
      ({ dockerfile, error, history, ...rest }) => {
        const build = (): Walked => walk(dockerfile, { base: { Cmd: ['sh'] }, buildArgs: { foo: 'given' } });
        if (error !== undefined) return expect(build).toThrow(expect.objectContaining({ message: asIn28(error) }));
        const { stage, history: ours } = build();
        expect(ours).toEqual(history?.map(asIn28));
        expect({ config: stage.config, author: stage.author }).toEqual({ author: undefined, ...rest });
      },
    );
  });
});

describe('history of the classic builder', () => {
  it('names what was done in its own way', () => {
    const { history } = walk(
      [
        'FROM a',
        'ENV A=1 B="2 3"',
        'LABEL l=$A',
        'MAINTAINER me',
        'CMD ["x", "y"]',
        'CMD echo $A',
        'ENTRYPOINT ["e"]',
        'EXPOSE 80 53/udp',
        'VOLUME /v /w',
        'USER u',
        'WORKDIR w',
        'HEALTHCHECK --interval=5s --retries=3 CMD curl',
        'STOPSIGNAL SIGINT',
        'ONBUILD RUN x',
        'ARG Q',
        'ARG R=r',
        'COPY --chown=u:g a b',
        'ADD a /b/',
        'RUN echo',
        'RUN ["echo"]',
        'SHELL ["/bin/bash", "-c"]',
        'RUN echo',
      ].join('\n'),
    );
    expect(history).toEqual([
      '/bin/sh -c #(nop)  ENV A=1 B=2 3',
      '/bin/sh -c #(nop)  LABEL l=1',
      '/bin/sh -c #(nop)  MAINTAINER me',
      '/bin/sh -c #(nop)  CMD ["x" "y"]',
      '/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "echo $A"]',
      '/bin/sh -c #(nop)  ENTRYPOINT ["e"]',
      '/bin/sh -c #(nop)  EXPOSE 53/udp 80',
      '/bin/sh -c #(nop)  VOLUME [/v /w]',
      '/bin/sh -c #(nop)  USER u',
      '/bin/sh -c #(nop) WORKDIR /w',
      '/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "curl"] "5s" "0s" "0s" "0s" \'\\x03\'}',
      '/bin/sh -c #(nop)  STOPSIGNAL SIGINT',
      '/bin/sh -c #(nop)  ONBUILD RUN x',
      '/bin/sh -c #(nop)  ARG Q',
      '/bin/sh -c #(nop)  ARG R=r',
      '/bin/sh -c #(nop) COPY --chown=u:g file:0123 in b ',
      '/bin/sh -c #(nop) ADD file:0123 in /b/ ',
      '|1 R=r /bin/sh -c echo',
      '|1 R=r echo',
      '/bin/bash -c #(nop)  SHELL [/bin/bash -c]',
      '|1 R=r /bin/bash -c echo',
    ]);
  });

  it('names build arguments that count, in order of their names', () => {
    const { effects } = walk('FROM a\nARG Z\nARG B=1\nENV B=hidden\nARG http_proxy\nRUN x', {
      buildArgs: { Z: 'z', http_proxy: 'p', HTTPS_PROXY: 'q' },
    });
    expect(effects.at(-1)).toEqual({
      kind: 'run',
      args: ['/bin/sh', '-c', 'x'],
      env: ['PATH=/bin', 'B=hidden', 'HTTPS_PROXY=q', 'Z=z', 'http_proxy=p'],
      command: ['|2', 'Z=z', 'http_proxy=p', '/bin/sh', '-c', 'x'],
    });
  });
});

describe('configuration of the classic builder', () => {
  it('drops a command that came with another entrypoint', () => {
    expect(walk('FROM a\nENTRYPOINT ["e"]', { base: { Cmd: ['c'] } }).stage.config.Cmd).toBeUndefined();
    expect(walk('FROM a\nCMD ["d"]\nENTRYPOINT ["e"]', { base: { Cmd: ['c'] } }).stage.config.Cmd).toEqual(['d']);
  });

  it('has no mark on escaped arguments, and a path', () => {
    expect(walk('FROM scratch\nCMD x', { base: {} }).stage.config).toEqual({
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['/bin/sh', '-c', 'x'],
    });
  });

  it('hands out the triggers of its base', () => {
    const { stage } = walk('FROM a\nONBUILD RUN y', { base: { OnBuild: ['RUN x'] } });
    expect(stage.triggers).toEqual(['RUN x']);
    expect(stage.config.OnBuild).toEqual(['RUN y']);
  });

  it('notes a health check that replaces another one', () => {
    const { stage } = walk('FROM a\nHEALTHCHECK CMD a b\nHEALTHCHECK NONE\nHEALTHCHECK CMD ["c"]');
    expect(stage.notes).toEqual(['Note: overriding previous HEALTHCHECK: [CMD-SHELL a b]']);
  });

  it('takes labels from outside as they are', () => {
    const stage = new ClassicStage({ args: new ClassicArgs(new Map()), escape: '\\', base: {} });
    const instruction = labelInstruction('a', '$PATH "x"');
    expect(instruction.code).toBe('LABEL a=$PATH "x"');
    stage.dispatch(instruction);
    expect(stage.config.Labels).toEqual({ a: '$PATH "x"' });
  });
});

describe('arguments of the classic builder', () => {
  it('before FROM count there, and where a stage asks for them', () => {
    const dockerfile = 'ARG V=1\nARG W=$V-w\nFROM a:$V AS x\nARG V\nRUN y';
    const { args, effects } = walk(dockerfile, { buildArgs: { V: '2', U: '3' } });
    const { stages } = parseInstructions(parseDockerfile(dockerfile));
    expect(expandFrom(args, '\\', stages[0]!)).toEqual({ name: 'a:2', platform: '' });
    expect(effects.at(-1)).toMatchObject({ env: ['PATH=/bin', 'V=2'] });
    expect(args.unused()).toEqual(['U']);
    expect(() => expandFrom(args, '\\', { ...stages[0]!, baseName: '$NONE' })).toThrow('base name ($NONE) should not be blank');
  });
});

describe('what the classic builder refuses', () => {
  const buildKit = 'Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled';

  it.each([
    ['RUN --mount=type=cache,target=/a b', `the --mount option requires BuildKit. ${buildKit}`],
    ['RUN --network=none b', `the --network option requires BuildKit. ${buildKit}`],
    ['RUN --mount=type=x b', 'unsupported mount type "x"'],
    ['COPY --chmod=755 a b', `the --chmod option requires BuildKit. ${buildKit}`],
    ['ADD --chmod=755 a b', `the --chmod option requires BuildKit. ${buildKit}`],
    ['COPY <<E /b\nE', 'COPY failed: no source files were specified'],
    ['STOPSIGNAL x', 'invalid signal: x'],
    ['WORKDIR $NONE', 'cannot normalize nothing'],
  ])('%s', (line, message) => {
    expect(() => walk(`FROM a\n${line}`)).toThrow(expect.objectContaining({ message }));
  });

  it('anything else is done or refused in words', () => {
    const lines = fc.constantFrom(
      ...[
        'ARG A',
        'ARG A=$B',
        'ENV A=$A',
        'RUN $A',
        'COPY $A b',
        'WORKDIR $A',
        'EXPOSE $A',
        'CMD',
        'ENTRYPOINT',
        'USER ${A:?x}',
        'VOLUME $A',
        'HEALTHCHECK CMD x',
        'SHELL ["a"]',
      ],
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 8 }), (list) => {
        try {
          walk(`FROM a\n${list.join('\n')}`);
        } catch (error) {
          if (!(error instanceof DockerfileError)) throw error;
        }
      }),
    );
  });
});
