import { sharedFleet, type Host, type Suite } from "../../fleet";
import { Trial } from "./trial";

/** Something that goes wrong with a copy, and what has to be true of it. */
export interface CopyFault {
  /** Completes "a copy …". */
  readonly name: string;
  try(trial: Trial): Promise<unknown>;
}

/** A test a fault on a host of each suite, which is left as it was. */
export function describeCopyFaults(
  title: string,
  faults: readonly CopyFault[],
  suites: readonly Suite[],
  ended: (suite: Suite, name: string, trial: Trial, isRight: boolean) => void = () => undefined,
): void {
  for (const suite of suites)
    describe(`${title}, to ${suite}`, function () {
      let host: Host;
      before(async () => {
        host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      });

      for (const { name, try: attempt } of faults)
        it(name, async () => {
          const trial = await Trial.on(host);
          let isRight = false;
          try {
            await attempt(trial);
            isRight = true;
          } finally {
            ended(suite, name, trial, isRight);
            await trial.close();
          }
        });
    });
}
