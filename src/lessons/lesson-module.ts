/**
 * Vite plugin: `lesson.md` becomes a module. `lesson.md?lesson` exports the parsed lesson,
 * `lesson.md?entry` only what lists need, so that one stays out of the other's chunk. A mistake in a
 * lesson is a build error with its line.
 */
import { entryOf } from './format.ts';
import { parseLesson } from './parse.ts';

export function lessonModules() {
  return {
    name: 'drydock-lessons',
    enforce: 'pre' as const,
    transform(source: string, id: string) {
      const [path = '', query] = id.split('?');
      if (!path.endsWith('/lesson.md') || (query !== 'lesson' && query !== 'entry')) return undefined;
      const lesson = parseLesson(source, path.slice(path.indexOf('content/')));
      return { code: `export default ${JSON.stringify(query === 'entry' ? entryOf(lesson) : lesson)};`, map: null };
    },
  };
}
