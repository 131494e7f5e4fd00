import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "./fleet";
import { checkout } from "./fleet/script";

/** Checks the inputs of a build in a provider process of its own, as often; what it says goes to standard error. */
async function checked(times: number, inputs: object): Promise<{ said: string[]; inputs: object }> {
  const program = `
    const { nixBuild } = require(${JSON.stringify(join(checkout, "provider"))});
    const all = Array.from({ length: ${times} }, () => nixBuild.check({}, ${JSON.stringify(inputs)}));
    Promise.all(all).then((answers) => { console.log(JSON.stringify(answers.at(-1))); process.exit(0); });`;
  const outcome = await run([process.execPath, "--require", "tsx/cjs", "-e", program]);
  assert.equal(outcome.code, 0, outcome.stderr);
  const { inputs: found } = JSON.parse(outcome.stdout) as { inputs: object };
  return { said: outcome.stderr.split("\n").filter((line) => line !== ""), inputs: found };
}

const path = (name: string): string => `/nix/store/00000000000000000000000000000000-${name}`;
const build = { drvPath: path("a.drv"), outPath: path("a"), outputs: { out: path("a") } };
const messages = [
  { severity: "warning", text: "a is old" },
  { severity: "info", text: "b is new" },
];

describe("what the program found out about a resource", () => {
  it("is said once when it is checked, and goes no further", async () => {
    const { said, inputs } = await checked(2, { ...build, __urn: "urn:a", __program: { messages } });
    assert.deepEqual(said, ["warning: a is old", "info: b is new"]);
    assert.deepEqual(inputs, { ...build, keepBuilds: 3, __urn: "urn:a" });
  });
});
