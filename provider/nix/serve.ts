import { RefusedError, TimeoutError } from "../errors";
import type { Host, HostProcess } from "../host/host";
import { parseStorePath, type StorePath } from "../values";
import { defaultIdleLimit, whileMoving } from "./idle-limit";
import { encodeInteger, encodeStrings, FrameReader } from "./serve-codec";

/**
 * A `nix-store --serve` process on a host, which speaks the protocol behind `ssh://` stores (Nix,
 * src/libstore/serve-protocol.hh). As long as it runs it keeps temporary roots, which is why a copy holds one
 * open from before its first byte until something else roots the paths.
 */
export interface ServeSession {
  /** Those of the paths that are valid there; the collector leaves all of them alone from now on. */
  protect(paths: readonly StorePath[]): Promise<Set<StorePath>>;
  /** Ends the process and with it the protection. */
  close(): Promise<void>;
}

const magicFromClient = 0x390c9deb;
const magicFromServer = 0x5452eecb;
const version = 0x207;
const queryValidPaths = 1;
/** Seconds in which a process that has nothing left to do may end by itself. */
const closeLimit = 30;

/**
 * Opens a session.
 * @throws TimeoutError when an answer takes longer than the limit, in seconds
 */
export async function openServe(
  host: Host,
  as: string | undefined,
  limit = defaultIdleLimit,
): Promise<ServeSession> {
  const doing = "asking what is in the store";
  const server = await host.open(["nix-store", "--serve", "--write"], { doing, as });
  const reader = new FrameReader(server.stdout);
  const waiting = { doing: `waiting for an answer of nix-store --serve, ${doing},`, host: host.name };
  const ask = <T>(talk: () => Promise<T>): Promise<T> =>
    explained(host, server, reader, doing, () => whileMoving(limit, waiting, talk));
  await ask(() => greet(server, reader));
  return {
    protect: (paths) => ask(() => protect(server, reader, paths)),
    close: () => close(server, reader, Math.min(limit, closeLimit)),
  };
}

async function greet(server: HostProcess, reader: FrameReader): Promise<void> {
  server.stdin.write(Buffer.concat([encodeInteger(magicFromClient), encodeInteger(version)]));
  const magic = await reader.integer();
  if (magic !== magicFromServer) throw new Error("it does not speak the serve protocol");
  const offered = await reader.integer();
  if (offered >> 8 !== version >> 8) throw new Error(`it speaks version ${offered} of the serve protocol`);
}

async function protect(
  server: HostProcess,
  reader: FrameReader,
  paths: readonly StorePath[],
): Promise<Set<StorePath>> {
  const lock = encodeInteger(1);
  const substitute = encodeInteger(0);
  server.stdin.write(Buffer.concat([encodeInteger(queryValidPaths), lock, substitute, encodeStrings(paths)]));
  return new Set((await reader.strings()).map(parseStorePath));
}

async function close(server: HostProcess, reader: FrameReader, limit: number): Promise<void> {
  server.stdin.end();
  const timer = setTimeout(() => server.kill(), limit * 1000);
  // A lost connection has ended it too.
  await reader.drain().catch(() => undefined);
  await server.exited.catch(() => undefined);
  clearTimeout(timer);
}

/** When the other side ends the conversation, what it said on standard error is the reason. */
async function explained<T>(
  host: Host,
  server: HostProcess,
  reader: FrameReader,
  doing: string,
  talk: () => Promise<T>,
): Promise<T> {
  try {
    return await talk();
  } catch (cause) {
    server.kill();
    await reader.drain().catch(() => undefined);
    await server.exited; // Rejects with the better error when the connection was lost.
    if (cause instanceof TimeoutError) throw cause;
    throw new RefusedError({
      doing,
      host: host.name,
      happened: (cause as Error).message,
      tail: server.stderrTail(),
      hint: hintFor(server.stderrTail()),
      cause,
    });
  }
}

function hintFor(stderr: string): string | undefined {
  if (/not found|No such file/.test(stderr))
    return "Nix is needed on the host (the package nix-bin on Debian)";
  if (/daemon-socket.*Permission denied/.test(stderr)) {
    return "this login may not use the Nix daemon there: add it to allowed-users in nix.conf, or set elevate";
  }
  return undefined;
}
