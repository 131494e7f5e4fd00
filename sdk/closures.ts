import * as pulumi from "@pulumi/pulumi";
import { closureFacts, type ClosureFacts, type ClosureRequest } from "../provider/nix/closure-facts";
import { controllerHost } from "../provider/session";
import { endedWithProgram } from "./evaluation";

/**
 * Finds out what is in the closures of a program's builds, all together, as they are evaluated: those that ask for it
 * are built for that.
 */

interface Request {
  readonly closure: ClosureRequest;
  readonly settle: (facts: Promise<ClosureFacts>) => void;
}

// Builds that were evaluated together ask within one turn of the event loop.
const quietMilliseconds = 5;

let waiting: Request[] = [];
let timer: NodeJS.Timeout | undefined;

export function factsOfClosure(closure: ClosureRequest): Promise<ClosureFacts> {
  return new Promise((settle) => {
    waiting.push({ closure, settle });
    clearTimeout(timer);
    timer = setTimeout(lookAtWaiting, quietMilliseconds);
  });
}

function lookAtWaiting(): void {
  const requests = waiting;
  waiting = [];
  const closures = requests.map(({ closure }) => closure);
  const isPreview = pulumi.runtime.isDryRun();
  const all = controllerHost().then((controller) =>
    closureFacts(controller, closures, { isPreview, onBuild: (name) => showProgress(`building ${name}`) }),
  );
  const outcome = endedWithProgram(all);
  requests.forEach(({ settle }, index) => settle(outcome.then((facts) => facts[index] as ClosureFacts)));
}

/** In the stack's status column: a resource is not registered before its inputs are known. */
function showProgress(text: string): void {
  // Words that cannot be delivered are no failure of the work.
  pulumi.log.info(text, undefined, undefined, true).catch(() => undefined);
}
