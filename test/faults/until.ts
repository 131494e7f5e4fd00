import { setTimeout as delay } from "node:timers/promises";

/** Asks again and again until there is an answer. */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | undefined> | Value | undefined,
  seconds = 60,
): Promise<Value> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(20);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}
