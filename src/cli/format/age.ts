/** Times of rows: how long ago, and when, in UTC as the guest's clock is. */
import { humanDuration } from '../units/duration.ts';

/** `3 hours ago`. */
export function agoOf(createdSeconds: number, nowMs: number): string {
  return `${humanDuration(nowMs - createdSeconds * 1000)} ago`;
}

/** Go's `time.Unix(seconds, 0).String()`: `2026-11-23 19:40:03 +0000 UTC`. */
export function timeText(seconds: number): string {
  return `${isoSeconds(seconds).replace('T', ' ')} +0000 UTC`;
}

/** RFC 3339 without fraction: `2026-11-23T19:40:03Z`. */
export function rfc3339(seconds: number): string {
  return `${isoSeconds(seconds)}Z`;
}

function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
