import { describe, expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import type { ImageConfigFile } from '../../oci/image-config.ts';
import { quote } from '../../go-quote.ts';
import { DockerfileError } from './dockerfile-error.ts';
import type { ArgInstruction, Instruction } from './instructions/instruction.ts';
import { mountFrom } from './instructions/run-mount.ts';
import { parseInstructions } from './instructions/parse.ts';
import { lintDockerfile } from './lint/lint.ts';
import { Linter } from './lint/linter.ts';
import { type DockerfileNode, parseDockerfile } from './parser.ts';
import { planBuild, type PlanRequest } from './plan.ts';

/** What BuildKit said of a Dockerfile; parts that it did not come to are missing. */
interface Recorded {
  origin: string;
  dockerfile: string;
  expect: {
    ast?: object;
    dump?: string;
    escape?: string;
    parseWarnings?: { short: string }[];
    metaArgs?: object[];
    stages?: object[];
    lint?: { rule: string; msg: string; lines: number[] }[];
    instructionWarnings?: { rule: string; msg: string; description: string; lines: number[] }[];
    image?: ImageConfigFile;
    parseError?: string;
    instructionsError?: string;
    llbError?: string;
  };
}

const path = 'dockerfile/oracle-corpus.json';
const corpus = readVectors<Recorded[]>(path);

/** The one image that every FROM meant when the corpus was recorded. */
const base: ImageConfigFile = {
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
  rootfs: { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] },
  history: [{ created_by: 'base' }],
};

function requestFor(dockerfile: string): PlanRequest {
  const platform = { os: 'linux', architecture: 'amd64' };
  return {
    dockerfile,
    platform,
    resolveImage: ({ platform: { os, architecture } }) => Promise.resolve({ config: { ...base, os, architecture } }),
  };
}

async function expectSame(check: (recorded: Recorded) => void | Promise<void>, part: keyof Recorded['expect']): Promise<void> {
  const cases = corpus.filter((recorded) => recorded.expect[part] !== undefined);
  expect(cases.length).toBeGreaterThan(0);
  await expectAll(path, cases, ({ origin, dockerfile }) => `${origin} ${part} ${dockerfile.slice(0, 60)}`, check);
}

async function messageOf(step: () => unknown): Promise<string | undefined> {
  try {
    await step();
  } catch (error) {
    if (error instanceof DockerfileError) return error.message;
    throw error;
  }
  return undefined;
}

function astOf({ keyword, args, flags, json, original, lines, heredocs, comments, trigger }: DockerfileNode): object {
  const inner = trigger && astOf(trigger);
  const { startLine: _start, endLine: _end, ...child } = (inner ?? {}) as { startLine?: number; endLine?: number };
  const shownArgs = inner ? [{ children: [child], value: '' }] : args;
  return {
    value: keyword,
    original,
    startLine: lines.start,
    endLine: lines.end,
    ...(shownArgs.length > 0 && { args: shownArgs }),
    ...(flags.length > 0 && { flags }),
    ...((json || trigger?.json) && !inner && { attributes: { json: true } }),
    ...(comments.length > 0 && { prevComment: comments }),
    ...(heredocs.length > 0 && {
      heredocs: heredocs.map(({ name, fileDescriptor, expand, chomp, content }) => {
        return { Name: name, FileDescriptor: fileDescriptor, Expand: expand, Chomp: chomp, Content: content };
      }),
    }),
  };
}

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

