import { createHash } from "node:crypto";
import { jsonValues } from "../../../cli/report/json-values";
import type { Host } from "../../fleet";
import { order } from "./order";

/** What names a run's own things. */
export interface Names {
  readonly folder: string;
  readonly project: string;
  readonly hosts: Readonly<Record<string, Host>>;
}

/** The same words for what differs from one run to the next, and nothing where only this machine is named. */
export function stableText(text: string, names: Names): string {
  return withMadeHashes(withNames(text, names))
    .replace(/::default::[0-9a-f-]{36}/g, "::default::00000000-0000-4000-8000-000000000000")
    .replace(/(?<!-[0-9a-f]{4})-[0-9a-f]{12}(?=["\]])/g, "-000000000000")
    .replace(/"controller": ?"[0-9a-f]{32}"/g, '"controller": "0123456789abcdef0123456789abcdef"');
}

/** Project and machines called as they are each time. */
export function withNames(text: string, { folder, project, hosts }: Names): string {
  let named = text.replaceAll(folder, "/project").replaceAll(project, "nixos");
  for (const [index, [name, { address, hostKey }]] of Object.entries(hosts).entries()) {
    const exactly = new RegExp(`${address.replaceAll(".", "\\.")}(?!\\d)`, "g");
    named = named.replaceAll(hostKey, `ssh-ed25519 AAAA-${name}`).replaceAll(exactly, `10.0.0.${index + 1}`);
  }
  return named;
}

/** As {@link stableText}, of one document or of one event a line. */
export function stableJson(printed: string, names: Names): string {
  const values = jsonValues(printed).filter((value) => !isDebug(value));
  const stable = values.map((value) => sorted(JSON.parse(JSON.stringify(value, settled)) as Recorded));
  const [only, ...others] = stable;
  if (others.length === 0) return stableText(`${JSON.stringify(only, null, 1)}\n`, names);
  return stableText(stable.map((value) => `${JSON.stringify(value)}\n`).join(""), names);
}

/** By what the hash is of, and how many of that came before. */
function withMadeHashes(text: string): string {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  const made = (real: string, of: string, make = madeHash): string => {
    const before = known.get(real);
    if (before !== undefined) return before;
    const count = (counts.get(of) ?? 0) + 1;
    counts.set(of, count);
    const hash = make(`${of} ${count}`);
    known.set(real, hash);
    return hash;
  };
  return text
    .replace(
      /\/nix\/store\/([0-9a-z]{32})-([\w.+?=-]+)/g,
      (_path, hash: string, name: string) => `/nix/store/${made(hash, name)}-${name}`,
    )
    .replace(/"([0-9a-f]{12})"/g, (_digest, hash: string) => `"${made(hash, "a unit", madeDigest)}"`);
}

// Nix's own alphabet, and a hash of 32 letters.
const letters = "0123456789abcdfghijklmnpqrsvwxyz";

function madeHash(of: string): string {
  const digits = createHash("sha256").update(of).digest();
  return [...digits].map((digit) => letters.charAt(digit % letters.length)).join("");
}

function madeDigest(of: string): string {
  return createHash("sha256").update(of).digest("hex").slice(0, 12);
}

function settled(key: string, value: unknown): unknown {
  if (key === "sourcePosition" || key === "stackTrace") return undefined;
  if (key === "created" || key === "modified") return "2026-01-01T00:00:00Z";
  if (key === "duration" || key === "timestamp" || key === "durationSeconds") return 1;
  return isUrns(value) ? [...value].sort(order) : value;
}

/** What a resource depends on is in the order in which that was made. */
function isUrns(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && one.startsWith("urn:"));
}

interface Recorded {
  steps?: { op: string; urn: string }[];
  diagnostics?: { urn?: string }[];
  diagnosticEvent?: { severity: string };
}

/** They hold whole resources, and name folders of this machine. */
function isDebug(value: unknown): boolean {
  return (value as Recorded).diagnosticEvent?.severity === "debug";
}

/** Which resource comes first is chance, but looks come before changes. */
function sorted(value: Recorded): Recorded {
  const phase = ({ op }: { op: string }): number => (op === "refresh" ? 0 : 1);
  value.steps?.sort((one, other) => phase(one) - phase(other) || order(one.urn, other.urn));
  value.diagnostics?.sort((one, other) => order(one.urn ?? "", other.urn ?? ""));
  return value;
}
