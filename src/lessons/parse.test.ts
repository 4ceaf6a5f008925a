import { expect, test } from 'vitest';
import { LessonError, parseLesson } from './parse.ts';

const path = 'content/first-containers/a-lesson/lesson.md';
const front = ['---', 'title: A lesson', 'chapter: first-containers', 'summary: What it is about.', 'covers: [docker run]', '---', ''];

function lesson(...lines: string[]): string {
  return [...front, ...lines].join('\n');
}

/** Line and problem of the error that parsing throws. */
function problem(source: string): string {
  try {
    parseLesson(source, path);
  } catch (error) {
    if (error instanceof LessonError) return `${error.line}: ${error.problem}`;
    throw error;
  }
  return 'no error';
}

test('a lesson is front matter and steps of prose and fences', () => {
  const parsed = parseLesson(
    lesson(
      '## First',
      'Some *text*.',
      '```run node2 ~/app',
      'docker ps',
      '```',
      '```output',
      'CONTAINER ID',
      '```',
      '```dockerfile',
      'FROM busybox',
      '```',
      '```goals',
      '- image: busybox',
      '- container: { name: web, state: running }',
      '  says: it runs',
      '```',
      '```hint',
      'Look.',
      '```',
      '```solution',
      'docker run \\',
      '  -d busybox',
      '```',
      '```wrong',
      '- run: docker pull busybox',
      '  says: no container',
      '```',
      '## Second',
      'Read only.',
    ),
    path,
  );
  expect(parsed).toEqual({
    chapter: 'first-containers',
    id: 'a-lesson',
    title: 'A lesson',
    summary: 'What it is about.',
    covers: ['docker run'],
    steps: [
      {
        title: 'First',
        blocks: [
          { kind: 'prose', html: '<p>Some <em>text</em>.</p>' },
          { kind: 'run', node: 'node2', cwd: '~/app', command: 'docker ps' },
          { kind: 'output', text: 'CONTAINER ID' },
          { kind: 'listing', language: 'dockerfile', text: 'FROM busybox' },
        ],
        goals: [
          { kind: 'image', parameters: 'busybox', says: 'an image `busybox` is on this machine' },
          { kind: 'container', parameters: { name: 'web', state: 'running' }, says: 'it runs' },
        ],
        hints: ['<p>Look.</p>'],
        solution: ['docker run -d busybox'],
        wrong: [{ run: ['docker pull busybox'], says: 'no container' }],
      },
      { title: 'Second', blocks: [{ kind: 'prose', html: '<p>Read only.</p>' }], goals: [], hints: [], solution: [], wrong: [] },
    ],
  });
});

test.each([
  ['no front matter', '## First', '1: a lesson begins with front matter between two lines of ---'],
  ['a missing field', lesson('## A').replace('title: A lesson\n', ''), '2: title is missing'],
  [
    'an unknown field',
    lesson('## A').replace('summary:', 'sumary:'),
    '2: unknown field sumary; there are: title, chapter, summary, covers',
  ],
  [
    'another chapter',
    lesson('## A').replace('chapter: first-containers', 'chapter: swarm'),
    '2: chapter is swarm, but the folder is first-containers',
  ],
  ['no steps', lesson(''), '7: no steps; a step begins with "## title"'],
  ['text before the first step', lesson('Hello', '## A'), '8: text before the first step; a step begins with "## title"'],
  ['a title in the text', lesson('# A'), '8: the title stands in the front matter; steps are "## title"'],
  ['an open fence', lesson('## A', '```run', 'docker ps'), '9: this fence is never closed'],
  ['bad YAML in goals', lesson('## A', '```goals', '- image: busybox', '- container: { name: [ }', '```'), '11: '],
  [
    'an unknown goal',
    lesson('## A', '```goals', '- contianer: { name: web }', '```'),
    '10: unknown goal contianer; there are: container, image, noContainers, removed',
  ],
  [
    'an unknown goal field',
    lesson('## A', '```goals', '- container: { nmae: web }', '```'),
    '10: container has no field nmae; there are: name, image, state, exitCode, logs',
  ],
  [
    'a bad state',
    lesson('## A', '```goals', '- container: { state: stopped }', '```'),
    '10: container: state is one of created, running, paused, restarting, exited, dead',
  ],
  ['goals without a solution', lesson('## A', '```goals', '- image: busybox', '```'), '8: a step with goals needs a solution'],
  ['a solution without goals', lesson('## A', '```solution', 'docker ps', '```'), '8: a solution or wrong answers without goals'],
  [
    'a wrong answer that is none',
    lesson('## A', '```wrong', '- docker ps', '```'),
    '10: a wrong answer has run (command lines) and says (words of the explanation)',
  ],
])('%s is an error with its line', (_, source, expected) => {
  expect(problem(source).startsWith(expected), problem(source)).toBe(true);
});
