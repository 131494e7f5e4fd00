import { TimeoutError, type FailureDetails } from "../errors";

/** Seconds without any progress after which a live machine's Nix counts as hung. */
export const defaultIdleLimit = 600;

/**
 * Waits for work for as long as it makes progress, which it tells by calling `moved`.
 * @throws TimeoutError after so many seconds without; the work itself is the caller's to end
 */
export async function whileMoving<T>(
  seconds: number,
  details: FailureDetails,
  work: (moved: () => void) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    const giveUp = (): void =>
      reject(new TimeoutError({ ...details, waited: seconds, lastSeen: "nothing moved in that time" }));
    timer = setTimeout(giveUp, seconds * 1000);
  });
  try {
    return await Promise.race([work(() => timer?.refresh()), stuck]);
  } finally {
    clearTimeout(timer);
  }
}
