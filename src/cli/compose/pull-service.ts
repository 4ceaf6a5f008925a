/** Pulls one service's image and tells of it. Source: docker/compose 2.26.1 pkg/compose/pull.go. */
import { ApiError } from '#engine/api/client.ts';
import type { ImageInspect } from '#engine/api/types/image.ts';
import type { ProgressMessage } from '#engine/api/types/system.ts';
import { fullName, parseNormalizedNamed, tagNameOnly } from '#engine/oci/reference.ts';
import { registryAuth } from '../registry/credentials.ts';
import { errorLine } from '../error-line.ts';
import { ComposeError } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import type { ComposeService } from './project.ts';
import type { ProgressEvent, ProgressWriter } from './progress.ts';

const PULL_FAILURE = 18;
const OVER = ['Download complete', 'Already exists', 'Pull complete'];
const MEASURED = ['Downloading', 'Extracting', 'Verifying Checksum'];

/** The image could not be pulled, in the daemon's words. */
export class PullError extends ComposeError {
  constructor(message: string) {
    super(message, PULL_FAILURE);
  }
}

export interface PullServiceOptions {
  /** `--quiet-pull`: layers are not told of. */
  quiet: boolean;
  /** A failure is no more than a warning. */
  canBuild: boolean;
}

/**
 * @returns the image's id
 * @throws PullError
 */
export async function pullService(work: ComposeWork, service: ComposeService, options: PullServiceOptions): Promise<string> {
  const { api, context, progress } = work;
  const { name: id, image = '' } = service;
  const reference = tagNameOnly(parseNormalizedNamed(image));
  progress.event({ id, text: 'Pulling', status: 'working' });
  const platform = service.platform || context.environment.env['DOCKER_DEFAULT_PLATFORM'] || undefined;
  const query = { fromImage: familiar(image, fullName(reference)), tag: reference.digest ?? reference.tag, platform };
  const headers = await registryAuth(context, reference);
  const asked = api.messages<ProgressMessage>('/images/create', { method: 'POST', query, headers });
  const messages = await asked.catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    const [status, text] = options.canBuild ? (['warning', 'Warning'] as const) : (['error', 'Error'] as const);
    progress.event({ id, text, status, statusText: error.message });
    throw new PullError(errorLine(error));
  });
  for await (const message of messages) {
    // Of what fails on the way nothing is told but what it ends with.
    if (message.errorDetail || message.error) throw new PullError(message.errorDetail?.message ?? message.error ?? '');
    if (!options.quiet) layerEvent(progress, id, message);
  }
  progress.event({ id, text: 'Pulled', status: 'done' });
  return (await api.get<ImageInspect>(`/images/${image}/json`)).Id;
}

/** The name as the file has it, without tag and digest: that is what Compose sends. */
function familiar(image: string, full: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  const bare = colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
  return full.endsWith(bare) ? bare : full;
}

function layerEvent(progress: ProgressWriter, parentId: string, { id = '', status = '', progressDetail }: ProgressMessage): void {
  if (id === '' || !progressDetail) return;
  const event: ProgressEvent = { id, parentId, text: status, status: 'working' };
  if (MEASURED.includes(status)) {
    const { current = 0, total = 0 } = progressDetail;
    Object.assign(event, { current, total, percent: total > 0 ? Math.trunc((current * 100) / total) : 0 });
  } else if (OVER.includes(status)) Object.assign(event, { status: 'done', percent: 100 });
  progress.event(event);
}
