import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Message } from "../resource";
import { storePathSchema, type StorePath } from "../values";

/** What evaluating a source gave: the derivation and the paths that building it will fill. */
export interface Evaluated {
  readonly name: string;
  readonly drvPath: StorePath;
  readonly outputs: Readonly<Record<string, StorePath>>;
}

/** With what Nix said on the way: the reader of a preview sees a warning although nothing was evaluated for it. */
export type Kept = Evaluated & { readonly messages: readonly Message[] };

const entrySchema: z.ZodType<Kept> = z.strictObject({
  name: z.string(),
  drvPath: storePathSchema,
  outputs: z.record(z.string(), storePathSchema),
  messages: z.array(z.object({ severity: z.enum(["debug", "info", "warning", "error"]), text: z.string() })),
});

/** The key of a result, of everything that it depends on. */
export function evaluationKey(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What every evaluation on this machine depends on; undefined when that cannot be told. */
export function surroundings(): unknown[] | undefined {
  const settings = settingsTexts();
  // Files that settings include may be anywhere, and include others.
  if (settings.some((text) => /^\s*!?include\s/m.test(text))) return undefined;
  return [nixVariables(), homedir(), settings, process.arch];
}

/** Days for which a result is kept that nobody asks for. */
const keptUnused = 30;

/** A kept result whose derivation is still in the store. */
export function recall(key: string): Kept | undefined {
  try {
    const file = join(folder(), key);
    const entry = entrySchema.parse(JSON.parse(readFileSync(file, "utf8")));
    utimesSync(file, new Date(), new Date());
    return existsSync(entry.drvPath) ? entry : undefined;
  } catch {
    return undefined; // Not there, or written by another version: evaluating again is always right.
  }
}

/** Keeps a result for other processes; failing to is no failure. */
export function remember(key: string, entry: Kept): void {
  try {
    mkdirSync(folder(), { recursive: true });
    forgetUnused();
    const part = join(folder(), `${key}.${randomBytes(4).toString("hex")}`);
    writeFileSync(part, JSON.stringify(entry));
    renameSync(part, join(folder(), key));
  } catch {
    // A read-only home folder only means that the next run evaluates again.
  }
}

let lookedThrough: string | undefined;

/** Once a process: a key that something has changed of is never asked for again. */
function forgetUnused(): void {
  if (lookedThrough === folder()) return;
  lookedThrough = folder();
  const oldest = Date.now() - keptUnused * 24 * 3600 * 1000;
  for (const name of readdirSync(lookedThrough)) {
    const file = join(lookedThrough, name);
    // Other processes write here at the same time, and rename what they have written.
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined && found.mtimeMs < oldest) rmSync(file, { force: true });
  }
}

function folder(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "pulumi-nix", "evaluations");
}

function nixVariables(): unknown[] {
  return Object.entries(process.env)
    .filter(([name]) => name.startsWith("NIX_"))
    .sort();
}

/** All settings that Nix reads, from where it reads them (Nix, src/libstore/globals.cc). */
function settingsTexts(): string[] {
  const { NIX_CONF_DIR = "/etc/nix", NIX_USER_CONF_FILES, NIX_CONFIG = "" } = process.env;
  const users =
    NIX_USER_CONF_FILES === undefined
      ? configFolders().map((configFolder) => join(configFolder, "nix/nix.conf"))
      : NIX_USER_CONF_FILES.split(":").filter((file) => file !== "");
  return [join(NIX_CONF_DIR, "nix.conf"), ...users].map(textOf).concat(NIX_CONFIG);
}

function configFolders(): string[] {
  const { XDG_CONFIG_HOME = join(homedir(), ".config"), XDG_CONFIG_DIRS = "/etc/xdg" } = process.env;
  return [XDG_CONFIG_HOME, ...XDG_CONFIG_DIRS.split(":")];
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
