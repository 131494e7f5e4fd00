import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RefusedError } from "../errors";
import type { ObjectBody, ObjectStore } from "./object-store";

/** A cache in a folder of this machine. */
export function fileStore(folder: string): ObjectStore {
  const name = `file://${folder}`;
  const place = (key: string): string => join(folder, key);
  return {
    name,
    size: (key) =>
      explained(name, `looking for ${key}`, () => unlessAbsent(async () => (await stat(place(key))).size)),
    read: (key) => explained(name, `reading ${key}`, () => unlessAbsent(() => readableFile(place(key)))),
    write: (key, body) => explained(name, `writing ${key}`, () => writeWhole(place(key), body)),
    close: () => undefined,
  };
}

async function readableFile(file: string): Promise<Readable> {
  return (await open(file)).createReadStream();
}

/** Beside it, then renamed: whoever reads meanwhile sees all of it or nothing. */
async function writeWhole(file: string, body: ObjectBody): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    await pipeline(body.open(), createWriteStream(part));
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

async function unlessAbsent<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function explained<T>(host: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new RefusedError({ doing, host, happened: message, hint: hints[code ?? ""], cause });
  }
}

const hints: Readonly<Record<string, string>> = {
  EACCES: "the user who runs Pulumi has to be allowed to write there",
  ENOSPC: "free space there",
};

/** A file that is to be written elsewhere. */
export function fileBody(file: string, size: number): ObjectBody {
  return { size, type: "application/x-nix-nar", open: () => createReadStream(file) };
}
