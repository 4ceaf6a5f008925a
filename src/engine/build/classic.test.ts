import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageHistoryItem, ImageInspect } from '../api/types/image.ts';
import type { ContainerSummary } from '../api/types/container.ts';
import { TestBuilds, type Built, type ContextFiles } from '../testing/test-builds.ts';

let docker: TestBuilds;
beforeEach(async () => {
  docker = await TestBuilds.start();
});

const build = (files: ContextFiles, query: Record<string, string | string[]> = {}): Promise<Built> =>
  docker.build(files, { version: '1', ...query });
const inspect = (name: string): Promise<ImageInspect> => docker.node.client.get(`/images/${name}/json`);
const createdBy = async (name: string): Promise<string[]> =>
  (await docker.node.client.get<ImageHistoryItem[]>(`/images/${name}/history`)).map(({ CreatedBy }) => CreatedBy);
const masked = ({ output }: Built): string => output.replace(/[0-9a-f]{12}/g, '<id>');

const project = {
  Dockerfile: `ARG BASE=base
FROM $BASE AS build
ARG WHO
RUN echo $WHO > /who
FROM base
COPY --from=build /who /out/
COPY a.txt /
CMD ["cat", "/a.txt"]
`,
  'a.txt': 'a\n',
};

describe('the classic builder', () => {
  it('says what it does, and makes an image of each step', async () => {
    const built = await build(project, { t: 'app', buildargs: '{"WHO":"me","OTHER":"x"}' });
    expect(masked(built)).toBe(`Step 1/8 : ARG BASE=base
Step 2/8 : FROM $BASE AS build
 ---> <id>
Step 3/8 : ARG WHO
 ---> Running in <id>
 ---> Removed intermediate container <id>
 ---> <id>
Step 4/8 : RUN echo $WHO > /who
 ---> Running in <id>
 ---> Removed intermediate container <id>
 ---> <id>
Step 5/8 : FROM base
 ---> <id>
Step 6/8 : COPY --from=build /who /out/
 ---> <id>
Step 7/8 : COPY a.txt /
 ---> <id>
Step 8/8 : CMD ["cat", "/a.txt"]
 ---> Running in <id>
 ---> Removed intermediate container <id>
 ---> <id>
[Warning] One or more build-args [OTHER] were not consumed
Successfully built <id>
Successfully tagged app:latest
`);
    expect(docker.files('app').get('out/who')).toBe('me\n');
    expect((await createdBy('app')).slice(0, 3)).toEqual([
      '/bin/sh -c #(nop)  CMD ["cat" "/a.txt"]',
      expect.stringMatching(/^\/bin\/sh -c #\(nop\) COPY file:[0-9a-f]{64} in \/ $/),
      expect.stringMatching(/^\/bin\/sh -c #\(nop\) COPY file:[0-9a-f]{64} in \/out\/ $/),
    ]);
    const image = await inspect('app');
    expect(image.Id).toBe(built.id);
    expect(image.Parent).not.toBe('');
    expect(await docker.node.client.get<ContainerSummary[]>('/containers/json', { query: { all: true } })).toEqual([]);
  });

  it('finds its steps again until one differs', async () => {
    const query = { buildargs: '{"WHO":"me"}' };
    const first = await build(project, query);
    const second = await build(project, query);
    expect(second.id).toBe(first.id);
    expect(second.output.match(/Using cache/g)).toHaveLength(5);
    const changed = await build({ ...project, 'a.txt': 'b\n' }, query);
    expect(changed.output.match(/Using cache/g)).toHaveLength(3);
    const fresh = await build(project, { ...query, nocache: '1' });
    expect(fresh.output).not.toContain('Using cache');
  });

  it('leaves the container of a RUN that failed, and tells its code', async () => {
    const built = await build({ Dockerfile: 'FROM base\nRUN echo out; echo err >&2; exit 7\n' }, { t: 'app' });
    expect(built.error).toBe("The command '/bin/sh -c echo out; echo err >&2; exit 7' returned a non-zero code: 7");
    expect(built.output).toContain('out\n');
    expect(built.output).toContain('\u001b[91merr\n\u001b[0m');
    await expect(inspect('app')).rejects.toMatchObject({ status: 404 });
    const left = await docker.node.client.get<ContainerSummary[]>('/containers/json', { query: { all: true } });
    expect(left).toHaveLength(1);
  });

  it('carries out what a base has left for it', async () => {
    await build({ Dockerfile: 'FROM base\nONBUILD RUN echo 1 > /one\nONBUILD COPY a.txt /two\n', 'a.txt': '' }, { t: 'parent' });
    const built = await build({ Dockerfile: 'FROM parent\n', 'a.txt': '2\n' }, { t: 'child' });
    expect(built.output).toContain('# Executing 2 build triggers\n');
    expect(docker.files('child').get('two')).toBe('2\n');
    expect((await inspect('child')).Config?.OnBuild ?? null).toBeNull();
  });

  it.each([
    ['FROM base\nRUN --mount=type=cache,target=/c true\n', /the --mount option requires BuildKit/],
    [
      'FROM base\nCOPY nosuch /\n',
      /^COPY failed: file not found in build context or excluded by \.dockerignore: stat nosuch: file does not exist$/,
    ],
    ['FROM base\nCOPY no*such /\n', /^COPY failed: no source files were specified$/],
    ['FROM base\nBOGUS\n', /^dockerfile parse error on line 2: unknown instruction: BOGUS$/],
    ['FROM base\nCOPY --from=9 /x /\n', /invalid from flag value 9/],
  ])('refuses %j as Docker does', async (Dockerfile, message) => {
    expect((await build({ Dockerfile })).error).toMatch(message);
  });

  it('refuses a context without its Dockerfile', async () => {
    expect((await build({ x: '' })).error).toBe('Cannot locate specified Dockerfile: Dockerfile');
  });
});
