import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import type { Message } from "../resource";
import { storePathName, type StorePath } from "../values";
import { freeSpaceProgram } from "./collect-garbage";
import { sizeOf } from "./contents";
import type { PathInfo } from "./path-info";
import { roomIn, shortageOf, type Room } from "./room";

export interface TravelRequest {
  /** The closure of a path, as far as it is known from where it would come. */
  readonly closureOf: (path: StorePath) => Promise<ReadonlyMap<StorePath, PathInfo> | undefined>;
  /** Opens the machine. */
  readonly host: () => Promise<Host>;
  /** For messages, as long as it is not open. */
  readonly name: string;
  /** Who works with the store there. */
  readonly as: string | undefined;
  readonly paths: readonly StorePath[];
  /** Bytes that have to be free behind the copy; undefined when nobody looks. */
  readonly spare: number | undefined;
  /** Whether garbage is collected there when there is too little room. */
  readonly collect: boolean;
}

type Said = Pick<Message, "severity" | "text">;

/**
 * How much a copy would send, for a preview: `would copy 14 of 80 paths, 61.2 MiB, to web1`; and when there is no room for
 * it, that. The machine is asked in one command, and only when it is known what the closure is.
 */
export async function tellTravel(request: TravelRequest): Promise<Said[]> {
  const { closureOf, paths, name, as } = request;
  const closure = new Map<StorePath, PathInfo>();
  for (const path of paths) {
    const found = await closureOf(path);
    if (found === undefined) return [info(howMuchIsKnown(name, path))];
    for (const [one, of] of found) closure.set(one, of);
  }
  const host = await request.host();
  const { missing, free } = await lackingOn(host, closure, as);
  if (missing.length === 0)
    return [info(`would copy nothing: ${countOf(closure.size)} on ${host.name} already`)];
  const size = (sizeOf(missing) / 2 ** 20).toFixed(1);
  const text = `would copy ${missing.length} of ${closure.size} paths, ${size} MiB, to ${host.name}`;
  return [info(text), ...toldRoom(missing, free, host, request)];
}

function toldRoom(
  missing: readonly PathInfo[],
  free: Room,
  { name }: Host,
  { spare, collect }: TravelRequest,
): Said[] {
  const shortage = spare === undefined ? undefined : shortageOf(missing, spare, free);
  if (shortage === undefined) return [];
  if (collect) return [info(`garbage would be collected on ${name} first: ${shortage}`)];
  return [{ severity: "warning", text: `the copy to ${name} would fail: ${shortage}` }];
}

function info(text: string): Said {
  return { severity: "info", text };
}

function howMuchIsKnown(name: string, path: StorePath): string {
  return `how much would be copied to ${name} is known when ${storePathName(path)} is here`;
}

function countOf(paths: number): string {
  return paths === 1 ? "the path is" : `all ${paths} paths are`;
}

const lackingProgram = loadProgram(join(__dirname, "lacking-paths.sh"));
const program = { name: lackingProgram.name, text: `${freeSpaceProgram.text}\n${lackingProgram.text}` };

/** By standard input: a closure may be longer than an argument list. */
async function lackingOn(
  host: Host,
  closure: ReadonlyMap<StorePath, PathInfo>,
  as: string | undefined,
): Promise<{ missing: PathInfo[]; free: Room }> {
  const { stdout } = await runProgram(host, program, [], {
    doing: "asking which paths are missing there",
    as,
    input: [...closure.keys()].join("\n"),
  });
  const said = new Set(stdout.split("\n"));
  const missing = [...closure].filter(([path]) => said.has(path)).map(([, of]) => of);
  return { missing, free: roomIn(stdout) };
}
