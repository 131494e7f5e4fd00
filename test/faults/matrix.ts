import assert from "node:assert/strict";
import type { FleetSize } from "../fleet";
import { nameOf } from "./cases";
import { Crew } from "./crew";
import type { Case } from "./fault";
import type { Result } from "./try-case";

/** A test a case, worked through by several hosts at once. What it takes in all is told, with the boots. */
export function describeMatrix(
  title: string,
  cases: readonly Case[],
  hosts: FleetSize,
  told: (results: ReadonlyMap<Case, Result>, minutes: number) => Promise<void> | void,
): void {
  const crew = new Crew(cases);
  const results = new Map<Case, Result>();
  let began = 0;

  describe(title, function () {
    before(function () {
      began = performance.now();
      return crew.begin(hosts);
    });
    after(async function () {
      this.timeout(0);
      await crew.end();
      await told(results, (performance.now() - began) / 60_000);
    });

    for (const tried of cases) {
      it(nameOf(tried), async function () {
        // Others may stand before it.
        this.timeout(0);
        const result = await crew.result(tried).catch(unfinished);
        results.set(tried, result);
        if (result.problems.length > 0) assert.fail(result.problems.join("\n"));
      });
    }
  });
}

/** A case that did not come to its end. */
function unfinished(error: Error): Result {
  return { end: "between", said: "not known", problems: [error.stack ?? error.message] };
}
