import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { CommandError, lastLines } from "../errors";
import type { Host } from "../host/host";
import { isStorePath, storePathName, storePathsIn, type StorePath } from "../values";
import type { Builders } from "./builders";
import { builtFor } from "./dry-run";
import { runRealise } from "./realise";
import { invalidAmong } from "./store";

export interface Wanted {
  readonly drvPath: StorePath;
  readonly outputs: readonly StorePath[];
}

export interface BuildOptions {
  /** Further arguments of the user's. */
  readonly args: readonly string[];
  readonly builders?: Builders | undefined;
  /** Told of each derivation that is being built. */
  readonly onBuild?: ((name: string) => void) | undefined;
}

/**
 * Builds derivations in one nix process, which goes on with the others when one fails. Gives why some were not built, by
 * derivation.
 */
export async function buildTogether(
  host: Host,
  wanted: readonly Wanted[],
  { args, builders, onBuild }: BuildOptions,
): Promise<Map<StorePath, string>> {
  const drvPaths = [...new Set(wanted.map(({ drvPath }) => drvPath))];
  const log = new BuildLog(onBuild);
  // Behind the user's, for the last one of each counts.
  const ours = ["--keep-going", "--no-gc-warning", "--log-format", "internal-json"];
  try {
    await runRealise(host, [...drvPaths, ...args, ...ours], {
      builders,
      doing: `building ${drvPaths.length} derivation${drvPaths.length === 1 ? "" : "s"}`,
      onLine: (line) => log.take(line),
    });
    return new Map();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return log.failures(await notBuilt(host, wanted), withoutEvents(error.message));
  }
}

/** What `--keep-going` left out; all of it when the store cannot say. */
async function notBuilt(host: Host, wanted: readonly Wanted[]): Promise<StorePath[]> {
  const outputs = wanted.flatMap((one) => one.outputs);
  const invalid = new Set(await invalidAmong(host, outputs).catch(() => outputs));
  return wanted.filter((one) => one.outputs.some((path) => invalid.has(path))).map(({ drvPath }) => drvPath);
}

// Nix, src/libutil/logging.hh: actBuild and resBuildLogLine.
const startedBuild = z.object({
  action: z.literal("start"),
  type: z.literal(105),
  id: z.number(),
  fields: z.tuple([z.string()], z.unknown()),
});
const logLine = z.object({
  action: z.literal("result"),
  type: z.literal(101),
  id: z.number(),
  fields: z.tuple([z.string()]),
});
const errorMessage = z.object({ action: z.literal("msg"), level: z.literal(0), raw_msg: z.string() });
const eventSchema = z.union([startedBuild, logLine, errorMessage]);

const linesOfLog = 10;

/** What Nix says while it builds, by derivation. */
class BuildLog {
  private readonly building = new Map<number, StorePath>();
  private readonly logs = new Map<StorePath, string[]>();
  private readonly errors = new Map<StorePath, string>();
  private readonly others: string[] = [];

  constructor(private readonly onBuild: BuildOptions["onBuild"]) {}

  take(line: string): void {
    const event = eventIn(line);
    if (event === undefined) return;
    if (event.action === "start") this.begin(event.id, event.fields[0]);
    else if (event.action === "result") this.log(event.id, event.fields[0]);
    else this.error(stripVTControlCharacters(event.raw_msg));
  }

  /** Of each derivation that was not built: what failed of it and of what it needs, or else how the whole ended. */
  failures(notBuilt: readonly StorePath[], ending: string): Map<StorePath, string> {
    // What is about none of them (a full disk, a daemon that is gone) is about all that is left.
    const general = this.others.length === 0 ? ending : lastLines(this.others.join("\n"));
    return new Map(notBuilt.map((drvPath) => [drvPath, this.whyNot(drvPath) ?? general]));
  }

  private begin(id: number, drvPath: string): void {
    if (!isStorePath(drvPath)) return;
    this.building.set(id, drvPath);
    this.onBuild?.(storePathName(drvPath).replace(/\.drv$/, ""));
  }

  private log(id: number, line: string): void {
    const drvPath = this.building.get(id);
    if (drvPath === undefined) return;
    const lines = this.logs.get(drvPath) ?? [];
    this.logs.set(drvPath, [...lines, line].slice(-linesOfLog));
  }

  private error(text: string): void {
    // The first one is what it is about; the last message lists all that failed.
    const drvPath = storePathsIn(text).find((path) => path.endsWith(".drv"));
    if (drvPath === undefined || text.startsWith("build of ")) this.others.push(text);
    else if (!this.errors.has(drvPath)) this.errors.set(drvPath, text);
  }

  private whyNot(drvPath: StorePath): string | undefined {
    // A Nix that dies has said nothing yet of what only failed because something else did.
    const chain = builtFor(drvPath, new Set([...this.errors.keys(), drvPath]));
    const failed = chain.filter((path) => this.errors.has(path));
    if (failed.length === 0) return undefined;
    const causes = failed.filter((path) => !isFollowing(this.errors.get(path) ?? ""));
    const told = (causes.length === 0 ? failed : causes).map((path) =>
      [this.errors.get(path) ?? "", ...(this.logs.get(path) ?? [])].join("\n"),
    );
    return lastLines(told.join("\n"), told.length * (linesOfLog + 1));
  }
}

/** Of something that only failed because what it needs did. */
function isFollowing(error: string): boolean {
  return /dependenc(y|ies)\b.*failed/.test(error);
}

/** What Nix said while it built is told already. */
function withoutEvents(message: string): string {
  return message
    .split("\n")
    .filter((line) => !line.startsWith("@nix "))
    .join("\n");
}

function eventIn(line: string): z.infer<typeof eventSchema> | undefined {
  if (!line.startsWith("@nix ")) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line.slice(5))).data;
  } catch {
    return undefined;
  }
}
