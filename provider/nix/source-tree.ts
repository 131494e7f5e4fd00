import { createHash, type Hash } from "node:crypto";
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** What an evaluation may read, and a digest of all of it. */
export interface SourceTree {
  readonly folder: string;
  readonly digest: string;
}

// So much is read; of the rest (a node_modules, say) the time of the last change stands for the content. It changes
// with every write, and nothing sets it back, but a new checkout has new ones.
const mostRead = 4_000;
const mostBytes = 64 * 2 ** 20;
// Looking at more than this costs more than most evaluations.
const mostFiles = 100_000;

// Restricted, these answer otherwise than plain Nix would, and silently; a source that names one is evaluated plainly
// and never kept. (Everything else outside the folder is an error when restricted, so nothing else can slip in.)
const silentlyRestricted = /getEnv|pathExists|currentTime|nixPath|findFile|tryEval/;

/** Finds the folder around a Nix file; undefined when what its evaluation depends on cannot be told cheaply. */
export type TreeAround = (file: string) => SourceTree | undefined;

/** Reads each folder once. */
export function treesAround(): TreeAround {
  const known = new Map<string, string | undefined>();
  return (file) => {
    try {
      const folder = dirname(realpathSync(file));
      if (!known.has(folder)) known.set(folder, digestOf(folder));
      const digest = known.get(folder);
      return digest === undefined ? undefined : { folder, digest };
    } catch {
      return undefined; // The evaluation itself says what is wrong with the file.
    }
  };
}

/** A digest of all that is in a folder and of its place; undefined when that is too much or cannot be told. */
export function digestOf(folder: string): string | undefined {
  const walk = { hash: createHash("sha256"), files: 0, bytes: 0 };
  walk.hash.update(folder);
  return addFolder(folder, walk) ? walk.hash.digest("hex") : undefined;
}

/** Whether a text can be evaluated without looking at anything but itself. */
export function dependsOnSurroundings(nixText: string): boolean {
  return silentlyRestricted.test(nixText);
}

interface Walk {
  readonly hash: Hash;
  files: number;
  bytes: number;
}

function addFolder(folder: string, walk: Walk): boolean {
  const names = readdirSync(folder).sort();
  walk.hash.update(`folder ${names.length}\0`);
  return names.every((name) => addEntry(join(folder, name), name, walk));
}

function addEntry(path: string, name: string, walk: Walk): boolean {
  const stat = lstatSync(path, { bigint: true });
  walk.files += 1;
  walk.bytes += Number(stat.size);
  walk.hash.update(`${name}\0${stat.mode & 0o170111n}\0`);
  if (stat.isDirectory()) return walk.files <= mostFiles && addFolder(path, walk);
  if (stat.isSymbolicLink()) return addText(readlinkSync(path), walk);
  return stat.isFile() && addFile(path, stat, walk);
}

function addFile(path: string, stat: BigIntStats, walk: Walk): boolean {
  const isNix = path.endsWith(".nix");
  const isWithin = walk.files <= mostRead && walk.bytes <= mostBytes;
  if (!isNix && !isWithin) return addText(`${stat.ino} ${stat.ctimeNs} ${stat.size}`, walk);
  const content = readFileSync(path);
  if (isNix && dependsOnSurroundings(content.toString("utf8"))) return false;
  walk.hash.update(`${content.length}\0`).update(content);
  return true;
}

function addText(text: string, walk: Walk): boolean {
  walk.hash.update(`${text}\0`);
  return true;
}