function fieldsOf(instruction: Instruction): object {
  switch (instruction.kind) {
    case 'ADD':
    case 'COPY': {
      const { sources, files, dest, chown, chmod, link, exclude } = instruction;
      return {
        Chmod: chmod,
        Chown: chown,
        DestPath: dest,
        ExcludePatterns: orNull(exclude),
        Link: link,
        SourceContents: orNull(files.map(({ name, data, expand }) => ({ Path: name, Data: data, Expand: expand }))),
        SourcePaths: orNull(sources),
        ...(instruction.kind === 'ADD'
          ? { Checksum: instruction.checksum, KeepGitDir: instruction.keepGitDir }
          : { From: instruction.from, Parents: instruction.parents }),
      };
    }
    case 'ARG':
      return { Args: instruction.args.map(({ key, value, comment }) => ({ Key: key, Value: value ?? null, Comment: comment })) };
    case 'CMD':
    case 'ENTRYPOINT':
    case 'RUN': {
      const { args, files, shellForm } = instruction;
      return {
        CmdLine: instruction.kind === 'ENTRYPOINT' ? orNull(args) : args,
        Files: orNull(files.map(({ name, data, chomp }) => ({ Name: name, Data: data, Chomp: chomp }))),
        PrependShell: shellForm,
        ...(instruction.kind === 'RUN' && { FlagsUsed: instruction.flagsUsed.toSorted() }),
      };
    }
    case 'ENV':
      return { Env: instruction.pairs.map(({ key, value, legacy }) => ({ Key: key, Value: value, NoDelim: legacy })) };
    case 'LABEL':
      return { Labels: instruction.pairs.map(({ key, value, legacy }) => ({ Key: key, Value: value, NoDelim: legacy })) };
    case 'EXPOSE':
      return { Ports: instruction.values };
    case 'HEALTHCHECK':
      return { Health: instruction.healthcheck };
    case 'MAINTAINER':
      return { Maintainer: instruction.value };
    case 'ONBUILD':
      return { Expression: instruction.trigger };
    case 'SHELL':
      return { Shell: instruction.values };
    case 'STOPSIGNAL':
      return { Signal: instruction.value };
    case 'USER':
      return { User: instruction.value };
    case 'VOLUME':
      return { Volumes: instruction.values };
    case 'WORKDIR':
      return { Path: instruction.value };
  }
}

function commandOf(instruction: Instruction | ArgInstruction): object {
  const { code, keyword } = instruction;
  const mounts = instruction.kind === 'RUN' ? instruction.mounts : [];
  return {
    name: keyword,
    string: code,
    fields: fieldsOf(instruction),
    ...(instruction.kind === 'RUN' && { network: instruction.network }),
    ...(mounts.length > 0 && { mounts: mounts.map(mountOf) }),
  };
}

/** Ranges were recorded line by line: start and end of each. */
function eachLine(start: number, end: number): number[] {
  return Array.from({ length: end - start + 1 }, (_, index) => [start + index, start + index]).flat();
}

/** Before variables are expanded, only `from` is known of a mount. */
function mountOf(text: string): object {
  return {
    Type: 'bind',
    From: mountFrom(text),
    Source: '',
    Target: '',
    ReadOnly: true,
    SizeLimit: 0,
    CacheID: '',
    CacheSharing: '',
    Required: false,
    Env: null,
    Mode: null,
    UID: null,
    GID: null,
  };
}

