import { isLocal } from "../connection";
import { cacheSource } from "../copy/cache-source";
import { storeSource, type ClosureSource } from "../copy/closure-source";
import type { Destination } from "../copy/destination";
import { DeploymentError } from "../errors";
import { foreseenRefusal } from "../copy/foreseen";
import type { Host } from "../host/host";
import { closureHere } from "../nix/contents";
import { tellTravel } from "../nix/travel";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { cacheOf, lookIntoCache, tellFetching } from "./copy-caches";
import { admissionsOf, requiresSignatures, spareOf, type CopyOptions } from "./copy-paths";
import { closureSeen, machineOf } from "./copy-source";
import { keeperWithNix } from "./store-keeper";

/** Says in a preview what a copy would send, what the machine would fetch by itself, and why it would be refused. */
export async function tellCopy(
  paths: readonly StorePath[],
  options: CopyOptions,
  context: Context,
): Promise<void> {
  const { connection } = options;
  await lookIntoCache(options, paths, context).catch(toldInstead(context));
  if (isLocal(connection)) return;
  const as = connection.elevate === "none" ? undefined : "root";
  const host = (): Promise<Host> => context.host(connection);
  const closureOf = onceEach((path) => closureSeen(path, machineOf(options), context));
  const said = await tellTravel({
    closureOf,
    host,
    name: connection.host,
    as,
    paths,
    spare: spareOf(options),
    collect: options.collectGarbage === true,
  });
  for (const { severity, text } of said) context.log(severity, text);
  const target = async (): Promise<Destination> => ({ host: await host(), as });
  await tellFetching(options, target, paths.map(closureOf), context).catch(toldInstead(context));
  await tellRefusal(target, paths, closureOf, options, context).catch(toldInstead(context));
}

/** One part that is not known leaves the others as they are. */
function toldInstead({ log }: Context): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof DeploymentError)) throw error;
    log("warning", error.message);
  };
}

type ClosureOf = (path: StorePath) => ReturnType<typeof closureSeen>;

/** Asked of another machine, an answer takes a process there. */
function onceEach(ask: ClosureOf): ClosureOf {
  const answers = new Map<StorePath, ReturnType<ClosureOf>>();
  return (path) => {
    const answer = answers.get(path) ?? ask(path);
    answers.set(path, answer);
    return answer;
  };
}

/** Of what is in this machine's store, in a cache or on the machine that was named. */
async function tellRefusal(
  target: () => Promise<Destination>,
  paths: readonly StorePath[],
  closureOf: ClosureOf,
  options: CopyOptions,
  context: Context,
): Promise<void> {
  // What the machine fetches by itself may leave nothing to be refused.
  if (options.substituters !== undefined) return;
  const { controller, log } = context;
  const isNamed = machineOf(options) !== undefined;
  const refusal = await foreseenRefusal({
    source: await sourceSeen(options, context),
    paths,
    // What another machine builds is not looked at before it is copied.
    isKnown: async (path) =>
      (await (isNamed ? closureOf(path) : closureHere(controller, path))) !== undefined,
    target,
    requiresSignatures: requiresSignatures(options),
    admissionsTo: (to) => admissionsOf(options, to),
  });
  if (refusal !== undefined) log("warning", `this would be refused: ${refusal}`);
}

async function sourceSeen(options: CopyOptions, context: Context): Promise<ClosureSource> {
  const [url, machine] = [cacheOf(options), machineOf(options)];
  if (url !== undefined) return cacheSource(context.controller, url, options.credentials);
  if (machine === undefined) return storeSource(context.controller);
  const { host, as } = await keeperWithNix(machine, context);
  return storeSource(host, as);
}
