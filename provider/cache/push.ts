import { RefusedError } from "../errors";
import { ServeSession } from "../nix/serve";
import { fingerprint, isSignedBy } from "../nix/signature";
import type { PublicKey } from "../nix/signing-keys";
import { referencesFirst, type ValidPath } from "../nix/valid-path";
import { shownPaths, type StorePath } from "../values";
import { batchesOf } from "./batches";
import { heldPaths } from "./cached";
import type { NarInfo } from "./nar-info";
import { readText, textBody, type ObjectStore } from "./object-store";
import { withStaging } from "./staging";
import { inTurn } from "./turns";
import { Upload, type UploadNeeds } from "./upload";

export interface PushRequest extends UploadNeeds {
  readonly paths: readonly StorePath[];
  readonly onWarning?: (text: string) => void;
}

/** What a push did. */
export interface PushReport {
  /** Paths in the closure. */
  readonly paths: number;
  /** Paths that the cache did not have, or without their archives. */
  readonly pushed: number;
  /** Paths that it had without a signature of ours, and has with it now. */
  readonly signed: number;
  /** Paths that it has from another build and without a signature of ours, left as they are. */
  readonly others: readonly StorePath[];
  /** Bytes that travelled, compressed. */
  readonly bytes: number;
}

/**
 * Brings the closure of the paths into a cache: what is there already, with a signature of each of our keys, stays as it
 * is. Nix itself writes and compresses the rest, into a folder of ours, a batch at a time. At every moment the cache
 * holds with each path all that it refers to.
 */
export async function push(request: PushRequest): Promise<PushReport> {
  const { controller, paths } = request;
  const session = await ServeSession.open(controller, {
    as: undefined,
    doing: "listing what is to be pushed",
  });
  try {
    const closure = referencesFirst(await session.infos(await session.closure(paths)));
    // The collector leaves them alone until we are through.
    await session.protect(closure.map(({ path }) => path));
    const push = (): Promise<PushReport> => withStaging((folder) => pushFrom(folder, closure, request));
    return await inTurn(request.store.name, push);
  } finally {
    await session.close();
  }
}

async function pushFrom(
  folder: string,
  closure: readonly ValidPath[],
  request: PushRequest,
): Promise<PushReport> {
  await ensureCacheInfo(request.store);
  const { known, missing, unsigned, others } = await compare(closure, request);
  const upload = new Upload(folder, request, missing.length + unsigned.length);
  try {
    await upload.sign(unsigned);
    await upload.layOut([...known.values()]);
    for (const batch of batchesOf(missing)) await upload.send(batch);
  } catch (error) {
    request.onWarning?.(`${upload.said()}; what is there is whole, and the next update goes on from there`);
    throw error;
  }
  const [pushed, signed] = [missing.length, unsigned.length];
  return { paths: closure.length, pushed, signed, others, bytes: upload.bytes };
}

interface Comparison {
  readonly known: ReadonlyMap<StorePath, NarInfo>;
  readonly missing: readonly ValidPath[];
  /** There, but without a signature of each of our keys. */
  readonly unsigned: readonly NarInfo[];
  readonly others: readonly StorePath[];
}

async function compare(closure: readonly ValidPath[], request: PushRequest): Promise<Comparison> {
  const { store, parallel, keys, onWarning } = request;
  const paths = closure.map(({ path }) => path);
  const known = await heldPaths(store, paths, parallel);
  const ours = new Map(closure.map((info) => [info.path, fingerprint(info)]));
  const unsigned = [...known.values()].filter((info) => !isSignedByAll(info, keys));
  // Our signature would not fit what another build gave.
  const others = unsigned.filter((info) => fingerprint(info) !== ours.get(info.path));
  if (others.length > 0) onWarning?.(anotherBuild(others, store));
  return {
    known,
    missing: closure.filter(({ path }) => !known.has(path)),
    unsigned: unsigned.filter((info) => !others.includes(info)),
    others: others.map(({ path }) => path),
  };
}

export function isSignedByAll(info: ValidPath, keys: readonly PublicKey[]): boolean {
  return keys.every((key) => isSignedBy(info, [key]));
}

function anotherBuild(others: readonly ValidPath[], { name }: ObjectStore): string {
  const paths = others.length === 1 ? "a path" : `${others.length} paths`;
  return (
    `${name} has ${paths} from another build, whose content differs: left as it is, without a signature of ours: ` +
    shownPaths(others.map(({ path }) => path))
  );
}

const cacheInfoKey = "nix-cache-info";
const storeDir = "/nix/store";

/** Says of which store the cache is, where nothing says it yet. */
async function ensureCacheInfo(store: ObjectStore): Promise<void> {
  const text = await readText(store, cacheInfoKey);
  if (text === undefined)
    return store.write(cacheInfoKey, textBody(`StoreDir: ${storeDir}\nWantMassQuery: 1\n`));
  const there = /^StoreDir: *(.*)$/m.exec(text)?.[1]?.trim();
  if (there === undefined || there === storeDir) return;
  const happened = `it is a cache of the store ${there}, and ours is ${storeDir}`;
  throw new RefusedError({ doing: "looking at the cache", host: store.name, happened });
}
