import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { storePathSchema, type StorePath } from "../values";

/** What evaluating a source gave: the derivation and the paths that building it will fill. */
export interface Evaluated {
  readonly name: string;
  readonly drvPath: StorePath;
  readonly outputs: Readonly<Record<string, StorePath>>;
}

const entrySchema: z.ZodType<Evaluated> = z.strictObject({
  name: z.string(),
  drvPath: storePathSchema,
  outputs: z.record(z.string(), storePathSchema),
});

/** The key of a result: a digest of everything that it depends on. */
export function evaluationKey(parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(JSON.stringify([...parts, surroundings()]))
    .digest("hex");
}

/** A kept result whose derivation is still in the store. */
export function recall(key: string): Evaluated | undefined {
  try {
    const entry = entrySchema.parse(JSON.parse(readFileSync(join(folder(), key), "utf8")));
    return existsSync(entry.drvPath) ? entry : undefined;
  } catch {
    return undefined; // Not there, or written by another version: evaluating again is always right.
  }
}

/** Keeps a result for other processes; failing to is no failure. */
export function remember(key: string, entry: Evaluated): void {
  try {
    mkdirSync(folder(), { recursive: true });
    const part = join(folder(), `${key}.${randomBytes(4).toString("hex")}`);
    writeFileSync(part, JSON.stringify(entry));
    renameSync(part, join(folder(), key));
  } catch {
    // A read-only home folder only means that the next run evaluates again.
  }
}

function folder(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "pulumi-nix", "evaluations");
}

/** What Nix itself reads apart from the source: its settings. */
function surroundings(): unknown[] {
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith("NIX_"));
  const files = ["/etc/nix/nix.conf", join(homedir(), ".config/nix/nix.conf")];
  return [variables.sort(), files.map(textOf), process.arch];
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
