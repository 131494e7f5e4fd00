import { isStorePath, parseStorePath, type StorePath } from "../values";
import { hexOfBase32 } from "./nix-hash";
import { FrameWriter, type FrameCursor, type FrameReader } from "./serve-codec";
import type { ValidPath } from "./valid-path";

/** The requests of the serve protocol and their answers (Nix, src/libstore/serve-protocol.hh). */

const magicFromClient = 0x390c9deb;
const magicFromServer = 0x5452eecb;
/** What Nix has spoken since 2.4; a newer one goes back to it. Older ones have neither signatures nor AddToStoreNar. */
const version = 0x207;
const oldestVersion = 0x205;

const commands = {
  queryValidPaths: 1,
  queryPathInfos: 2,
  dumpStorePath: 3,
  queryClosure: 7,
  addToStoreNar: 9,
};

export function greeting(): Buffer {
  return new FrameWriter().integer(magicFromClient).integer(version).bytes();
}

export async function readGreeting(reader: FrameReader): Promise<void> {
  if ((await reader.integer()) !== magicFromServer) throw new Error("it does not speak the serve protocol");
  const offered = await reader.integer();
  if (offered >> 8 !== version >> 8 || offered < oldestVersion)
    throw new Error(`it speaks version 0x${offered.toString(16)} of the serve protocol`);
}

/** Which of the paths are valid. From then on, and as long as the server runs, the collector leaves all of them alone. */
export function queryValidPaths(paths: readonly StorePath[]): Buffer {
  const [lock, substitute] = [1, 0];
  return request(commands.queryValidPaths, paths.length)
    .integer(lock)
    .integer(substitute)
    .strings(paths)
    .bytes();
}

export function queryClosure(paths: readonly StorePath[]): Buffer {
  const includeOutputs = 0;
  return request(commands.queryClosure, paths.length).integer(includeOutputs).strings(paths).bytes();
}

export function queryPathInfos(paths: readonly StorePath[]): Buffer {
  return request(commands.queryPathInfos, paths.length).strings(paths).bytes();
}

export function dumpStorePath(path: StorePath): Buffer {
  return request(commands.dumpStorePath, 1).string(path).bytes();
}

/** What precedes the NAR itself, which follows without a frame. */
export function addToStoreNar(info: ValidPath): Buffer {
  const [registrationTime, ultimate] = [0, 0];
  return request(commands.addToStoreNar, 2 + info.references.length)
    .string(info.path)
    .string(info.deriver ?? "")
    .string(info.narHash)
    .strings(info.references)
    .integer(registrationTime)
    .integer(info.narSize)
    .integer(ultimate)
    .strings(info.signatures)
    .string(info.ca)
    .bytes();
}

/** The answer to `addToStoreNar`, once the path is valid. */
export async function readAdded(reader: FrameReader): Promise<void> {
  const answer = await reader.integer();
  if (answer !== 1) throw new Error(`it answered ${answer} to a path that was added`);
}

/** At most so many of them. */
export async function readStorePaths(reader: FrameReader, most?: number): Promise<StorePath[]> {
  return reader.list((cursor) => parseStorePath(cursor.string(longestPath)), most);
}

/** The answer to `queryPathInfos` for so many paths: those that are not valid are left out. */
export async function readPathInfos(reader: FrameReader, asked: number): Promise<ValidPath[]> {
  const infos: ValidPath[] = [];
  for (;;) {
    const info = await reader.message(pathInfo);
    if (info === undefined) return infos;
    if (infos.length === asked)
      throw new Error(`it knows more than the ${asked} paths that it was asked for`);
    infos.push(info);
  }
}

function pathInfo(cursor: FrameCursor): ValidPath | undefined {
  const path = cursor.string();
  if (path === "") return undefined;
  const deriver = cursor.string();
  const references = cursor.strings().map(parseStorePath);
  cursor.integer(); // What it would take to download; nothing says it.
  const narSize = cursor.integer();
  return {
    path: parseStorePath(path),
    deriver: isStorePath(deriver) ? deriver : undefined,
    references,
    narSize,
    narHash: hexOfHash(cursor.string()),
    ca: cursor.string(),
    signatures: cursor.strings(),
  };
}

const bytesOfPath = 100;
const longestPath = 1024;

function request(command: number, paths: number): FrameWriter {
  return new FrameWriter(256 + bytesOfPath * paths).integer(command);
}

function hexOfHash(text: string): string {
  const [, base32] = /^sha256:(.*)$/.exec(text) ?? [];
  if (base32 === undefined) throw new Error(`'${text}' is not the hash of a NAR`);
  return hexOfBase32(base32);
}
