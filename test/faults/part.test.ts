import assert from "node:assert/strict";
import { someCases } from "./cases";
import { faults } from "./faults";
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
  it("touches every fault, every kind and every deployment", () => {
    assert.deepEqual(new Set(someCases.map(({ fault }) => fault)), new Set(faults));
    const met = new Set(someCases.map(({ kind, deployment }) => `${kind} ${deployment}`));
    assert.equal(met.size, kindNames.length * deployments.length);
  });
});
