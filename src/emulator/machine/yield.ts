/**
 * How the processor's loop gives way to other work. v86 spins through the last millisecond before every
 * timer of the guest, which costs an idle tab some percent of a core; here the guest's timers are up to a
 * millisecond late instead. In a browser, v86 sends a message to a second worker and back for every turn; a
 * message channel within the worker is several times quicker and needs no script from a blob.
 */
import type { Loop } from './v86-parts.ts';

/** Shorter waits are not worth a timer. */
const SPIN_MS = 0.05;

export function giveWay(loop: Loop): void {
  loop.unregister_yield();
  const { next, close } = typeof setImmediate === 'function' ? byImmediate(loop) : byMessage(loop);
  let timer: ReturnType<typeof setTimeout> | undefined;
  loop.yield = (delayMs, tick) => {
    clearTimeout(timer);
    if (delayMs <= SPIN_MS) next(tick);
    else timer = setTimeout(() => loop.yield_callback(tick), Math.ceil(delayMs));
  };
  loop.unregister_yield = () => {
    clearTimeout(timer);
    close();
  };
}

interface NextTurn {
  /** Lets waiting work go first, then takes the turn. */
  next(tick: number): void;
  close(): void;
}

function byImmediate(loop: Loop): NextTurn {
  return { next: (tick) => void setImmediate(() => loop.yield_callback(tick)), close: () => {} };
}

function byMessage(loop: Loop): NextTurn {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event: MessageEvent<number>) => loop.yield_callback(event.data);
  return { next: (tick) => port2.postMessage(tick), close: () => port1.close() };
}
