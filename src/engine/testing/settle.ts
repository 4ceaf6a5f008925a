/** Waiting in tests that have no timers: lets pending promise reactions run until something holds. */
export async function until(holds: () => boolean, turns = 10_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (holds()) return;
    await Promise.resolve();
  }
  throw new Error('did not come to hold');
}
