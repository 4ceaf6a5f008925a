/**
 * How v86 translates the guest's code into WebAssembly. It takes up to three pages into a module, which the browser then
 * compiles for longer than most of that code ever runs: a container's start goes through much code, and little of it
 * often. With a page a module, 40 runs of `docker run --rm busybox echo` take a fifth less, the first 15 a third less;
 * long computations take the same (two busy cores, Node 20).
 */
import { assert } from '#engine/assert.ts';

/** v86's number for the setting. */
const MAX_PAGES = 1;

export function translateByPage(exports: WebAssembly.Exports): WebAssembly.Exports {
  const { set_jit_config: set, get_jit_config: get } = exports;
  assert(typeof set === 'function' && typeof get === 'function' && get(MAX_PAGES) === 3, 'v86 has the known settings');
  set(MAX_PAGES, 1);
  return exports;
}
