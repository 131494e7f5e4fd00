import * as pulumi from "@pulumi/pulumi";
import type { BuildSource } from "../provider/nix/build-source";
import { evaluateAll, type Evaluation } from "../provider/nix/evaluate";
import { closeHosts, controllerHost } from "../provider/session";

/**
 * Collects the builds that a program asks for and has them evaluated together. A build whose arguments come from
 * another resource arrives later, and goes with the next lot.
 */

interface Request {
  /** What the status calls it. */
  readonly name: string;
  readonly source: BuildSource;
  readonly settle: (evaluation: Promise<Evaluation>) => void;
}

// Inputs settle within a few turns of the event loop, one after another; this much quiet means that all are in.
const quietMilliseconds = 10;

let waiting: Request[] = [];
let timer: NodeJS.Timeout | undefined;

export function evaluate(name: string, source: BuildSource): Promise<Evaluation> {
  return new Promise((settle) => {
    waiting.push({ name, source, settle });
    clearTimeout(timer);
    timer = setTimeout(evaluateWaiting, quietMilliseconds);
  });
}

function evaluateWaiting(): void {
  const requests = waiting;
  waiting = [];
  const all = controllerHost().then((controller) =>
    evaluateAll(
      requests.map(({ source }) => source),
      controller,
      ({ index, begun, total }) =>
        showProgress(`evaluating ${begun} of ${total}: ${requests[index]?.name ?? ""}`),
    ),
  );
  const outcome = endedWithProgram(all).then((evaluations) => withOtherFailures(requests, evaluations));
  requests.forEach(({ settle }, index) =>
    settle(outcome.then((evaluations) => evaluations[index] as Evaluation)),
  );
}

/** Of more, only the number is said. */
const mostOthers = 10;

/** The engine ends at the first resource that has a problem: so each that failed names the others too. */
function withOtherFailures(requests: readonly Request[], evaluations: readonly Evaluation[]): Evaluation[] {
  const failures = evaluations.map((one, index) =>
    one.ok ? undefined : `${requests[index]?.name}: ${one.reason.split("\n", 1)[0]}`,
  );
  return evaluations.map((evaluation, index) => {
    const others = failures.filter((line, at) => line !== undefined && at !== index);
    if (evaluation.ok || others.length === 0) return evaluation;
    const more = others.length > mostOthers ? [`and ${others.length - mostOthers} more`] : [];
    const lines = [...others.slice(0, mostOthers), ...more].map((line) => `  ${line}`);
    const reason = [evaluation.reason, "What else could not be evaluated:", ...lines].join("\n");
    return { ...evaluation, reason };
  });
}

/** Milliseconds: a log without a terminal gets a line for each. */
const statusInterval = 500;
let shownAt = 0;

/** In the stack's status column: the resource is not registered before it is evaluated. */
function showProgress(text: string): void {
  if (!pulumi.runtime.hasEngine() || Date.now() - shownAt < statusInterval) return;
  shownAt = Date.now();
  // Words that cannot be delivered are no failure of the work.
  pulumi.log.info(text, undefined, undefined, true).catch(() => undefined);
}

const endings = ["SIGINT", "SIGTERM"] as const;
let running = 0;
let ending: Promise<unknown> | undefined;

/**
 * Nix runs in a process group of its own, which ^C does not reach: as long as it runs, a signal that ends the program
 * ends it first.
 */
export async function endedWithProgram<T>(work: Promise<T>): Promise<T> {
  if (running === 0) for (const signal of endings) process.on(signal, endEvaluations);
  running += 1;
  try {
    return await work;
  } finally {
    running -= 1;
    if (running === 0) stopListening();
    await ending; // The program ends by the signal, not by what it does to the evaluation.
  }
}

/** A program that handles the signal itself goes on to do so; any other ends by it, as it would have. */
function endEvaluations(signal: NodeJS.Signals): void {
  stopListening();
  const isHandled = process.listenerCount(signal) > 0;
  ending = closeHosts().then(() => isHandled || process.kill(process.pid, signal));
}

function stopListening(): void {
  for (const signal of endings) process.off(signal, endEvaluations);
}
