import { bootFleet, run, type Host } from "../../test/fleet";
import { entryPoint, storePathOn } from "../../test/resources/store-path-on";
import type { Benchmark, Extent } from "../benchmark";
import { ratiosOf, spreadOf, timed, type Spread } from "../measure";
import { CountedCommands } from "../round-trips/counted";
import { ratio, seconds, table } from "../table";
import { Activations } from "./activations";
import { turnsOf, type Turns } from "./turns";

/** What it costs that an activation is confirmed over a new login. */
export const confirmation: Benchmark = {
  title: "Confirming an activation",

  async run(extent, progress) {
    progress("booting a host");
    const fleet = await bootFleet({ bookworm: 1 });
    try {
      const host = fleet.hosts[0] as Host;
      const rows = [];
      const paths = [await emptyPath(host, "one"), await emptyPath(host, "two")];
      for (const delay of [0, 20]) rows.push(await row(host, delay, paths, fleet.knownHostsPath, extent));
      progress("counting turns");
      return report(rows, await turnsOf(host, paths, extent));
    } finally {
      await fleet.stop();
    }
  },
};

/** Activations a round and kind, so that one that waits for a poll a little longer does not count. */
const perRound = 5;

async function row(
  host: Host,
  delay: number,
  paths: readonly string[],
  knownHosts: string,
  { rounds, quick }: Extent,
): Promise<string[]> {
  const relay = delay === 0 ? { host: host.address, port: host.port } : await host.delay(delay);
  const { host: _address, port: _port, ...login } = host.connection() as { host: string; port: number };
  const activations = new Activations({ ...login, host: relay.host, port: relay.port }, paths);
  // The first one looks around.
  await activations.next(undefined);
  const counts = await counted(host, activations);
  const figures: Record<"plain" | "confirmed" | "sessions", number[]> = {
    plain: [],
    confirmed: [],
    sessions: [],
  };
  const several = quick ? 1 : perRound;
  for (let round = 0; round < rounds; round++) {
    figures.plain.push(await repeated(several, () => activations.next(false)));
    figures.confirmed.push(await repeated(several, () => activations.next(undefined)));
    figures.sessions.push(await repeated(several, () => threeSessions(host, relay, knownHosts)));
  }
  await activations.end();
  await host.undoFaults();
  return shown(delay, figures, counts);
}

/** A path whose activation does nothing. */
function emptyPath(host: Host, name: string): Promise<string> {
  return storePathOn(host, `confirmation-${name}`, entryPoint("exit 0", "exit 0"));
}

async function repeated(times: number, work: () => Promise<unknown>): Promise<number> {
  const all = await timed(async () => {
    for (let time = 0; time < times; time++) await work();
  });
  return all / times;
}

interface Counts {
  readonly logins: number;
  readonly commands: number;
}

/** What confirming adds. */
async function counted(host: Host, activations: Activations): Promise<Counts> {
  const counter = new CountedCommands();
  const one = async (confirm: false | undefined): Promise<Counts> => {
    const before = await host.acceptedLogins();
    const { remote } = await counter.during(() => activations.next(confirm));
    return { logins: (await host.acceptedLogins()) - before, commands: remote };
  };
  const plain = await one(false);
  const confirmed = await one(undefined);
  counter.stop();
  return { logins: confirmed.logins - plain.logins, commands: confirmed.commands - plain.commands };
}

/** As a tool does it that opens a session to activate, one to wait and one to confirm, and activates nothing. */
async function threeSessions(
  { privateKeyPath }: Host,
  relay: { host: string; port: number },
  knownHosts: string,
): Promise<void> {
  const known = ["-o", `UserKnownHostsFile=${knownHosts}`, "-o", "StrictHostKeyChecking=no"];
  const ssh = ["ssh", "-F", "none", "-q", "-i", privateKeyPath, ...known, "-p", String(relay.port)];
  const session = () => run([...ssh, `root@${relay.host}`, "true"]);
  await Promise.all([session(), session()]);
  await session();
}

function shown(delay: number, figures: Record<string, number[]>, { logins, commands }: Counts): string[] {
  const { plain = [], confirmed = [], sessions = [] } = figures;
  const added = confirmed.map((value, round) => value - (plain[round] ?? 0));
  const spreads: Spread[] = [plain, confirmed, added, sessions].map((values) => spreadOf(values));
  const [a, b, c, d] = spreads.map((spread) => seconds(spread));
  return [
    String(delay),
    a ?? "",
    b ?? "",
    c ?? "",
    String(logins),
    String(commands),
    ratio(ratiosOf(confirmed, plain)),
    d ?? "",
    ratio(ratiosOf(confirmed, sessions)),
  ];
}

function report(rows: string[][], turns: Turns): string {
  return `\
An activation (custom, with an entry point that does nothing) over an open connection, with and without being confirmed
over a new TCP connection and login. **Three sessions** is the SSH alone of a tool that opens one to activate, one to
wait and one to confirm: OpenSSH's client, \`true\` on the other side. Medians, seconds; ratios are those of each round.

${table(
  [
    "round trip ms",
    "unconfirmed",
    "confirmed",
    "added",
    "logins added",
    "commands added",
    "× unconfirmed",
    "three sessions",
    "× three sessions",
  ],
  rows,
)}

How often an answer has to come before the next thing can be sent, by the time that each takes longer over a round trip
of 440 ms than over one of 40 ms (the least of several; medians of the rounds, least–most):

${table(["", "round trips"], turnRows(turns))}

Wanted was one login and two round trips, and so it is. One opens the channel, the other starts the command, which has the
token as an argument (docs/decisions/0008-deployments.md), and brings its answer. A password for sudo takes one more.`;
}

function turnRows({ command, login, unconfirmed, confirmed, added, behindLogin }: Turns): string[][] {
  return [
    ["a command that reads nothing, over an open connection", shownTurns(command)],
    ["a login", shownTurns(login)],
    ["an unconfirmed activation, over an open connection", shownTurns(unconfirmed)],
    ["a confirmed one", shownTurns(confirmed)],
    ["**added by confirming**", shownTurns(added)],
    ["**of these behind the login**", shownTurns(behindLogin)],
  ];
}

function shownTurns({ median, least, most }: Spread): string {
  return `${median.toFixed(1)} (${least.toFixed(1)}–${most.toFixed(1)})`;
}
