/**
 * Reads `lesson.md`: YAML front matter, then one `## heading` per step. In a step, text is Markdown and
 * some fences have a meaning of their own:
 *
 *     ```run [node] [directory]   commands with a Run button, one per line; node1 and ~ unless named
 *     ```output                   what the terminal shows
 *     ```goals                    YAML list, see goals/vocabulary.ts
 *     ```hint                     Markdown; several are shown one after another
 *     ```solution                 command lines that reach the goals
 *     ```wrong                    YAML list of { run, says }: mistakes, and words of the explanation they get
 *
 * Any other fence is a listing. Every mistake in a lesson is an error with its line; nothing is guessed.
 */
import { marked } from 'marked';
import { parseDocument } from 'yaml';
import type { Block, Lesson, Step, WrongAnswer } from './format.ts';
import { parseGoal, type Goal } from './goals/vocabulary.ts';

export class LessonError extends Error {
  override readonly name = 'LessonError';

  constructor(
    readonly file: string,
    readonly line: number,
    readonly problem: string,
  ) {
    super(`${file}:${line}: ${problem}`);
  }
}

/** @param path `content/<chapter>/<lesson>/lesson.md`, with anything before it */
export function parseLesson(source: string, path: string): Lesson {
  const [chapter = '', id = ''] = path.split('/').slice(-3);
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  const fail = (line: number, problem: string): never => {
    throw new LessonError(path, line, problem);
  };

  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) fail(1, 'a lesson begins with front matter between two lines of ---');
  const front = readYaml(lines.slice(1, end).join('\n'), 2, fail);
  const { title, summary, covers } = readFrontMatter(front, chapter, fail);

  const steps: Step[] = [];
  for (const piece of splitPieces(lines, end + 1, fail)) {
    if (piece.kind === 'heading') {
      steps.push({ title: piece.text, blocks: [], goals: [], hints: [], solution: [], wrong: [] });
      continue;
    }
    const step = steps.at(-1) ?? fail(piece.line, 'text before the first step; a step begins with "## title"');
    if (piece.kind === 'prose') step.blocks.push({ kind: 'prose', html: markdown(piece.text) });
    else addFence(step, piece, fail);
  }

  if (steps.length === 0) fail(end + 2, 'no steps; a step begins with "## title"');
  for (const step of steps) {
    const at = lines.indexOf(`## ${step.title}`) + 1;
    if (step.goals.length > 0 && step.solution.length === 0) fail(at, 'a step with goals needs a solution');
    if (step.goals.length === 0 && step.solution.length + step.wrong.length > 0) fail(at, 'a solution or wrong answers without goals');
  }
  return { chapter, id, title, summary, covers, steps };
}

type Fail = (line: number, problem: string) => never;
/** A part of the text; `line` counts from 1. */
type Piece = { kind: 'heading'; line: number; text: string } | { kind: 'prose'; line: number; text: string } | Fence;
type Fence = { kind: 'fence'; line: number; language: string; words: string[]; text: string };

function splitPieces(lines: string[], from: number, fail: Fail): Piece[] {
  const pieces: Piece[] = [];
  let prose: string[] = [];
  let proseLine = 0;
  const flush = () => {
    const text = prose.join('\n').trim();
    if (text) pieces.push({ kind: 'prose', line: proseLine, text });
    prose = [];
  };
  for (let index = from; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line.startsWith('```')) {
      flush();
      const close = lines.indexOf('```', index + 1);
      if (close < 0) fail(index + 1, 'this fence is never closed');
      const [language = '', ...words] = line.slice(3).trim().split(/\s+/);
      pieces.push({ kind: 'fence', line: index + 1, language, words, text: lines.slice(index + 1, close).join('\n') });
      index = close;
    } else if (line.startsWith('## ')) {
      flush();
      pieces.push({ kind: 'heading', line: index + 1, text: line.slice(3).trim() });
    } else if (/^#\s/.test(line)) {
      fail(index + 1, 'the title stands in the front matter; steps are "## title"');
    } else {
      if (prose.length === 0 && line.trim() === '') continue;
      if (prose.length === 0) proseLine = index + 1;
      prose.push(line);
    }
  }
  flush();
  return pieces;
}

function addFence(step: Step, piece: Fence, fail: Fail): void {
  const { language, words, text, line } = piece;
  switch (language) {
    case 'run': {
      const [node = 'node1', cwd = '~'] = words;
      for (const command of commandLines(text)) step.blocks.push({ kind: 'run', node, cwd, command });
      break;
    }
    case 'goals':
      step.goals.push(...readGoals(text, line + 1, fail));
      break;
    case 'hint':
      step.hints.push(markdown(text));
      break;
    case 'solution':
      step.solution.push(...commandLines(text));
      break;
    case 'wrong':
      step.wrong.push(...readWrongAnswers(text, line + 1, fail));
      break;
    default:
      step.blocks.push(listing(language, text));
  }
}

function listing(language: string, text: string): Block {
  return language === 'output' ? { kind: 'output', text } : { kind: 'listing', language, text };
}

function readFrontMatter(front: unknown, chapter: string, fail: Fail): Pick<Lesson, 'title' | 'summary' | 'covers'> {
  const fields = record(front) ?? fail(2, 'the front matter is not a list of fields');
  const known = ['title', 'chapter', 'summary', 'covers'];
  for (const key of Object.keys(fields)) if (!known.includes(key)) fail(2, `unknown field ${key}; there are: ${known.join(', ')}`);
  const text = (key: string): string => {
    const value = fields[key];
    return typeof value === 'string' && value !== '' ? value : fail(2, `${key} is missing`);
  };
  if (text('chapter') !== chapter) fail(2, `chapter is ${text('chapter')}, but the folder is ${chapter}`);
  const { covers } = fields;
  if (!isStrings(covers)) fail(2, 'covers is not a list of commands');
  return { title: text('title'), summary: text('summary'), covers: covers as string[] };
}

function readGoals(text: string, line: number, fail: Fail): Goal[] {
  const list = readYaml(text, line, fail);
  if (!Array.isArray(list) || list.length === 0) return fail(line, 'goals is not a list');
  return list.map((value: unknown) => {
    try {
      return parseGoal(value);
    } catch (error) {
      return fail(line, error instanceof Error ? error.message : String(error));
    }
  });
}

function readWrongAnswers(text: string, line: number, fail: Fail): WrongAnswer[] {
  const list = readYaml(text, line, fail);
  if (!Array.isArray(list) || list.length === 0) return fail(line, 'wrong is not a list');
  return list.map((value: unknown) => {
    const { run, says, ...rest } = record(value) ?? {};
    if (typeof run !== 'string' || typeof says !== 'string' || Object.keys(rest).length > 0) {
      return fail(line, 'a wrong answer has run (command lines) and says (words of the explanation)');
    }
    return { run: commandLines(run), says };
  });
}

function readYaml(text: string, firstLine: number, fail: Fail): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) fail(firstLine + (error.linePos?.[0].line ?? 1) - 1, error.message.split('\n')[0] ?? 'bad YAML');
  return document.toJS() as unknown;
}

/** One command per line; a line that ends with a backslash goes on. */
function commandLines(text: string): string[] {
  return text
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function markdown(text: string): string {
  return marked.parse(text, { async: false, gfm: true }).trim();
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
