import { createHash } from "node:crypto";
import type { Host } from "../../../fleet";
import { jsonValues } from "../../../../cli/report/json-values";

/** Puts the same words for what differs from one recording to the next, and nothing where only this machine is named. */
export class Stable {
  private readonly hashes = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly folder: string,
    private readonly hosts: Readonly<Record<string, Host>>,
  ) {}

  /** One document, or one event a line. */
  text(recorded: string): string {
    const values = jsonValues(this.words(recorded)).filter((value) => !isDebug(value));
    const stable = values.map((value) => sorted(JSON.parse(JSON.stringify(value, settled)) as object));
    const [only, ...others] = stable;
    if (others.length === 0) return `${JSON.stringify(only, null, 1)}\n`;
    return stable.map((value) => `${JSON.stringify(value)}\n`).join("");
  }

  private words(text: string): string {
    let stable = text.replaceAll(this.folder, "/project");
    for (const [index, [name, { address, hostKey }]] of Object.entries(this.hosts).entries()) {
      stable = stable.replaceAll(hostKey, `ssh-ed25519 AAAA-${name}`);
      stable = stable.replaceAll(
        new RegExp(`${address.replaceAll(".", "\\.")}(?!\\d)`, "g"),
        `10.0.0.${index + 1}`,
      );
    }
    return stable
      .replace(
        /\/nix\/store\/([0-9a-z]{32})-([\w.+?=-]+)/g,
        (_path, hash: string, name: string) => `/nix/store/${this.hash(hash, name)}-${name}`,
      )
      .replace(/::default::[0-9a-f-]{36}/g, "::default::00000000-0000-4000-8000-000000000000")
      .replace(/(?<!-[0-9a-f]{4})-[0-9a-f]{12}"/g, '-000000000000"')
      .replace(/"controller": ?"[0-9a-f]{32}"/g, '"controller": "0123456789abcdef0123456789abcdef"');
  }

  /** By the path's name and how many of that name came before. */
  private hash(real: string, name: string): string {
    const known = this.hashes.get(real);
    if (known !== undefined) return known;
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const digits = createHash("sha256").update(`${name} ${count}`).digest();
    const made = [...digits].map((digit) => letters.charAt(digit % letters.length)).join("");
    this.hashes.set(real, made);
    return made;
  }
}

// Nix' own alphabet, and a hash of 32 letters.
const letters = "0123456789abcdfghijklmnpqrsvwxyz";

function settled(key: string, value: unknown): unknown {
  if (key === "sourcePosition" || key === "stackTrace") return undefined;
  if (key === "created" || key === "modified") return "2026-01-01T00:00:00Z";
  if (key === "duration" || key === "timestamp" || key === "durationSeconds") return 1;
  return value;
}

interface Recorded {
  steps?: { op: string; urn: string }[];
  diagnosticEvent?: { severity: string };
}

/** They hold whole resources, and name folders of this machine. */
function isDebug(value: unknown): boolean {
  return (value as Recorded).diagnosticEvent?.severity === "debug";
}

/** Which resource comes first is chance, but looks come before changes. */
function sorted(value: Recorded): Recorded {
  const phase = ({ op }: { op: string }): number => (op === "refresh" ? 0 : 1);
  value.steps?.sort((one, other) => phase(one) - phase(other) || (one.urn < other.urn ? -1 : 1));
  return value;
}
