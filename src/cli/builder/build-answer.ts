/**
 * What `POST /build?version=2` answers: progress, the image's id, what went wrong and where; see docs/api-extensions.md.
 */
import type { CheckWarning } from './build-warnings.ts';
import type { SolveStatus } from './progress/solve-status.ts';
import type { ExcerptLine } from './source-excerpt.ts';

export interface BuildMessage {
  id?: string;
  aux?: unknown;
  error?: string;
  errorDetail?: { message: string };
}

export type BuildEvent =
  | { kind: 'progress'; status: SolveStatus }
  | { kind: 'image'; id: string }
  | { kind: 'source'; file: string; lines: ExcerptLine[] }
  | { kind: 'check'; warnings: CheckWarning[] }
  | { kind: 'failure'; message: string }
  | { kind: 'unknown' };

export function buildEvent({ id, aux, error, errorDetail }: BuildMessage): BuildEvent {
  if (error !== undefined || errorDetail) return { kind: 'failure', message: errorDetail?.message ?? error ?? '' };
  switch (id) {
    case 'drydock.build.status':
      return { kind: 'progress', status: aux as SolveStatus };
    case 'moby.image.id':
      return { kind: 'image', id: (aux as { ID: string }).ID };
    case 'drydock.build.source': {
      const { file, lines } = aux as { file: string; lines: ExcerptLine[] };
      return { kind: 'source', file, lines };
    }
    case 'drydock.build.check':
      return { kind: 'check', warnings: (aux as { warnings: CheckWarning[] | null }).warnings ?? [] };
    default:
      return { kind: 'unknown' };
  }
}

/** As buildx says it, whatever of its words the daemon has said already. */
export function buildFailure(message: string): string {
  if (message.startsWith('failed to build: ')) return message;
  return `failed to build: ${message.startsWith('failed to solve: ') ? '' : 'failed to solve: '}${message}`;
}