describe('Dockerfiles, as recorded from BuildKit 0.22', () => {
  it('have the same lines', async () => {
    await expectSame(({ dockerfile, expect: { ast, escape, parseWarnings = [] } }) => {
      const parsed = parseDockerfile(dockerfile);
      const { start } = parsed.nodes[0]!.lines;
      const { end } = parsed.nodes.at(-1)!.lines;
      expect({ children: parsed.nodes.map(astOf), startLine: start, endLine: end, value: '' }).toEqual(ast);
      expect(parsed.escape).toBe(escape);
      expect(parsed.warnings.map(({ message }) => message)).toEqual(parseWarnings.map(({ short }) => short));
    }, 'ast');
  });

  it('have the same dump', async () => {
    const shown = ({ keyword, flags, args, trigger }: DockerfileNode): string => {
      const list = flags.length > 0 ? ` [${flags.map(quote).join(' ')}]` : '';
      return [keyword.toLowerCase() + list, ...(trigger ? [`(${shown(trigger)})`] : args.map(quote))].join(' ').trim();
    };
    await expectSame(({ dockerfile, expect: { dump } }) => {
      expect(
        parseDockerfile(dockerfile)
          .nodes.map((node) => `(${shown(node)})`)
          .join('\n'),
      ).toBe(dump);
    }, 'dump');
  });

  it('have the same stages and instructions', async () => {
    await expectSame(({ dockerfile, expect: { stages, metaArgs } }) => {
      const parsed = parseInstructions(parseDockerfile(dockerfile));
      expect(parsed.metaArgs.map(commandOf)).toEqual(metaArgs);
      const shown = parsed.stages.map(({ name, baseName, platform, comment, code, instructions }) => {
        return { name, baseName, platform, comment, sourceCode: code, commands: instructions.map(commandOf) };
      });
      expect(shown).toEqual(stages);
    }, 'stages');
  });

  it('have the same warnings of their instructions', async () => {
    await expectSame(({ dockerfile, expect: { instructionWarnings } }) => {
      // Recorded without what the file says of checks.
      const lint = Linter.of('');
      parseInstructions(parseDockerfile(dockerfile), { lint });
      const warnings = lint.warnings.map(({ rule, message, description, startLine, endLine }) => {
        return { rule, msg: message, description, lines: eachLine(startLine, endLine) };
      });
      expect(warnings).toEqual(instructionWarnings);
    }, 'instructionWarnings');
  });

  it('have the same image and history', async () => {
    await expectSame(async ({ dockerfile, expect: { image } }) => {
      const { target } = await planBuild(requestFor(dockerfile));
      const { config, history, author, architecture, os, variant } = target.image;
      let root = target;
      while (root.base.kind === 'stage') root = root.base.stage;
      const diffIds = root.base.kind === 'image' ? root.base.config.rootfs.diff_ids : null;
      const { variant: recordedVariant, ...rest } = image as ImageConfigFile & { variant?: string };
      expect({
        config,
        ...(history.length > 0 && { history }),
        ...(author !== undefined && { author }),
        architecture,
        os,
        rootfs: { type: 'layers', diff_ids: diffIds },
      }).toEqual(rest);
      expect(variant ?? undefined).toBe(recordedVariant);
    }, 'image');
  });

  it('have the same warnings', async () => {
    const cases = corpus.filter((recorded) => recorded.expect.image);
    await expectAll(
      path,
      cases,
      ({ origin, dockerfile }) => `${origin} lint ${dockerfile.slice(0, 60)}`,
      async ({ dockerfile, expect: { lint = [] } }) => {
        const { warnings } = await planBuild(requestFor(dockerfile));
        const shown = warnings.map(({ rule, message, startLine, endLine }) => ({
          rule,
          msg: message,
          lines: eachLine(startLine, endLine),
        }));
        expect(shown).toEqual(lint);
      },
    );
  });

  it('have the same errors', async () => {
    await expectSame(async ({ dockerfile, expect: { parseError } }) => {
      expect(await messageOf(() => parseDockerfile(dockerfile))).toBe(parseError);
    }, 'parseError');
    await expectSame(async ({ dockerfile, expect: { instructionsError } }) => {
      expect(await messageOf(() => parseInstructions(parseDockerfile(dockerfile)))).toBe(instructionsError);
    }, 'instructionsError');
    await expectSame(async ({ dockerfile, expect: { llbError } }) => {
      expect(await messageOf(() => planBuild(requestFor(dockerfile)))).toBe(llbError);
    }, 'llbError');
  });

  it('are checked without going wrong', async () => {
    for (const { dockerfile } of corpus) {
      const { warnings } = await lintDockerfile(requestFor(dockerfile));
      for (const { startLine, endLine } of warnings) expect(endLine).toBeGreaterThanOrEqual(startLine);
    }
  });
});
