/**
 * The answer of a pull or push: its progress, line by line. What fails before anything was said is an error of the
 * request, later it is the last line. A client that goes away ends the work.
 */
import { Cancellation } from '../../cancellation.ts';
import { Channel } from '../../channel.ts';
import { messageOf } from '../../errors.ts';
import type { PushProgress } from '../../image/progress.ts';
import { bytes, goJson, mapStream } from '../answer.ts';
import type { ApiResponse } from '../http.ts';
import type { ProgressMessage } from '../types/system.ts';
import { errorMessage, progressLineEnd, progressMessage } from './progress-json.ts';

/** Progress that nobody reads is dropped past this many lines. */
const progressCapacity = 4096;

export async function transferAnswer(
  transfer: (options: { progress: (progress: PushProgress) => void; cancellation: Cancellation }) => Promise<void>,
): Promise<ApiResponse> {
  const cancellation = new Cancellation();
  const lines = new Channel<ProgressMessage>({ capacity: progressCapacity, onClose: () => cancellation.cancel() });
  let begun!: () => void;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  const progress = (said: PushProgress): void => {
    lines.push(progressMessage(said));
    begun();
  };
  const work = transfer({ progress, cancellation });
  await Promise.race([beginning, work]);
  work.then(
    () => lines.end(),
    (error: unknown) => {
      // Waits for room: without it the client would take the end for success.
      void lines.write(errorMessage(messageOf(error))).then(() => lines.end());
    },
  );
  return progressAnswer(lines);
}

export function progressAnswer(lines: AsyncIterable<ProgressMessage>): ApiResponse {
  const encoder = new TextEncoder();
  return bytes(
    200,
    'application/json',
    mapStream(lines, (line) => encoder.encode(goJson(line) + progressLineEnd)),
  );
}
