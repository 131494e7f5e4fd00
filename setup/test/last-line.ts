import { writeSync } from "node:fs";
import { reporters, type MochaOptions, type Runner } from "mocha";

let passed = 0;
let failed = 0;
let isComplete = false;

/** mocha's own report, and at the very end of the process the line that counts everything. */
export default class LastLine extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.on("pass", () => passed++);
    // A failed hook is a failure too.
    runner.on("fail", () => failed++);
    runner.once("end", () => (isComplete = true));
  }
}

// Also when a test file cannot be loaded, or something ends the run: that is one failure more.
process.once("exit", (code) => {
  const cutShort = !isComplete || (code !== 0 && failed === 0) ? 1 : 0;
  const failures = failed + cutShort;
  if (failures > 0 && code === 0) process.exitCode = 1;
  const line = `${passed} passed, ${failures} failed`;
  // One of several processes tells it to lanes.ts.
  if (process.env["LANE"] === "yes") writeSync(3, line);
  else console.log(`\n${line}`);
});
process.once("SIGTERM", () => process.exit(143));
