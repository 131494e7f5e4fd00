import { bootFleet, type Host as TestHost } from "../../test/fleet";
import type { Benchmark } from "../benchmark";
import { Payload, smallPayload } from "../fleet-run/payload";
import { table } from "../table";
import { CountedCommands, type Commands } from "./counted";
import { Life, lives } from "./life";

/** What each resource costs in commands: over 20 ms, each costs at least that. */
export const roundTrips: Benchmark = {
  title: "Commands, by resource and operation",

  async run(_extent, progress) {
    progress("booting a host");
    const fleet = await bootFleet({ bookworm: 1 });
    const counted = new CountedCommands();
    try {
      const payload = new Payload("round-trips", smallPayload);
      await payload.build();
      return report(await countAll(fleet.hosts[0] as TestHost, payload, counted));
    } finally {
      counted.stop();
      await fleet.stop();
    }
  },
};

type Counted = Record<string, Commands>;

async function countAll(host: TestHost, payload: Payload, counted: CountedCommands): Promise<string[][]> {
  const life = await Life.begin(host, payload);
  const facts = await counted.during(() => life.lookAround());
  const found = new Map<string, Counted>();
  const note = async (name: string, operation: string, work: () => Promise<unknown>): Promise<void> => {
    found.set(name, { ...found.get(name), [operation]: await counted.during(work) });
  };
  for (const name of lives) await note(name, "create", () => life.ensure(name, "1"));
  for (const name of lives) await note(name, "read", () => life.read(name));
  for (const name of lives) await note(name, "update", () => life.ensure(name, "2"));
  for (const name of lives.toReversed()) await note(name, "delete", () => life.remove(name));
  await life.end();
  const rows = [...found].map(([name, counts]) => [name, ...operations.map((one) => shown(counts[one]))]);
  return [["the machine, once a run", shown(facts), ...operations.slice(1).map(() => "")], ...rows];
}

const operations = ["create", "read", "update", "delete"];

function report(rows: string[][]): string {
  return `\
Commands that are started on the host + on the machine that runs Pulumi. All that go to one host share one login.
A no-op \`up\` starts none; \`--refresh\` is a read.

${table(["resource", ...operations], rows)}`;
}

function shown(commands: Commands | undefined): string {
  return commands === undefined ? "" : `${commands.remote} + ${commands.local}`;
}
