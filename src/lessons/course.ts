/**
 * The order of chapters and lessons. A lesson's text lies in
 * `content/<chapter>/<lesson>/lesson.md`; a lesson that is not listed here is not shown.
 */

export interface Chapter {
  /** Folder under content/. */
  id: string;
  title: string;
  /** Folders under the chapter's, in reading order. */
  lessons: readonly string[];
}

export const chapters: readonly Chapter[] = [{ id: 'first-containers', title: 'First containers', lessons: ['your-first-container'] }];
