import { TimeoutError, type FailureDetails } from "../errors";

/** Seconds without any progress after which a live machine's Nix counts as hung. */
export const defaultIdleLimit = 600;

/** What is told of work that no longer moves. */
export interface Standstill extends FailureDetails {
  readonly lastSeen?: string;
}

/**
 * Waits for work for as long as it makes progress, which it tells by calling `moved`.
 * @param stuck asked when nothing has moved for too long
 * @throws TimeoutError after so many seconds without; the work itself is the caller's to end
 */
export async function whileMoving<T>(
  seconds: number,
  stuck: () => Standstill,
  work: (moved: () => void) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = (): void =>
      reject(new TimeoutError({ lastSeen: "nothing moved in that time", ...stuck(), waited: seconds }));
    timer = setTimeout(giveUp, seconds * 1000);
  });
  try {
    return await Promise.race([work(() => timer?.refresh()), givenUp]);
  } finally {
    clearTimeout(timer);
  }
}
