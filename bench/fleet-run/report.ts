import { ratiosOf, spreadOf, type Spread } from "../measure";
import { megabytes, nothing, ratio, seconds, table } from "../table";
import { byHand, byHandInParallel } from "./by-hand";
import { ours, trivial } from "./by-pulumi";
import type { PayloadSize } from "./payload";
import type { Distance } from "./place";
import { operations, type Operation, type Subject } from "./subject";

/** One subject's figures of one operation in one round. */
export interface Taken extends Distance {
  readonly operation: Operation;
  readonly subject: Subject;
  readonly seconds: number;
  /** Of all hosts together. */
  readonly logins: number;
  readonly bytes: number;
}

interface Circumstances {
  readonly size: PayloadSize;
  readonly rounds: number;
  readonly hostNix: string;
}

export function fleetTables(taken: readonly Taken[], circumstances: Circumstances): string {
  const delays = [...new Set(taken.map(({ delay }) => delay))];
  const parts = delays.map((delay) => {
    const where = delay === 0 ? "On the machine's own bridge" : `Over a round trip of ${delay} ms`;
    return `${where}:\n\n${table(head, rowsOf(taken.filter((one) => one.delay === delay)))}`;
  });
  return [explanation(circumstances), ...parts].join("\n\n");
}

function explanation({ size, rounds, hostNix }: Circumstances): string {
  const total = ((size.paths * size.kilobytes * 1024) / 1e6).toFixed(0);
  return `\
Hosts: systemd containers on the same machine, Nix ${hostNix}, stores in memory. Payload: ${size.paths} paths, ${total} MB a host, built
before; the update changes ${size.changing + 1} paths. Per host a copy, an activation (\`noop\`) and a unit. ${rounds === 1 ? "One round" : `Medians of ${rounds} rounds`};
× is the median of the rounds' ratios (least–most), and above 1 we are slower. Within a round everyone does the same
operation in turn.

- **trivial**: the same program with as many resources of a provider that does nothing: the engine's floor.
- **by hand**: nix-build, then for each host nix-copy-closure and one ssh that sets the profile and restarts the unit;
  **-P8** serves eight hosts at a time. A run that changes nothing is the same whether the state is believed or not.
- \`up\` is \`up --yes --skip-preview\`. Logins are what sshd has accepted; MB is both directions of the host's network
  interface as the kernel counts them. \`preview, diffs in
  parallel\` is \`preview\` with \`PULUMI_PARALLEL_DIFF=true\`.`;
}

const head = [
  ...["hosts", "operation", "pulumi-nix s", "logins a host", "MB a host"],
  ...["trivial s", "× trivial"],
  ...["by hand s", "logins a host", "MB a host", "× by hand"],
  ...["-P8 s", "× -P8"],
];

function rowsOf(taken: readonly Taken[]): string[][] {
  const counts = [...new Set(taken.map(({ hosts }) => hosts))];
  return counts.flatMap((hosts) =>
    operations.map((operation) => {
      const here = taken.filter((one) => one.hosts === hosts && one.operation === operation);
      return [String(hosts), operation, ...cells(hosts, here)];
    }),
  );
}

function cells(hosts: number, taken: readonly Taken[]): string[] {
  const of = (subject: Subject): Taken[] => taken.filter((one) => one.subject === subject);
  const [we, floor, hand, parallel] = [of(ours), of(trivial), of(byHand), of(byHandInParallel)];
  return [
    ...[time(we), ...traffic(we, hosts)],
    ...[time(floor), against(we, floor)],
    ...[time(hand), ...traffic(hand, hosts), against(we, hand)],
    ...[time(parallel), against(we, parallel)],
  ];
}

function time(taken: readonly Taken[]): string {
  return taken.length === 0 ? nothing : seconds(spreadOf(secondsOf(taken)));
}

function against(taken: readonly Taken[], others: readonly Taken[]): string {
  return others.length === 0 ? nothing : ratio(ratiosOf(secondsOf(taken), secondsOf(others)));
}

function traffic(taken: readonly Taken[], hosts: number): string[] {
  if (taken.length === 0) return [nothing, nothing];
  const a = (amount: (one: Taken) => number): Spread => spreadOf(taken.map((one) => amount(one) / hosts));
  return [String(a(({ logins }) => logins).median), megabytes(a(({ bytes }) => bytes).median)];
}

function secondsOf(taken: readonly Taken[]): number[] {
  return taken.map((one) => one.seconds);
}
