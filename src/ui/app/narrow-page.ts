/** Below this width one thing is shown at a time, and the machine is fetched only when asked for. App.svelte's style has the same number. */
export const narrowPage = matchMedia('(max-width: 899px)');
