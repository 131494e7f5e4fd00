import { join } from "node:path";
import { CommandError, RefusedError } from "../errors";
import type { Host } from "../host/host";
import { loadProgram, runProgram, type Program } from "../host/program";

/** What a collection did. */
export interface Collected {
  /** Bytes that were free where the store is. */
  readonly before: number;
  readonly after: number;
  /** Store paths that went. */
  readonly paths: number;
}

export interface CollectOptions {
  readonly as: string | undefined;
  /** Bytes that shall be free: no more is collected than that takes. Undefined collects all that nothing leads to. */
  readonly wanted: number | undefined;
  /** Seconds. */
  readonly limit: number;
  /** Told what goes. */
  readonly onLine?: (line: string) => void;
}

export const freeSpaceProgram = loadProgram(join(__dirname, "free-space.sh"));
const collectProgram = loadProgram(join(__dirname, "collect-garbage.sh"));

/** The collection, with what has to stand before it. */
export const garbageProgram: Program = {
  name: collectProgram.name,
  text: [freeSpaceProgram, collectProgram].map(({ text }) => text).join("\n"),
};

/** Collects what no root of the machine leads to. What Nix holds for whoever works with the store meanwhile stays. */
export async function collectGarbage(
  host: Host,
  { as, wanted, limit, onLine }: CollectOptions,
): Promise<Collected> {
  const doing = "collecting garbage";
  const args = garbageArguments(wanted, limit);
  const more = { doing, as, onLine, timeout: limit + 60 };
  const { stdout } = await tellingWhatWent(runProgram(host, garbageProgram, args, more));
  return collectedIn(stdout, doing, host);
}

/** What fails half-way says what it did by then. */
export async function tellingWhatWent<Result>(collecting: Promise<Result>): Promise<Result> {
  try {
    return await collecting;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { doing, host, hint, argv, exitCode, signal, tail, stdout } = error;
    const changed = goneBy(stdout);
    throw new CommandError({ doing, host, hint, changed, argv, exitCode, signal, tail, stdout });
  }
}

function goneBy(text: string): string | undefined {
  const gone = goneGenerations(text);
  const unrooted = goneRoots(text);
  const paths = Number(/^paths (\d+)$/m.exec(text)?.[1] ?? 0);
  const parts = [
    ...(gone.length > 0 ? [`these generations went: ${gone.join(", ")}`] : []),
    ...(unrooted.length > 0 ? [`the roots of these resources went: ${unrooted.join(", ")}`] : []),
    ...(paths > 0 ? [`${paths} paths that nothing led to were collected`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** The links of the generations that a program says went. */
export function goneGenerations(text: string): string[] {
  return [...text.matchAll(/^generation (.*)$/gm)].map(([, link]) => link ?? "");
}

/** The ids of the resources whose roots a program says went. */
export function goneRoots(text: string): string[] {
  return [...text.matchAll(/^unrooted (.*)$/gm)].map(([, id]) => id ?? "");
}

/** What collect-garbage.sh takes. */
export function garbageArguments(wanted: number | undefined, limit: number): [string, string] {
  return [wanted === undefined ? "all" : String(Math.ceil(wanted)), String(Math.ceil(limit))];
}

/** Understands what collect-garbage.sh prints. */
export function collectedIn(text: string, doing: string, { name }: Host): Collected {
  const number = (what: string): number => Number(new RegExp(`^${what} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
  const collected = { before: number("before"), after: number("after"), paths: number("paths") };
  if (!Object.values(collected).some(Number.isNaN)) return collected;
  throw new RefusedError({ doing, host: name, happened: "its answer is not understood", tail: text });
}
