/** Every lesson of the course: the list at once, a lesson's text when it is opened. */
import { chapters, type Chapter } from './course.ts';
import { type Lesson, type LessonEntry, lessonKey } from './format.ts';

const entries = import.meta.glob<LessonEntry>('./content/*/*/lesson.md', { query: '?entry', import: 'default', eager: true });
const texts = import.meta.glob<Lesson>('./content/*/*/lesson.md', { query: '?lesson', import: 'default' });

const pathOf = (key: string) => `./content/${key}/lesson.md`;

export interface CatalogueChapter extends Omit<Chapter, 'lessons'> {
  lessons: LessonEntry[];
}

/** Chapters and lessons in reading order. */
export const catalogue: readonly CatalogueChapter[] = chapters.map(({ id, title, lessons }) => ({
  id,
  title,
  lessons: lessons.map((lesson) => {
    const entry = entries[pathOf(lessonKey({ chapter: id, id: lesson }))];
    if (!entry) throw new Error(`course.ts lists ${id}/${lesson}, which has no lesson.md`);
    return entry;
  }),
}));

export function chapterTitle(chapter: string): string {
  return catalogue.find((one) => one.id === chapter)?.title ?? '';
}

/** All of them with their texts, in reading order; for tests. */
export async function allLessons(): Promise<Lesson[]> {
  const lessons = await Promise.all(catalogue.flatMap((chapter) => chapter.lessons.map((entry) => openLesson(lessonKey(entry)))));
  return lessons.flatMap((lesson) => lesson ?? []);
}

/** The lesson that a key such as `first-containers/your-first-container` names. */
export async function openLesson(key: string): Promise<Lesson | undefined> {
  return texts[pathOf(key)]?.();
}
