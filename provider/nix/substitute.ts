import { TimeoutError } from "../errors";
import type { Host } from "../host/host";
import type { StorePath } from "../values";
import { parseDryRun } from "./dry-run";

/** Where a machine may fetch paths from, for one operation. */
export interface Substituters {
  readonly urls: readonly string[];
  /** Whether the substituters of its own nix.conf are asked too. */
  readonly own: boolean;
  /** Trusted beside the machine's own. */
  readonly publicKeys: readonly string[];
}

/** What a fetch said of itself; what it brought the store tells. */
export interface FetchOutcome {
  /** Set when it did not end in its time. */
  readonly late: boolean;
  readonly remarks: readonly FetchRemark[];
}

export interface FetchRemark {
  readonly kind: "unsigned" | "untrusted substituter" | "untrusted keys" | "no such store" | "failed";
  /** The line that Nix printed. */
  readonly line: string;
}

/**
 * Lets a machine fetch, from its substituters, what they have of the paths; nothing is built, for which derivations are
 * left out. That some are nowhere to be had, and that a substituter fails, are no failures.
 * @throws ConnectError, InterruptedError when the machine itself is lost
 */
export async function substitute(
  host: Host,
  as: string | undefined,
  paths: readonly StorePath[],
  from: Substituters,
  limit: number,
): Promise<FetchOutcome> {
  const remarks: FetchRemark[] = [];
  const onLine = (line: string): void => void remarks.push(...remarksIn(line));
  try {
    await realise(host, as, paths, ["--keep-going", ...argumentsFor(from, limit)], limit, onLine);
    return { late: false, remarks };
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return { late: true, remarks };
  }
}

/** Those of the paths that a machine would fetch by itself. */
export async function substitutable(
  host: Host,
  as: string | undefined,
  paths: readonly StorePath[],
  from: Substituters,
  limit: number,
): Promise<ReadonlySet<StorePath>> {
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  await realise(host, as, paths, ["--dry-run", ...argumentsFor(from, limit)], limit, onLine);
  return parseDryRun(lines).fetched;
}

/** By standard input: there may be more paths than an argument list takes. */
async function realise(
  host: Host,
  as: string | undefined,
  paths: readonly StorePath[],
  words: readonly string[],
  timeout: number,
  onLine: (line: string) => void,
): Promise<void> {
  // A derivation is realised by what it builds.
  const fetched = paths.filter((path) => !path.endsWith(".drv"));
  if (fetched.length === 0) return;
  const command = ["nix-store", "--realise", "--no-gc-warning", ...words];
  await host.run(["xargs", ...command], {
    doing: `fetching ${fetched.length} path${fetched.length === 1 ? "" : "s"}`,
    shown: [...command, "…"],
    as,
    input: fetched.join("\n"),
    timeout,
    accept: [0, 1, someFailed],
    onLine,
  });
}

/** What xargs ends with when a command did. */
const someFailed = 123;

function argumentsFor({ urls, own, publicKeys }: Substituters, limit: number): string[] {
  const options: [string, string][] = [
    [own ? "extra-substituters" : "substituters", urls.join(" ")],
    ["extra-trusted-public-keys", publicKeys.join(" ")],
    // What was pushed a moment ago was not there when somebody asked an hour ago.
    ["narinfo-cache-negative-ttl", "0"],
    ["connect-timeout", String(Math.min(15, Math.ceil(limit)))],
    ["fallback", "false"],
  ];
  return options.flatMap(([name, value]) => ["--option", name, value]);
}

// As Nix 2.8 and 2.26 say it; older than that, and newer, count as failed.
const patterns: readonly [FetchRemark["kind"] | undefined, RegExp][] = [
  ["unsigned", /not signed by any of the keys|lacks a (valid )?signature/],
  ["untrusted substituter", /ignoring untrusted substituter/],
  ["untrusted keys", /ignoring the client-specified setting 'trusted-public-keys'/],
  ["no such store", /don't know how to open Nix store/],
  // What follows from the others.
  [undefined, /^error: build of |ignoring the client-specified setting/],
  ["failed", /^(error|warning): /],
];

function remarksIn(line: string): FetchRemark[] {
  const [kind] = patterns.find(([, pattern]) => pattern.test(line)) ?? [];
  return kind === undefined ? [] : [{ kind, line }];
}
