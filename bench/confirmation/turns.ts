import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import type { Host } from "../../test/fleet";
import type { Extent } from "../benchmark";
import { spreadOf, timed, type Spread } from "../measure";
import { Activations } from "./activations";

/**
 * Milliseconds of a round trip. What takes so much longer over the long way, divided by the difference, are turns; that
 * is long against the tenth of a second in which the machine looks again at what it waits for.
 */
const measuredWays = { short: 40, long: 440 };
const quickWays = { short: 10, long: 60 };

/** What is done over both ways. */
const things = ["command", "login", "unconfirmed", "confirmed"] as const;
type Thing = (typeof things)[number];

/** The last two are differences, of each round: what confirming adds, and what of that is not the login. */
export type Turns = Readonly<Record<Thing | "added" | "behindLogin", Spread>>;

/** How often an answer is waited for before the next thing can be sent. */
export async function turnsOf(
  host: Host,
  paths: readonly string[],
  { rounds, quick }: Extent,
): Promise<Turns> {
  const ways = quick ? quickWays : measuredWays;
  const [short, long] = [await Way.to(host, ways.short, paths), await Way.to(host, ways.long, paths)];
  const seen: Record<Thing, number[]> = { command: [], login: [], unconfirmed: [], confirmed: [] };
  for (let round = 0; round < rounds; round++)
    for (const thing of things) {
      const [one, other] = [await short.least(thing, quick), await long.least(thing, quick)];
      seen[thing].push(((other - one) * 1000) / (ways.long - ways.short));
    }
  await short.end();
  await long.end();
  await host.undoFaults();
  const { command, login, unconfirmed, confirmed } = seen;
  const added = less(confirmed, unconfirmed);
  return {
    command: spreadOf(command),
    login: spreadOf(login),
    unconfirmed: spreadOf(unconfirmed),
    confirmed: spreadOf(confirmed),
    added: spreadOf(added),
    behindLogin: spreadOf(less(added, login)),
  };
}

function less(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, round) => value - (others[round] ?? NaN));
}

/** A way to the host that takes its time. */
class Way {
  private readonly hosts = new Hosts();
  private readonly acts: Readonly<Record<Thing, () => Promise<unknown>>>;

  private constructor(
    connection: object,
    private readonly activations: Activations,
  ) {
    const parsed = connectionSchema.parse(connection);
    this.acts = {
      command: async () => (await this.hosts.get(parsed)).run(["true"], { doing: "doing nothing" }),
      login: async () => (await this.hosts.fresh(parsed, 30)).close(),
      unconfirmed: () => activations.next(false),
      confirmed: () => activations.next(undefined),
    };
  }

  static async to(host: Host, milliseconds: number, paths: readonly string[]): Promise<Way> {
    const { host: address, port } = await host.delay(milliseconds);
    const connection = { ...host.connection(), host: address, port };
    const way = new Way(connection, new Activations(connection, paths, `bench-turns-${milliseconds}`));
    // The first ones look around.
    for (const thing of things) await way.acts[thing]();
    return way;
  }

  /** The least of several: what waits for a busy machine, or for the next look at a file, is no turn. */
  async least(thing: Thing, quick: boolean): Promise<number> {
    const all: number[] = [];
    for (let time = 0; time < (quick ? 1 : 5); time++) all.push(await timed(this.acts[thing]));
    return Math.min(...all);
  }

  async end(): Promise<void> {
    await this.activations.end();
    await this.hosts.close();
  }
}
