/** File sets that compose-go loaded: the project in both formats, the error, the warnings, the hash of each service. */
import { expect, it } from 'vitest';
import { expectAll, readVectors } from '../../../../test/vectors.ts';
import type { Project } from '../project.ts';
import { projectJson, projectYaml } from '../render.ts';
import { serviceHash } from '../service-hash.ts';
import { loadWholeProject } from './load-project.ts';
import { memoryFiles } from './memory-files.ts';
import { namesInYaml } from './yaml-names.ts';

interface Rendered {
  project: unknown;
  yaml: string;
}

interface Case extends Partial<Rendered> {
  origin: string;
  directory?: string;
  /** Indices of texts. */
  files: Record<string, number>;
  compose: string[];
  environment?: Record<string, string>;
  profiles?: string[];
  projectName?: string;
  /** The first was recorded; Go's order of maps gives the others too. */
  errors?: string[];
  warnings?: string[];
  hashes?: Record<string, string>;
  /** Without the check of what refers to what. */
  unchecked?: Rendered | { error: string };
}

const { texts, cases } = readVectors<{ texts: string[]; cases: Case[] }>('compose/projects.json');
const nameOf = ({ origin }: Case, index: number): string => `${index} ${origin}`;

function load(value: Case, checkConsistency: boolean, warn: (message: string) => void): Promise<Project> {
  const files = Object.fromEntries(Object.entries(value.files).map(([name, index]) => [name, texts[index]!]));
  const isNamed = value.compose.some((name) => namesInYaml(files[name] ?? '').length > 0);
  const projectName = value.projectName ?? (isNamed ? undefined : 'project');
  return loadWholeProject({
    cwd: '/project',
    // No `.env` is read here; the process has a home, whether the file sees it or not.
    environment: { ...value.environment, COMPOSE_DISABLE_ENV_FILE: '1' },
    reader: memoryFiles('/project', files),
    warn,
    files: value.compose.map((name) => `/project/${name}`),
    projectDirectory: `/project/${value.directory ?? ''}`,
    profiles: value.profiles,
    keepServiceFiles: true,
    checkConsistency,
    ...(projectName !== undefined && { projectName }),
  });
}

async function expectRendered(
  value: Case,
  checkConsistency: boolean,
  expected: Rendered,
  warn: (message: string) => void,
): Promise<Project> {
  const project = await load(value, checkConsistency, warn);
  expect(projectYaml(project)).toBe(expected.yaml);
  expect(JSON.parse(projectJson(project))).toEqual(expected.project);
  return project;
}

it(`agrees with compose-go on ${cases.length} file sets`, async () => {
  await expectAll('compose/projects.json', cases, nameOf, async (value) => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    if (value.errors) {
      const message = await load(value, true, warn)
        .then(projectJson)
        .catch((error: unknown) => (error as Error).message);
      expect(value.errors, message).toContain(message);
    } else {
      const project = await expectRendered(value, true, value as Rendered, warn);
      for (const [name, hash] of Object.entries(value.hashes ?? {})) expect(serviceHash(project.services[name]!), name).toBe(hash);
    }
    if (!value.errors) expect(warnings.sort()).toEqual((value.warnings ?? []).sort());
  });
});

it('loads what does not fit, when not asked to check', async () => {
  const unchecked = cases.filter((value) => value.unchecked);
  const ignore = (): void => undefined;
  await expectAll('compose/projects.json#unchecked', unchecked, nameOf, async (value) => {
    const expected = value.unchecked!;
    if ('error' in expected) {
      const message = await load(value, false, ignore).catch((error: unknown) => (error as Error).message);
      expect([expected.error, ...(value.errors ?? [])]).toContain(message);
    } else await expectRendered(value, false, expected, ignore);
  });
});
