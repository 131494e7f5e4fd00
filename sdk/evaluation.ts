import type { BuildSource } from "../provider/nix/build-source";
import { evaluateAll, type Evaluation } from "../provider/nix/evaluate";
import { controllerHost } from "../provider/session";

/**
 * Collects the builds that a program asks for and has them evaluated together. A build whose arguments come from
 * another resource arrives later, and goes with the next lot.
 */

interface Request {
  readonly source: BuildSource;
  readonly settle: (evaluation: Promise<Evaluation>) => void;
}

// Inputs settle within a few turns of the event loop, one after another; this much quiet means that all are in.
const quietMilliseconds = 10;

let waiting: Request[] = [];
let timer: NodeJS.Timeout | undefined;

export function evaluate(source: BuildSource): Promise<Evaluation> {
  return new Promise((settle) => {
    waiting.push({ source, settle });
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
    ),
  );
  requests.forEach(({ settle }, index) =>
    settle(all.then((evaluations) => evaluations[index] as Evaluation)),
  );
}
