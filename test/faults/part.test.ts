import assert from "node:assert/strict";
import { someCases } from "./cases";
import { sorts } from "./faults";
import { deployments, kindNames } from "./kinds/kind";
import { describeMatrix } from "./matrix";

// All of them: npm run test:faults.
describeMatrix(
  "a deployment that goes wrong (a part)",
  someCases,
  { bookworm: 1, trixie: 1 },
  () => undefined,
);

describe("the part of the matrix of faults that is always run", () => {
  it("touches every sort of fault, and every deployment of every kind", () => {
    for (const sort of sorts) assert.ok(someCases.some(({ fault }) => sort.includes(fault)));
    const met = new Set(someCases.map(({ kind, deployment }) => `${kind} ${deployment}`));
    assert.equal(met.size, kindNames.length * deployments.length);
  });
});
