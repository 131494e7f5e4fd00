import type { Host } from "../host/host";

const last = new WeakMap<Host, Promise<unknown>>();

/**
 * Copies to one machine come one after the other: two at a time would share its connection anyway, and both would send
 * what both miss.
 */
export function inTurn<T>(target: Host, copy: () => Promise<T>): Promise<T> {
  const turn = (last.get(target) ?? Promise.resolve()).then(copy);
  last.set(
    target,
    turn.catch(() => undefined),
  );
  return turn;
}
