/**
 * What work done side by side gives, once all of it has ended: nothing goes on behind a failure.
 *
 * @throws the failure of the first in the list that failed
 */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
