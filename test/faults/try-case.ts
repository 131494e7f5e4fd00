import { isDeepStrictEqual } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { Attempt } from "./attempt";
import type { Case, End, Said } from "./fault";
import type { Observed, Subject, Version } from "./kinds/kind";
import { leftOver } from "./left-over";

/** How a case ended. */
export interface Result {
  readonly end: End;
  readonly said: Said;
  /** What is not as it should be; none when all is well. */
  readonly problems: readonly string[];
}

/** Lets a deployment go wrong, and looks at everything behind it. */
export async function tryCase(subject: Subject, tried: Case): Promise<Result> {
  const attempt = new Attempt(subject, tried);
  const late = new AbortController();
  try {
    return await Promise.race([wholeCase(attempt), tooLate(attempt, late.signal)]);
  } finally {
    late.abort();
    await attempt.undoFault();
    await attempt.close();
  }
}

/** Seconds; a case takes a tenth of it. */
const limit = 180;

async function tooLate({ records }: Attempt, signal: AbortSignal): Promise<Result> {
  await delay(limit * 1000, undefined, { signal });
  throw new Error(`the case has not come to its end within ${limit} s\n${records.told()}`);
}

async function wholeCase(attempt: Attempt): Promise<Result> {
  await attempt.prepare();
  return goWrong(attempt);
}

async function goWrong(attempt: Attempt): Promise<Result> {
  const { subject, tried, problems, records } = attempt;
  await tried.fault.arm?.(attempt);
  const [error] = await Promise.all([deployed(attempt), tried.fault.during?.(attempt)]);
  await records.untilEnded();
  await attempt.undoFault();
  const seen = await subject.observe();
  const end = endOf(attempt, seen);
  const said = tried.fault.coordinator ? "killed" : saidBy(error);
  problems.push(...judged(attempt, end, said), ...(tried.fault.judge?.(attempt, error, seen) ?? []));
  if (problems.length > 0) problems.push(`error: ${error?.message ?? "none"}`, records.told());
  await goOn(attempt);
  return { end, said, problems };
}

/** Gives the coordinator's error. */
async function deployed(attempt: Attempt): Promise<Error | undefined> {
  const { coordinator } = attempt.tried.fault;
  if (coordinator === undefined) return attempt.carryOut();
  attempt.process = attempt.coordinator(coordinator.confirms);
  return attempt.process.ended;
}

function endOf({ subject, before, tried, problems }: Attempt, seen: Observed): End {
  const wanted = subject.after(before, "new");
  if (isDeepStrictEqual(seen, before)) return "old";
  if (isDeepStrictEqual(seen, wanted)) return "new";
  if (tried.fault.ends !== "between")
    problems.push(`neither old nor new: ${JSON.stringify({ seen, before, wanted }, null, 1)}`);
  return "between";
}

/** What the first line and the lines below say of the machine. */
export function saidBy(error: Error | undefined): Said {
  if (error === undefined) return "nothing";
  if (!/^\S+ing \S.* on \S+ failed: \S/.test(error.message)) throw error;
  if (/^the machine was changed: /m.test(error.message)) return "changed";
  if (/^the machine is as before: /m.test(error.message)) return "as before";
  if (error.message.includes("how it ended is not known")) return "not known";
  return "refused";
}

/** In a redeployment the old state and the new one are the same one. */
function judged({ tried: { fault, deployment } }: Attempt, end: End, said: Said): string[] {
  const same = deployment === "redeploy" && end === "old";
  const allowed = fault.ends === "between" || (end !== "between" && fault.ends.includes(end));
  const problems = allowed || same ? [] : [`it ended ${end}, not ${fault.ends}`];
  if (!fault.said.includes(said)) problems.push(`it said "${said}", not one of "${fault.said.join('", "')}"`);
  if ((said === "as before" || said === "refused") && end !== "old") problems.push(`"${said}" is not true`);
  if (said === "nothing" && end !== "new" && !same) problems.push("no error, and not the new state");
  return problems;
}

/** The next update makes it so, and so does the one behind that; then nothing is left. */
async function goOn(attempt: Attempt): Promise<void> {
  const { problems, host } = attempt;
  problems.push(...(await leftOver(host)).map((line) => `left behind: ${line}`));
  await makeSo(attempt, "new", attempt.plainInputs("new", attempt.again));
  await makeSo(attempt, "later", attempt.plainInputs("later", "next"));
  problems.push(...(await leftOver(host)).map((line) => `left behind in the end: ${line}`));
}

/** Also the state says what is there then. */
async function makeSo(attempt: Attempt, version: Version, inputs: object): Promise<void> {
  const { subject, managed, problems } = attempt;
  const wanted = subject.after(await subject.observe(), version);
  await attempt.update(inputs);
  const seen = await subject.observe();
  if (!isDeepStrictEqual(seen, wanted)) {
    problems.push(`${version} behind it: ${JSON.stringify({ seen, wanted }, null, 1)}`);
  }
  const drift = await managed.drift(inputs);
  if (drift.length > 0) problems.push(`the state is not what is there: ${drift.join(", ")}`);
}
