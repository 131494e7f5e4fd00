import type { Attempt } from "../attempt";
import type { Fault } from "../fault";
import { activating, checking, committing, entering, type Point } from "./points";

const asBefore = { ends: "old", said: ["as before"] } satisfies Partial<Fault>;

/** The host goes off at once, and is switched on again. */
export const faultsOfPower: readonly Fault[] = [
  // Nothing was changed yet: it is begun again, and the coordinator is still there to confirm it.
  { ...poweredOffWhile(entering), ends: "new", said: ["nothing"] },
  { ...poweredOffWhile(activating), ...asBefore },
  { ...poweredOffWhile(checking), ...asBefore },
  {
    name: "power lost while it is waiting for the confirmation",
    ...asBefore,
    beforeConfirm: ({ host }) => host.powerLoss().then(() => host.boot()),
  },
  { ...poweredOffWhile(committing), ends: "new", said: ["nothing"] },
];

function poweredOffWhile(point: Point): Pick<Fault, "name" | "inputs" | "arm" | "during"> {
  return {
    name: `power lost while it is ${point.name}`,
    inputs: point.inputs ?? {},
    arm: (attempt) => point.hold(attempt),
    during: async (attempt) => {
      await point.there(attempt);
      await powerOffAndOn(attempt);
    },
  };
}

async function powerOffAndOn(attempt: Attempt): Promise<void> {
  await attempt.host.powerLoss();
  attempt.release();
  await attempt.host.boot();
}
