import { pipeline } from "node:stream/promises";
import { CommandError, lastLines, RefusedError } from "../errors";
import type { Exit, Host, HostProcess } from "../host/host";
import type { StorePath } from "../values";
import { defaultIdleLimit, whileMoving } from "./idle-limit";
import { openServe } from "./serve";
import { closureOf } from "./store";

/** What a copy did. */
export interface CopyReport {
  /** Paths in the closure. */
  readonly paths: number;
  /** Paths that travelled. */
  readonly copied: number;
  /** Bytes that travelled, as Nix exports them. */
  readonly bytes: number;
}

export interface CopyRequest {
  readonly source: Host;
  readonly target: Host;
  /** Who works with the target's store. */
  readonly as: string | undefined;
  readonly paths: readonly StorePath[];
  /** Roots the paths on the target; called while the collector is still held off. */
  readonly root: () => Promise<void>;
  readonly onProgress?: (text: string) => void;
  /** Seconds without a byte or an answer after which the copy is given up; 600 by default. */
  readonly idleLimit?: number;
  /** Paths in one export; 5,000 by default. */
  readonly batchSize?: number;
}

/**
 * Brings the closure of the paths to the target: what is there already does not travel, and from before the first
 * byte until they are rooted the target's collector leaves all of them alone.
 */
export async function copyClosure(request: CopyRequest): Promise<CopyReport> {
  // Neither needs the other, and each takes a while.
  const listing = closureOf(request.source, request.paths);
  listing.catch(() => undefined); // Looked at once the session is there to be closed.
  const session = await openServe(request.target, request.as, request.idleLimit);
  try {
    const closure = await listing;
    const valid = await session.protect(closure);
    const missing = closure.filter((path) => !valid.has(path));
    let bytes = 0;
    for (const batch of batches(missing, request.batchSize)) bytes += await stream(request, batch);
    await request.root();
    return { paths: closure.length, copied: missing.length, bytes };
  } finally {
    await session.close();
  }
}

// The paths are arguments of `nix-store --export`, and Linux takes 2 MiB of arguments. References come first, so a
// batch needs nothing of a later one.
const defaultBatchSize = 5_000;

function batches(paths: readonly StorePath[], size = defaultBatchSize): StorePath[][] {
  const count = Math.ceil(paths.length / size);
  return Array.from({ length: count }, (_, index) => paths.slice(index * size, (index + 1) * size));
}

/** Streams Nix's own export into its import; neither end nor we hold more than a few buffers. */
async function stream(request: CopyRequest, missing: readonly StorePath[]): Promise<number> {
  const doing = `copying ${missing.length} path${missing.length === 1 ? "" : "s"}`;
  const importing = await request.target.open(["nix-store", "--import"], { doing, as: request.as });
  try {
    const exporting = await request.source.open(["nix-store", "--export", ...missing], { doing });
    return await feed(request, doing, exporting, importing).finally(() => exporting.kill());
  } finally {
    importing.kill();
  }
}

async function feed(
  request: CopyRequest,
  doing: string,
  exporting: HostProcess,
  importing: HostProcess,
): Promise<number> {
  let bytes = 0;
  const report = (): void => request.onProgress?.(`${doing}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  const ticker = setInterval(report, 500);
  const waiting = { doing, host: request.target.name, changed: arrivedWhole };
  try {
    await whileMoving(request.idleLimit ?? defaultIdleLimit, waiting, async (moved) => {
      importing.stdout.on("data", moved); // It prints each path that it has imported.
      const count = (length: number): void => {
        bytes += length;
        moved();
      };
      const delivered = await deliver(counting(exporting.stdout, count), importing);
      await finish(request, doing, delivered, exporting, importing);
    });
    return bytes;
  } finally {
    clearInterval(ticker);
  }
}

/** Whether all that the export gave was taken; what went wrong is told by how the two processes end. */
function deliver(chunks: AsyncIterable<Buffer>, importing: HostProcess): Promise<boolean> {
  return pipeline(chunks, importing.stdin).then(
    () => true,
    () => false,
  );
}

async function* counting(
  chunks: AsyncIterable<Buffer>,
  count: (length: number) => void,
): AsyncIterable<Buffer> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}

/** An import that is cut off and an export that nobody reads both fail; the one that failed first is the reason. */
async function finish(
  request: CopyRequest,
  doing: string,
  delivered: boolean,
  exporting: HostProcess,
  importing: HostProcess,
): Promise<void> {
  const exportExit = delivered ? await exporting.exited : undefined;
  if (exportExit !== undefined && exportExit.exitCode !== 0)
    throw exportFailure(request, doing, exportExit, exporting.stderrTail());
  const importExit = await importing.exited;
  if (importExit.exitCode !== 0) throw importFailure(request, doing, importExit, importing.stderrTail());
  if (delivered) return;
  // A connection may close before it says that it took the last byte.
  const unreadExit = await exporting.exited;
  if (unreadExit.exitCode !== 0) throw exportFailure(request, doing, unreadExit, exporting.stderrTail());
}

const arrivedWhole = "paths that arrived whole, if any, stay in its store until the next garbage collection";

function exportFailure({ source, target }: CopyRequest, doing: string, exit: Exit, tail: string): Error {
  const changed = `${arrivedWhole} (on ${target.name})`;
  return new CommandError({
    doing,
    host: source.name,
    argv: ["nix-store", "--export", "…"],
    changed,
    ...exit,
    tail,
  });
}

function importFailure(request: CopyRequest, doing: string, exit: Exit, tail: string): Error {
  const details = {
    doing,
    host: request.target.name,
    changed: arrivedWhole,
  };
  if (/lacks a (valid )?signature/.test(tail)) {
    return new RefusedError({
      ...details,
      happened: "the Nix daemon there does not trust this login",
      tail: lastLines(tail),
      hint:
        "one of: add the login to trusted-users in /etc/nix/nix.conf there; set elevate on the connection so that " +
        "root imports them; let the machine fetch the signed paths from a binary cache that it trusts, beforehand",
    });
  }
  const full = /No space left on device/.test(tail);
  const hint = full ? "free space below /nix there, e.g. nix-collect-garbage" : undefined;
  return new CommandError({ ...details, hint, argv: ["nix-store", "--import"], ...exit, tail });
}
