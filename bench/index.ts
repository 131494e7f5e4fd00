import { parseArgs } from "node:util";
import { environment } from "../test/fleet";
import type { Benchmark } from "./benchmark";
import { confirmation } from "./confirmation";
import { copy } from "./copy";
import { evaluation } from "./evaluation";
import { fleetRun } from "./fleet-run";
import { machineFacts } from "./machine";
import { preview } from "./preview";
import { writeReport } from "./report";
import { roundTrips } from "./round-trips";
import { clearDeadRuns, clearScratch } from "./scratch";

/** What can be asked for by name; all of it without a name. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  "fleet-run": fleetRun,
  "round-trips": roundTrips,
  copy,
  confirmation,
  preview,
  evaluation,
};

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: "string", default: "3" }, quick: { type: "boolean", default: false } },
  });
  const extent = { quick: values.quick, rounds: values.quick ? 1 : wholeNumber(values.rounds) };
  const chosen = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
  const found = chosen.map((name) => [name, benchmarkOf(name)] as const);
  Object.assign(process.env, environment());
  clearWhenInterrupted();
  await clearDeadRuns();
  for (const [name, benchmark] of found) {
    const progress = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
    try {
      const text = await benchmark.run(extent, progress);
      const part = { title: benchmark.title, text: `${await machineFacts()}\n\n${text}` };
      process.stdout.write(`## ${part.title}\n\n${part.text}\n`);
      if (!extent.quick) await writeReport(part);
    } finally {
      await clearScratch();
    }
  }
}

function benchmarkOf(name: string): Benchmark {
  const benchmark = benchmarks[name];
  if (benchmark !== undefined) return benchmark;
  throw new Error(`there is no benchmark ${name}; there are ${Object.keys(benchmarks).join(", ")}`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds ${text}: must be a whole number from 1`);
}

function clearWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void clearScratch().finally(() => process.exit(130)));
  }
}
