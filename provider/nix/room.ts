import { shownSize } from "../amounts";
import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import { runProgram } from "../host/program";
import { collectGarbage, freeSpaceProgram, type Collected } from "./collect-garbage";

/** What of a path tells how much room it takes. */
interface Sized {
  /** Bytes, as Nix serialises it. */
  readonly narSize: number;
}

export interface RoomRequest {
  readonly host: Host;
  /** Who works with the store there. */
  readonly as: string | undefined;
  /** Bytes that have to be free behind the copy. */
  readonly spare: number;
  /** Whether garbage is collected there when there is too little room: as much as is needed. */
  readonly collect: boolean;
  /** The ways out for whoever cannot set what a `ClosureCopy` can, where nothing is collected. */
  readonly hint?: string;
  readonly onLine?: (line: string) => void;
}

const block = 4096;
/** A path has a folder or an inode of its own, and rows in Nix's database. */
const perPath = 2 * block;
/** Seconds. */
const collectLimit = 3600;

/**
 * Bytes that paths take in a store. A store that keeps equal files once may need less: what is saved is not counted on,
 * since nobody knows it before.
 */
export function roomFor(paths: readonly Sized[]): number {
  return paths.reduce((sum, { narSize }) => sum + Math.ceil(narSize / block) * block + perPath, 0);
}

/** Bytes that are free where a machine's store is. */
export async function freeSpace(host: Host, as: string | undefined): Promise<number> {
  const program = { name: freeSpaceProgram.name, text: `${freeSpaceProgram.text}\nfree_bytes` };
  const { stdout } = await runProgram(host, program, [], { doing: "asking how much is free", as });
  return Number(stdout);
}

/** Ends a copy that would not fit before it begins: what is missing there goes through this. */
export function requireRoom(
  request: RoomRequest,
): <Path extends Sized>(missing: readonly Path[]) => Promise<readonly Path[]> {
  return async (missing) => {
    if (missing.length > 0) await requireRoomFor(missing, request);
    return missing;
  };
}

async function requireRoomFor(missing: readonly Sized[], request: RoomRequest): Promise<void> {
  const { host, as, spare, collect, onLine } = request;
  const wanted = roomFor(missing) + spare;
  const free = await freeSpace(host, as);
  if (free >= wanted) return;
  const limit = collectLimit;
  const collected = collect ? await collectGarbage(host, { as, wanted, limit, onLine }) : undefined;
  if (collected !== undefined && collected.after >= wanted) return;
  throw noRoom(missing, request, collected?.after ?? free, collected);
}

function noRoom(
  missing: readonly Sized[],
  { host, spare, hint = waysOut }: RoomRequest,
  free: number,
  collected: Collected | undefined,
): RefusedError {
  return new RefusedError({
    doing: `copying ${missing.length} path${missing.length === 1 ? "" : "s"}`,
    host: host.name,
    happened: shortage(missing, spare, free),
    hint: collected === undefined ? hint : nothingLeft,
    changed:
      collected !== undefined && collected.paths > 0
        ? `${collected.paths} paths that nothing led to were collected, and that was not enough`
        : undefined,
  });
}

/** Why paths do not fit; undefined when they do. For people. */
export function shortageOf(missing: readonly Sized[], spare: number, free: number): string | undefined {
  const fits = missing.length === 0 || roomFor(missing) + spare <= free;
  return fits ? undefined : shortage(missing, spare, free);
}

function shortage(missing: readonly Sized[], spare: number, free: number): string {
  const kept = spare === 0 ? "" : ` and ${shownSize(spare)} have to stay free (freeSpace)`;
  const needed = `${shownSize(roomFor(missing))} are needed${kept}`;
  return `there is no room: ${needed}, and ${shownSize(free)} are free where the store is`;
}

const waysOut =
  "collectGarbage: true collects there first what nothing leads to, as much as is needed; a HostGarbageCollection " +
  "removes old generations too; freeSpace: false copies all the same";
const nothingLeft =
  "all else there is led to by roots: a HostGarbageCollection that keeps fewer generations makes room, and so does a " +
  "larger disk; nix-store --gc --print-roots tells what holds it";
