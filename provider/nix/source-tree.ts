import { createHash, type Hash } from "node:crypto";
import {
  type BigIntStats,
  type Dirent,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** What an evaluation may read, and a digest of all of it. */
export interface SourceTree {
  readonly folder: string;
  readonly digest: string;
}

// So much is read; of the rest (a node_modules, say) the time of the last change stands for the content. It changes
// with every write, and nothing sets it back, but a new checkout has new ones. Nix files (*.nix) are read always.
const mostRead = 4_000;
const mostBytes = 64 * 2 ** 20;
// Looking at more than this costs more than most evaluations.
const mostFiles = 100_000;

// A source that names one of these is evaluated plainly and never kept. Restricted, the first answer otherwise than plain
// Nix would, and silently. The others may read from outside all the same: Nix 2.8 minds nothing but an attribute `url`, and
// the HEAD of a git work tree is not in its folder. (Nix reads nothing else from outside when restricted.)
const otherwiseRestricted = "getEnv|pathExists|currentTime|nixPath|findFile|tryEval";
const unrestricted = "fetchTree|fetchGit|fetchMercurial|getFlake";
const looksOutside = new RegExp(`${otherwiseRestricted}|${unrestricted}`);
// Nix imports files of any name. In one that is not called *.nix (JavaScript, say), the bare names are too frequent; only
// one that gets the builtins as an argument uses those, and escapes us.
const isNixProbably = new RegExp(
  `\\bbuiltins\\b|__(${otherwiseRestricted}|${unrestricted})|\\bfetch(Tree|Git|Mercurial)\\b`,
);
// No Nix text that is written by hand is larger; bundled JavaScript is, and has all these names.
const largestText = 2 ** 20;

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
  return looksOutside.test(nixText);
}

interface Walk {
  readonly hash: Hash;
  files: number;
  bytes: number;
}

function addFolder(folder: string, walk: Walk): boolean {
  const entries = readdirSync(folder, { withFileTypes: true }).sort(nearestFirst);
  walk.hash.update(`folder ${entries.length}\0`);
  return entries.every(({ name }) => addEntry(join(folder, name), name, walk));
}

/** A folder with much in it must not use up what is read before the files that stand beside it. */
function nearestFirst(a: Dirent, b: Dirent): number {
  const ranks = Number(a.isDirectory()) - Number(b.isDirectory());
  return ranks || (a.name < b.name ? -1 : 1);
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
  if (isNix ? dependsOnSurroundings(content.toString("utf8")) : mayLookOutside(content)) return false;
  walk.hash.update(`${content.length}\0`).update(content);
  return true;
}

/** Of a file that is not called *.nix. */
function mayLookOutside(content: Buffer): boolean {
  if (content.length > largestText || content.includes(0)) return false;
  const text = content.toString("latin1");
  return looksOutside.test(text) && isNixProbably.test(text);
}

function addText(text: string, walk: Walk): boolean {
  walk.hash.update(`${text}\0`);
  return true;
}
