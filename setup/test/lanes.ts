import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { keepLengths, readLengths } from "./lengths";

/**
 * Runs the test files in processes of mocha, with hosts of their own, several at a time: most tests wait for a machine.
 * Those that do hosts no harm share a process and its hosts, as do those that need no machine; every other file has its own.
 * The checks of the sources are run beside all of them. The report of each is shown when it ends, and what failed is shown again behind
 * all of them: whoever sees only the end of a long log sees that. The last line is "N passed, N failed".
 */
const checkout = join(__dirname, "../..");

/**
 * Folders whose files use the shared hosts, and how many of them go one after the other in a process: to start mocha and to
 * boot hosts takes longer than many of them. A file that boots hosts of its own has a process of its own.
 */
const together: Readonly<Record<string, number>> = {
  copy: 20,
  host: 20,
  nix: 20,
  activation: 5,
  cli: 3,
  deployment: 3,
  engine: 6,
  examples: 4,
  resources: 5,
  systemd: 5,
};

/** Of what has not been run yet, what may take longest. Begun late, the end would wait for one alone. */
const slowFirst = [
  /^test\/(tour|faults)\//,
  /^test\/(deployment|activation|examples)\//,
  /^test\/engine\//,
  /./,
];

/** Milliseconds: one that stands still must not take the reports of all others with it. */
const longest = 30 * 60 * 1000;

/** Characters of a file's failures. */
const mostShown = 6000;

interface Job {
  readonly name: string;
  /** Its last line on descriptor 3 is "N passed, N failed". */
  readonly command: readonly string[];
}

interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  /** The end of the file's report, from its failures on. */
  readonly failures: string;
}

const files = readdirSync(join(checkout, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file}`)
  .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
const light = files.filter(needsNoMachine);
const jobs: Job[] = [
  { name: "the checks", command: ["sh", "setup/check.sh"] },
  tests(`${light.length} files that need no machine`, light),
  ...Object.entries(together).flatMap(([folder, count]) => groups(folder, count)),
  ...files.filter((file) => !light.includes(file) && !isShared(file)).map((file) => tests(file, [file])),
];
const took = readLengths();
/** The longest first. */
const waiting = jobs.sort((one, other) => length(other) - length(one));
const running = new Set<ChildProcess>();
const results: Result[] = [];
const begun = { at: performance.now(), busy: processorSeconds() };

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    results.push({ name: signal, seconds: 0, passed: 0, failed: 1 + waiting.splice(0).length, failures: "" });
    running.forEach((child) => child.kill(signal));
  });
}
const lanes = Array.from({ length: Number(process.env["LANES"] ?? 2 * availableParallelism() + 1) }, lane);
void Promise.all(lanes).then(finish);

function rank(file: string): number {
  return slowFirst.findIndex((pattern) => pattern.test(file));
}

function needsNoMachine(file: string): boolean {
  const imports = readFileSync(join(checkout, file), "utf8").match(/from "\..*"/g) ?? [];
  return !file.startsWith("test/fleet/") && !/fleet|project|fixtures|package|matrix/.test(imports.join());
}

function isShared(file: string): boolean {
  const [, folder = ""] = file.split("/");
  return folder in together && !/bootFleet\(/.test(readFileSync(join(checkout, file), "utf8"));
}

function groups(folder: string, count: number): Job[] {
  const all = files.filter(
    (file) => file.startsWith(`test/${folder}/`) && isShared(file) && !light.includes(file),
  );
  const starts = all.map((_, index) => index).filter((index) => index % count === 0);
  return starts.map((start) => {
    const group = all.slice(start, start + count);
    return tests(`test/${folder}: ${group.map(nameOf).join(", ")}`, group);
  });
}

function nameOf(file: string): string {
  return basename(file, ".test.ts");
}

function length({ name }: Job): number {
  return took[name] ?? Number.MAX_SAFE_INTEGER;
}

function tests(name: string, files: readonly string[]): Job {
  return { name, command: ["sh", "setup/test/mocha.sh", ...files] };
}

async function lane(): Promise<void> {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) results.push(await run(job));
}

async function run({ name, command: [program = "", ...args] }: Job): Promise<Result> {
  const began = performance.now();
  // The last line of each goes to a descriptor of its own: only one of the run is to be seen.
  const child = spawn(program, args, {
    cwd: checkout,
    env: { ...process.env, LANE: "yes" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    timeout: longest,
    killSignal: "SIGKILL",
  });
  running.add(child);
  const [, output, errors, lastLine] = child.stdio as Readable[];
  const shown = collected(output as Readable, errors as Readable);
  const count = collected(lastLine as Readable);
  await new Promise((resolve) => child.once("close", resolve));
  running.delete(child);
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stdout.write(`\n${name}: ${seconds} s\n${shown()}`);
  return { name, seconds, ...counted(count()), failures: failuresIn(shown()) };
}

function collected(...streams: Readable[]): () => string {
  const chunks: Buffer[] = [];
  for (const stream of streams) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** What mocha says behind "N failing"; of a process that did not come so far, the last it said. */
function failuresIn(report: string): string {
  return (/^\s+(?:\x1b\[\d+m)*\s*\d+ failing[^]*/m.exec(report)?.[0] ?? report).slice(-mostShown);
}

/** A process that does not come to its last line has failed. */
function counted(lastLine: string): { passed: number; failed: number } {
  const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed\s*$/.exec(lastLine) ?? [];
  return { passed: Number(passed), failed: Number(failed) };
}

function finish(): void {
  const sum = (of: "passed" | "failed"): number => results.reduce((total, result) => total + result[of], 0);
  for (const { name, failed, failures } of results.filter(({ failed }) => failed > 0)) {
    console.log(`\n${name}: ${failed} failed\n${failures}`);
  }
  const whole = results.filter(({ failed }) => failed === 0);
  keepLengths(Object.fromEntries(whole.map(({ name, seconds }) => [name, seconds])));
  process.exitCode = sum("failed") === 0 ? 0 : 1;
  console.log(`\n${told()}\n\n${sum("passed")} passed, ${sum("failed")} failed`);
}

/** Whether more at a time would be faster. */
function told(): string {
  const seconds = (performance.now() - begun.at) / 1000;
  const busy = (processorSeconds() - begun.busy) / seconds / cpus().length;
  return `${(seconds / 60).toFixed(1)} minutes, ${lanes.length} at a time; the machine's processors were busy for ${Math.round(100 * busy)} % of that`;
}

/** Of the whole machine, since its boot. */
function processorSeconds(): number {
  const all = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return all.reduce((total, milliseconds) => total + milliseconds / 1000, 0);
}
