import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";

/**
 * Runs every test in two processes of mocha at once, each with hosts of its own: most tests wait for a machine, and
 * those with the real engine want a processor. The first one's report is shown as it comes, the other's behind it.
 * The last line is "N passed, N failed".
 */
const checkout = join(__dirname, "../..");
const withEngine = /^test\/(engine|examples|tour|package|bench)\//;
const files = readdirSync(join(checkout, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file}`)
  .sort();
const lanes = [files.filter((file) => withEngine.test(file)), files.filter((file) => !withEngine.test(file))];

interface Lane {
  readonly process: ChildProcess;
  readonly ended: Promise<{ passed: number; failed: number; report: string }>;
}

const running = lanes.map((lane, number) => start(lane, number === 0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => running.forEach(({ process: mocha }) => mocha.kill(signal)));
}
void finish();

function start(lane: string[], isShown: boolean): Lane {
  const args = ["setup/test/mocha.sh", ...lane];
  // The last line of each goes to a descriptor of its own: only one of the run is to be seen.
  const mocha = spawn("sh", args, {
    cwd: checkout,
    env: { ...process.env, LANE: "yes" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, output, errors, lastLine] = mocha.stdio as Readable[];
  const reports = [output, errors].map((stream) => collected(stream as Readable, isShown));
  const count = collected(lastLine as Readable, false);
  const ended = new Promise<void>((resolve) => mocha.once("close", () => resolve())).then(() => ({
    report: isShown ? "" : reports.map((report) => report()).join(""),
    ...counted(count()),
  }));
  return { process: mocha, ended };
}

function collected(stream: Readable, isShown: boolean): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isShown) process.stdout.write(chunk);
  });
  return () => Buffer.concat(chunks).toString();
}

/** A process that does not come to its last line has failed. */
function counted(lastLine: string): { passed: number; failed: number } {
  const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed\s*$/.exec(lastLine) ?? [];
  return { passed: Number(passed), failed: Number(failed) };
}

async function finish(): Promise<void> {
  const [checksPassed = 0, checksFailed = 0] = (process.env["CHECKS"] ?? "").split(" ").map(Number);
  const results = await Promise.all(running.map(({ ended }) => ended));
  process.stdout.write(results.map(({ report }) => report).join("\n"));
  const passed = results.reduce((sum, lane) => sum + lane.passed, checksPassed);
  const failed = results.reduce((sum, lane) => sum + lane.failed, checksFailed);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`\n${passed} passed, ${failed} failed`);
}
