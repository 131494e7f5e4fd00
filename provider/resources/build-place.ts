import { isLocal } from "../connection";
import { buildElsewhere } from "../copy/build-elsewhere";
import { storeSource } from "../copy/closure-source";
import { copiedText } from "../copy/copied";
import { copyClosure, type CopyReport } from "../copy/copy";
import { safeguards } from "../copy/safeguards";
import type { Host } from "../host/host";
import type { BuildSource } from "../nix/build-source";
import { derivationOf, type KnownDerivation } from "../nix/known-derivations";
import { buildArguments } from "../nix/options";
import { realise } from "../nix/realise";
import { addRoots, removeRoots } from "../nix/roots";
import { invalidAmong } from "../nix/store";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { keeperHere, keeperWithNix, type StoreKeeper } from "./store-keeper";

/** What of the inputs of a `NixBuild` says what is built and kept. */
export interface Build
  extends Pick<BuildSource, "nixOptions" | "extraArgs">, Omit<KnownDerivation, "arguments"> {
  readonly outPath: StorePath;
  readonly outputs: Readonly<Record<string, StorePath>>;
  readonly keepBuilds: number;
}

/** Who looks after the store that it is built into. */
export function builderOf(
  { buildOn }: Pick<KnownDerivation, "buildOn">,
  context: Context,
): Promise<StoreKeeper> {
  return buildOn === undefined ? keeperHere(context) : keeperWithNix(buildOn, context);
}

/** Builds what is not there, and protects it there. */
export async function build(id: string, inputs: Build, keeper: StoreKeeper, context: Context): Promise<void> {
  const { host, as } = keeper;
  const wanted = Object.values(inputs.outputs);
  if ((await invalidAmong(host, wanted, { as })).length > 0) {
    // With `ignoreChanges`, what was evaluated may be of another path than the one that stays.
    const drvPath = derivationOf(inputs.outPath)?.drvPath ?? inputs.drvPath;
    const derivation = { ...inputs, drvPath, arguments: buildArguments(inputs) };
    // Holds what was just built until the roots proper stand; hidden, so that it does not count as one of them.
    await buildThere(derivation, keeper, context, `${keeper.rootFolder(id)}/.built`);
  }
  await addRoots(host, as, keeper.rootFolder(id), wanted, inputs.keepBuilds * wanted.length);
}

/** Builds a derivation of this machine, on it or on the one that it was told to. */
export async function buildThere(
  { drvPath, arguments: more, builders, buildOn }: KnownDerivation,
  { host, as }: StoreKeeper,
  context: Context,
  root?: string,
): Promise<void> {
  const onProgress = (text: string): void => context.status(text);
  const options = { as, arguments: more, builders, root, onLine: onProgress };
  if (buildOn === undefined || isLocal(buildOn)) return realise(host, drvPath, options);
  const onCopied = keeping(host, context);
  await buildElsewhere({ controller: context.controller, host, drvPath, options, onProgress, onCopied });
}

/** Brings what was built elsewhere to this machine, and protects it here as well. */
export async function bringHere(
  id: string,
  inputs: Build,
  keeper: StoreKeeper,
  context: Context,
): Promise<void> {
  const paths: StorePath[] = Object.values(inputs.outputs);
  const { host, as, rootFolder } = await keeperHere(context);
  const report = await copyClosure({
    source: storeSource(keeper.host, keeper.as),
    target: { host, as },
    paths,
    root: () => addRoots(host, as, rootFolder(id), paths, inputs.keepBuilds * paths.length),
    ...safeguards({ host, as }),
    onProgress: (text) => context.status(text),
  });
  keeping(host, context)(report);
}

/** Says with the resource what has travelled to a machine. */
function keeping({ name }: Host, { log }: Context): (report: CopyReport) => void {
  return (report) => {
    const said = copiedText(report, name);
    if (said !== undefined) log("info", said);
  };
}

/** Gives up what is protected for a resource. */
export function leave(id: string, { host, as, rootFolder }: StoreKeeper): Promise<void> {
  return removeRoots(host, as, rootFolder(id));
}
