import assert from "node:assert/strict";
import { join } from "node:path";
import { output, run } from "../fleet";
import { checkout } from "../fleet/script";

/** A program that counts the traces that are formatted while it makes a resource, which is then refused. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { SigningKey } = require(${JSON.stringify(join(checkout, "sdk"))});
let formatted = 0;
Error.prepareStackTrace = (error, frames) => {
  formatted++;
  return [String(error), ...frames.map((frame) => "    at " + String(frame))].join("\\n");
};
const refused = () => { throw new Error("refused by the engine") };
pulumi.runtime.setMocks({ newResource: refused, call: refused });
process.on("unhandledRejection", (error) => {
  console.log(JSON.stringify({ during, stack: error.stack }));
  process.exit();
});
function placeInTheProgram() {
  new SigningKey("key", { name: "key-1" });
}
placeInTheProgram();
const during = formatted;
`;

interface Told {
  readonly during: number;
  readonly stack: string;
}

async function told(variables: Record<string, string> = {}): Promise<Told> {
  const command = [process.execPath, "--require", "tsx/cjs", "--eval", program];
  const environment = { ...process.env, ...variables } as Record<string, string>;
  return JSON.parse(output("node", await run(command, { environment }))) as Told;
}

describe("a resource of a program", () => {
  it("formats no trace for each of its properties, and still tells where it stands when it is refused", async () => {
    const { during, stack } = await told();
    // Where it stands in the program, for the engine.
    assert.ok(during <= 2, `${during} traces`);
    assert.match(stack, /^Error: failed to register new resource key .*: refused by the engine\n/);
    assert.match(stack, /^ {4}at new SigningKey.*\n {4}at placeInTheProgram /m);
  });

  it("formats them for who looks for promises that leak", async () => {
    const { during } = await told({ PULUMI_DEBUG_PROMISE_LEAKS: "true" });
    assert.ok(during > 20, `${during} traces`);
  });
});
