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

/** What is free where a machine's store is. */
export interface Room {
  readonly bytes: number;
  /** Infinity where the file system sets no limit. */
  readonly inodes: number;
}

export async function freeRoom(host: Host, as: string | undefined): Promise<Room> {
  const program = { name: freeSpaceProgram.name, text: `${freeSpaceProgram.text}\ntell_free` };
  const { stdout } = await runProgram(host, program, [], { doing: "asking how much is free", as });
  return roomIn(stdout);
}

/** Understands what `tell_free` prints, among other lines. */
export function roomIn(text: string): Room {
  const [, bytes, inodes] = /^free (\d+) (\d+|any)$/m.exec(text) ?? [];
  return { bytes: Number(bytes ?? NaN), inodes: inodes === "any" ? Infinity : Number(inodes ?? NaN) };
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
  const { host, as, spare, collect } = request;
  const free = await freeRoom(host, as);
  if (shortageOf(missing, spare, free) === undefined) return;
  if (!collect) throw noRoom(missing, request, free);
  const collected = await collectFor(missing, request, free);
  const left = await freeRoom(host, as);
  if (shortageOf(missing, spare, left) !== undefined) throw noRoom(missing, request, left, collected);
}

function collectFor(
  missing: readonly Sized[],
  { host, as, spare, onLine }: RoomRequest,
  free: Room,
): Promise<Collected> {
  // How many inodes so many bytes of garbage have, nobody knows.
  const wanted = lacksInodes(missing, free) ? undefined : roomFor(missing) + spare;
  return collectGarbage(host, { as, wanted, limit: collectLimit, ...(onLine && { onLine }) });
}

function noRoom(
  missing: readonly Sized[],
  { host, spare, hint = waysOut }: RoomRequest,
  free: Room,
  collected?: Collected,
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
export function shortageOf(missing: readonly Sized[], spare: number, free: Room): string | undefined {
  const fits = roomFor(missing) + spare <= free.bytes && !lacksInodes(missing, free);
  return fits || missing.length === 0 ? undefined : shortage(missing, spare, free);
}

/** A path may be a single file, and so one inode. How many more it has, only its bytes would tell. */
function lacksInodes(missing: readonly Sized[], { inodes }: Room): boolean {
  return missing.length > inodes;
}

function shortage(missing: readonly Sized[], spare: number, free: Room): string {
  const kept = spare === 0 ? "" : ` and ${shownSize(spare)} have to stay free (freeSpace)`;
  const needed = `${shownSize(roomFor(missing))} are needed${kept}`;
  const reasons = [
    ...(roomFor(missing) + spare > free.bytes ? [`${needed}, and ${shownSize(free.bytes)} are free`] : []),
    ...(lacksInodes(missing, free)
      ? [`at least ${missing.length} inodes are needed, and ${free.inodes} are free`]
      : []),
  ];
  return `there is no room: ${reasons.join("; ")} where the store is`;
}

const waysOut =
  "collectGarbage: true collects there first what nothing leads to, as much as is needed; a HostGarbageCollection " +
  "removes old generations too; freeSpace: false copies all the same";
const nothingLeft =
  "all else there is led to by roots: a HostGarbageCollection that keeps fewer generations makes room, and so does a " +
  "larger disk; nix-store --gc --print-roots tells what holds it";
