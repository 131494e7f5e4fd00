import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, InterruptedError } from "../errors";
import type { ObjectStore } from "./object-store";

/** Milliseconds before each further try. */
const usualWaits: readonly number[] = [200, 1000];

/** Asks again where the connection failed, which it does now and then: each question may be asked twice. */
export function retrying(store: ObjectStore, waits = usualWaits): ObjectStore {
  const again = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (const wait of waits) {
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await delay(wait);
    }
    return ask();
  };
  return {
    name: store.name,
    look: (key) => again(() => store.look(key)),
    read: (key) => again(() => store.read(key)),
    write: (key, body) => again(() => store.write(key, body)),
    close: () => store.close(),
  };
}

function isPassing(error: unknown): boolean {
  return error instanceof InterruptedError || (error instanceof ConnectError && error.phase === "reach");
}
