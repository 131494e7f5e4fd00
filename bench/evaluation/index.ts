import { availableParallelism, loadavg } from "node:os";
import { Hosts } from "../../provider/host/pool";
import type { Benchmark, Extent } from "../benchmark";
import { ratiosOf, spreadOf } from "../measure";
import { nothing, ratio, seconds, table } from "../table";
import { Systems, type Taken } from "./systems";

/** What evaluating many systems together costs. */
export const evaluation: Benchmark = {
  title: "Evaluating many systems",

  async run(extent, progress) {
    const hosts = new Hosts();
    const load = [loadavg()[0] ?? 0];
    try {
      const here = await hosts.get({ local: true, elevate: "none" });
      const systems = new Systems(here, extent.quick ? quickSize : measuredSize);
      const counts = extent.quick ? [2] : [1, 10, 50];
      progress("evaluating all once, so that their derivations are in the store");
      await systems.byHand(Math.max(...counts));
      const rows: Row[] = [];
      for (const count of counts) {
        progress(`${count} systems`);
        rows.push(await row(systems, count, extent));
        load.push(loadavg()[0] ?? 0);
      }
      return report(rows, load, extent.rounds);
    } finally {
      await hosts.close();
    }
  },
};

const measuredSize = { modules: 300, packages: 600 };
const quickSize = { modules: 30, packages: 100 };

/** MiB for two workers: half of what they take as they come. */
const budget = 600;

/** The ways of evaluating, in the order in which each round takes them. */
const ways = ["one", "two", "second", "bounded", "byHand", "oneByOne"] as const;
type Way = (typeof ways)[number];

interface Row {
  readonly count: number;
  readonly taken: Readonly<Record<Way, readonly Taken[]>>;
}

async function row(systems: Systems, count: number, { rounds }: Extent): Promise<Row> {
  const all: Record<Way, Taken>[] = [];
  for (let round = 0; round < rounds; round++) all.push(await takeAll(systems, count));
  const column = (way: Way): Taken[] => all.map((taken) => taken[way]);
  const taken = Object.fromEntries(ways.map((way) => [way, column(way)]));
  return { count, taken: taken as Record<Way, Taken[]> };
}

async function takeAll(systems: Systems, count: number): Promise<Record<Way, Taken>> {
  const byHand = await systems.byHand(count);
  const { first: one } = await systems.ours(count, { workers: 1 });
  const { first: two, second } = await systems.ours(count, { workers: 2 });
  const { first: bounded } = await systems.ours(count, { workers: 2, memory: budget });
  return { byHand, one, two, second, bounded, oneByOne: await systems.oneByOne(count) };
}

function report(rows: readonly Row[], load: readonly number[], rounds: number): string {
  return `\
Systems of a module system of our own (\`bench/evaluation/nix\`: 300 modules a system, 600 packages that all share),
their derivations in the store already; Nix's processes are those of the machine that runs Pulumi. Medians of
${rounds === 1 ? "one round" : `${rounds} rounds`}; × is the median of the rounds' ratios (least–most), within a round everyone in turn. Load average while they
were taken, on ${availableParallelism()} cores:
${load.map((value) => value.toFixed(1)).join(", ")}.

- **by hand**: one \`nix-instantiate FILE -A … -A …\` with all systems; **one by one**: a process a system.
- **1 worker**, **2 workers**: ours, with nothing kept (\`PULUMI_NIX_EVAL_WORKERS\`); **again**: the run after it.

${table(
  [
    "systems",
    "by hand s",
    "1 worker s",
    "× by hand",
    "2 workers s",
    "× by hand",
    "one by one s",
    "2 workers × one by one",
    "again s",
  ],
  rows.map(timesOf),
)}

The most memory that Nix's processes held, MB: the largest of them, and all at the same time. **Bounded** are two workers
with \`PULUMI_NIX_EVAL_MEMORY=${budget}\` (${Math.round((budget * 2 ** 20) / 1e6)} MB).

${table(
  [
    "systems",
    "by hand",
    "1 worker",
    "2 workers, largest",
    "all",
    "bounded, largest",
    "all",
    "bounded s",
    "× 2 workers",
  ],
  rows.map(memoryOf),
)}`;
}

function timesOf({ count, taken }: Row): string[] {
  const times = (way: Way): number[] => taken[way].map((one) => one.seconds);
  const shown = (way: Way): string => seconds(spreadOf(times(way)));
  const over = (way: Way, other: Way): string => ratio(ratiosOf(times(way), times(other)));
  return [
    String(count),
    shown("byHand"),
    shown("one"),
    over("one", "byHand"),
    shown("two"),
    over("two", "byHand"),
    shown("oneByOne"),
    over("two", "oneByOne"),
    shown("second"),
  ];
}

function memoryOf({ count, taken }: Row): string[] {
  const most = (way: Way, what: "largest" | "sum"): string =>
    String(Math.round(Math.max(...taken[way].map(({ memory }) => memory[what])) / 1e6) || nothing);
  const times = (way: Way): number[] => taken[way].map((one) => one.seconds);
  return [
    String(count),
    most("byHand", "largest"),
    most("one", "largest"),
    most("two", "largest"),
    most("two", "sum"),
    most("bounded", "largest"),
    most("bounded", "sum"),
    seconds(spreadOf(times("bounded"))),
    ratio(ratiosOf(times("bounded"), times("two"))),
  ];
}
