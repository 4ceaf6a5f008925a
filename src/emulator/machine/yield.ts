/**
 * How the processor's loop gives way to other work in a worker. v86 sends a message to a second worker
 * and back for every turn; a message channel within the worker is several times quicker and needs no
 * script from a blob.
 */
import type { Loop } from './v86-parts.ts';

export function useMessageChannel(loop: Loop): void {
  loop.unregister_yield();
  const { port1, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  port1.onmessage = (event: MessageEvent<number>) => loop.yield_callback(event.data);
  loop.yield = (delayMs, tick) => {
    clearTimeout(timer);
    if (delayMs < 1) port2.postMessage(tick);
    else timer = setTimeout(() => loop.yield_callback(tick), delayMs);
  };
  loop.unregister_yield = () => {
    clearTimeout(timer);
    port1.close();
  };
}
