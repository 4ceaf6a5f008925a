/**
 * Tabs of the app that are open at the same time have machines of their own, so their previews must not share an origin. A
 * tab keeps what it has claimed for as long as it is open.
 */
export function claimOrigin(origin: string): Promise<boolean> {
  if (!('locks' in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const kept = navigator.locks.request(`drydock preview ${origin}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
    kept.catch(() => resolve(true));
  });
}
