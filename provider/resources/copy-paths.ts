import { bytesOf, type Size } from "../amounts";
import { isLocal, type Connection } from "../connection";
import { admissions, type Trust } from "../copy/admission";
import { copiedText } from "../copy/copied";
import { copyClosure, type CopyRequest } from "../copy/copy";
import type { Admission, Destination } from "../copy/destination";
import { requiringSignatures } from "../copy/required-signatures";
import { requireRoom } from "../nix/room";
import { addRoots, ensureRoots } from "../nix/roots";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { cacheOf, fetching } from "./copy-caches";
import { sendingDirectly, sourcesOf, type CopySource, type SourceInputs } from "./copy-source";
import { keeperWithNix, type StoreKeeper } from "./store-keeper";

/** What a copy is asked for, apart from the paths. */
export interface CopyOptions extends Trust, SourceInputs {
  connection: Connection;
  direct?: boolean | undefined;
  freeSpace?: Size | false | undefined;
  collectGarbage?: boolean | undefined;
}

/** Brings the paths to the machine of the connection, each from where it is, and roots them there under the id. */
export async function copyPaths(
  id: string,
  paths: readonly StorePath[],
  options: CopyOptions,
  context: Context,
): Promise<void> {
  // Logging in takes longer than a look into our own store.
  const [target, sources] = await Promise.all([
    keeperWithNix(options.connection, context),
    sourcesOf(paths, options, context),
  ]);
  const folder = target.rootFolder(id);
  const elsewhere = sources.filter((source) => !isSameStore(source, target, options, context));
  const there = sources.filter((source) => !elsewhere.includes(source)).flatMap((source) => source.paths);
  if (there.length > 0 && elsewhere.length > 0)
    await addRoots(target.host, target.as, folder, there, mostRoots);
  const last = elsewhere.pop();
  for (const source of elsewhere) {
    // Protected while the rest is still on its way, beside what was there before.
    const root = (): Promise<void> => addRoots(target.host, target.as, folder, source.paths, mostRoots);
    await copy(source, target, options, root, context);
  }
  const root = (): Promise<void> => ensureRoots(target.host, target.as, folder, paths);
  await (last === undefined ? root() : copy(last, target, options, root, context));
}

const mostRoots = 1_000_000;

function isSameStore(
  { keeper }: CopySource,
  target: StoreKeeper,
  { connection }: CopyOptions,
  { controller }: Context,
): boolean {
  return keeper?.host === target.host || (isLocal(connection) && keeper?.host === controller);
}

async function copy(
  source: CopySource,
  target: StoreKeeper,
  options: CopyOptions,
  root: () => Promise<void>,
  context: Context,
): Promise<void> {
  const report = await copyClosure({
    source: source.store,
    target: { host: target.host, as: target.as },
    paths: source.paths,
    root,
    room: roomFor(options, target, context),
    fetchThere: byItself(source, target, options, context),
    admit: admissionsOf(options, target),
    onProgress: (text) => context.status(text),
  });
  const said = copiedText(report, target.host.name, othersIn(options));
  if (said !== undefined) context.log("info", said);
}

/** What the target fetches from caches, and what the machine that has the paths sends it. */
function byItself(
  source: CopySource,
  target: StoreKeeper,
  options: CopyOptions,
  context: Context,
): CopyRequest["fetchThere"] {
  const fetched = fetching(options, target, context);
  const sent = options.direct === true ? sendingDirectly(source, options.connection, context) : undefined;
  if (fetched === undefined || sent === undefined) return fetched ?? sent;
  return async (missing) => {
    await fetched(missing);
    await sent(missing);
  };
}

/** What comes out of a cache has to be signed unless that is waived. */
export function requiresSignatures(options: CopyOptions): boolean {
  return options.requireSignatures ?? cacheOf(options) !== undefined;
}

/** What looks at the paths before they travel. */
export function admissionsOf(options: CopyOptions, target: Destination): Admission[] {
  const own = admissions(target, options);
  if (cacheOf(options) === undefined || !requiresSignatures(options)) return own;
  // Of what a cache gives, a signature says whose it is: looked at before any of ours could stand for it.
  return [requiringSignatures(target, options.trustedPublicKeys), ...own];
}

/** Bytes that have to be free behind a copy; undefined when nobody looks. */
export function spareOf({ freeSpace = 0 }: Pick<CopyOptions, "freeSpace">): number | undefined {
  return freeSpace === false ? undefined : bytesOf(freeSpace);
}

function roomFor(options: CopyOptions, { host, as }: StoreKeeper, context: Context): Admission | undefined {
  const spare = spareOf(options);
  if (spare === undefined) return undefined;
  const onLine = (line: string): void => context.status(line);
  return requireRoom({ host, as, spare, collect: options.collectGarbage === true, onLine });
}

/** How paths came there that this machine did not send. */
function othersIn(options: CopyOptions): string {
  if (options.direct !== true) return "fetched by itself";
  return options.substituters === undefined ? "sent directly" : "fetched by itself or sent directly";
}
