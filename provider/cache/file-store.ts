import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { RefusedError } from "../errors";
import type { ObjectBody, ObjectStore } from "./object-store";

/** A cache in a folder of this machine. */
export function fileStore(folder: string): ObjectStore {
  const name = `file://${folder}`;
  const place = (key: string): string => join(folder, key);
  const swept = new Set<string>();
  const write = async (file: string, body: ObjectBody): Promise<void> => {
    const parent = dirname(file);
    await mkdir(parent, { recursive: true });
    if (swept.size < swept.add(parent).size) await sweep(parent);
    await writeWhole(file, body);
  };
  return {
    name,
    look: (key) => explained(name, `looking for ${key}`, () => unlessAbsent(() => stat(place(key)))),
    read: (key) => explained(name, `reading ${key}`, () => unlessAbsent(() => readableFile(place(key)))),
    write: (key, body) => explained(name, `writing ${key}`, () => write(place(key), body)),
    close: () => undefined,
  };
}

async function readableFile(file: string): Promise<Readable> {
  return (await open(file)).createReadStream();
}

/** Beside it, then renamed when it is on the disk: whoever reads sees all of it or nothing, after a power loss too. */
async function writeWhole(file: string, body: ObjectBody): Promise<void> {
  const part = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    const handle = await open(part, "wx");
    try {
      await writeFile(handle, body.open());
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

/** Nobody writes a single object for as long, in milliseconds, without a byte. */
const abandoned = 24 * 3600 * 1000;

/** Takes away what writers left behind who were killed. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.[0-9a-f]{8}\.part$/.test(name)) continue;
    const part = join(folder, name);
    const written = await unlessAbsent(async () => (await stat(part)).mtimeMs);
    if (written !== undefined && written < Date.now() - abandoned) await rm(part, { force: true });
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
  const open = (start = 0, end?: number): Readable =>
    createReadStream(file, { start, ...(end !== undefined && { end: end - 1 }) });
  return { size, type: "application/x-nix-nar", open };
}
