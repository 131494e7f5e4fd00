import { CommandError } from "../errors";
import type { Message } from "../resource";
import { substitutable, substitute, type FetchOutcome, type Substituters } from "../nix/substitute";
import type { StorePath } from "../values";
import type { Destination } from "./destination";

export interface FetchRequest {
  readonly target: Destination;
  readonly from: Substituters;
  /** Seconds for all of it. */
  readonly limit: number;
  readonly say: (severity: Message["severity"], text: string) => void;
}

/**
 * Lets the target fetch by itself what it can of what it lacks. Whatever comes of that is no failure: the rest is sent,
 * and it is said why.
 * @throws ConnectError, InterruptedError when the target itself is lost
 */
export function fetchingThere(request: FetchRequest): (missing: readonly StorePath[]) => Promise<void> {
  const { target, from, limit, say } = request;
  return async (missing) => {
    try {
      const outcome = await substitute(target.host, target.as, missing, from, limit);
      for (const [severity, text] of reasonsIn(outcome, request)) say(severity, `${text}; the rest is sent`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      say("warning", `it did not fetch anything by itself, all is sent: ${error.message}`);
    }
  };
}

/** What a preview says of it; undefined when there is nothing to say. */
export async function wouldFetch(
  { target, from, limit }: FetchRequest,
  paths: readonly StorePath[],
): Promise<string | undefined> {
  const { size } = await substitutable(target.host, target.as, paths, from, limit);
  if (size === 0) return undefined;
  return `of these ${target.host.name} would fetch ${size} by itself`;
}

type Reason = [Message["severity"], string];

/** Each once, with the first line of Nix's that says so. */
function reasonsIn({ late, remarks }: FetchOutcome, { target, limit }: FetchRequest): Reason[] {
  const { name } = target.host;
  const kinds = [...new Set(remarks.map(({ kind }) => kind))];
  const told = kinds.map((kind): Reason => {
    const [first, ...others] = remarks.filter((remark) => remark.kind === kind);
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    // A Nix of which that is known does what it can.
    const severity = kind === "no such store" ? "info" : "warning";
    return [severity, `${name} ${reasons[kind]}: ${first?.line.trim()}${more}`];
  });
  const tooLate: Reason = ["warning", `${name} had not fetched all of it after ${limit} s`];
  return late ? [...told, tooLate] : told;
}

const reasons = {
  unsigned: "does not fetch what no key that it trusts has signed (trustedPublicKeys adds one)",
  "untrusted substituter":
    "does not fetch where a login says that it does not trust (its trusted-users, or its trusted-substituters)",
  "untrusted keys": "takes no further keys from a login that it does not trust",
  "no such store": "has a Nix that was built without this kind of cache",
  failed: "could not fetch everything",
} as const;
