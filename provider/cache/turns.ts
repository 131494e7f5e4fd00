const last = new Map<string, Promise<unknown>>();

/**
 * Pushes to one cache come one after the other: closures share paths, of which two at a time would send both copies, and
 * of what is told of a path the last writer's signatures would be all that stay.
 */
export function inTurn<T>(cache: string, push: () => Promise<T>): Promise<T> {
  const turn = (last.get(cache) ?? Promise.resolve()).then(push);
  last.set(
    cache,
    turn.catch(() => undefined),
  );
  return turn;
}
