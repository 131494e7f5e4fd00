import { faultFolder } from "../entry-program";
import type { Fault } from "../fault";

const asBefore = { ends: "old", said: ["as before"] } satisfies Partial<Fault>;
const flag = `${faultFolder}/well`;

/** What health checks find; the last thing that they saw is in the error. */
export const faultsOfChecks: readonly Fault[] = [
  {
    name: "health check fails",
    ...asBefore,
    inputs: checkedBy("echo not well; exit 1", { deadline: 2 }),
    judge: (_attempt, error) => saying("not well", error),
  },
  {
    name: "health check flaps",
    ...asBefore,
    inputs: checkedBy(`if [ -e ${flag} ]; then rm ${flag}; else touch ${flag}; echo flaps; exit 1; fi`, {
      deadline: 2,
    }),
    judge: (_attempt, error) => saying("flaps", error),
  },
  {
    name: "health check hangs",
    ...asBefore,
    inputs: checkedBy("sleep 1000", { timeout: 1, deadline: 3 }),
    judge: (_attempt, error) => saying("no end within 1.00 s", error),
  },
];

function checkedBy(text: string, tries: object): object {
  return { healthChecks: [{ command: ["sh", "-c", text], interval: 0.2, ...tries }] };
}

function saying(observation: string, error: Error | undefined): string[] {
  return error?.message.includes(observation) === true
    ? []
    : [`the error does not tell what was observed: ${observation}`];
}
