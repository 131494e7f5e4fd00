import { isLocal } from "../connection";
import type { Destination } from "../copy/admission";
import { cacheSource } from "../copy/cache-source";
import { DeploymentError } from "../errors";
import { foreseenRefusal } from "../copy/foreseen";
import type { Host } from "../host/host";
import { tellTravel } from "../nix/travel";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { cacheOf, lookIntoCache, tellFetching } from "./copy-caches";
import { admissionsOf, requiresSignatures, spareOf, type CopyOptions } from "./copy-paths";
import { closureSeen, machineOf } from "./copy-source";

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
  const said = await tellTravel({
    closureOf: (path) => closureSeen(path, machineOf(options), context),
    host,
    name: connection.host,
    as,
    paths,
    spare: spareOf(options),
    collect: options.collectGarbage === true,
  });
  for (const { severity, text } of said) context.log(severity, text);
  const target = async (): Promise<Destination> => ({ host: await host(), as });
  await tellFetching(options, target, paths, context).catch(toldInstead(context));
  await tellRefusal(target, paths, options, context);
}

/** One part that is not known leaves the others as they are. */
function toldInstead({ log }: Context): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof DeploymentError)) throw error;
    log("warning", error.message);
  };
}

/** Of what is in this machine's store or in a cache: what other machines have is looked at when it is copied. */
async function tellRefusal(
  target: () => Promise<Destination>,
  paths: readonly StorePath[],
  options: CopyOptions,
  { controller, log }: Context,
): Promise<void> {
  // What the machine fetches by itself may leave nothing to be refused.
  if (machineOf(options) !== undefined || options.substituters !== undefined) return;
  const url = cacheOf(options);
  const source = url === undefined ? undefined : cacheSource(controller, url, options.credentials);
  const trust = { ...options, requireSignatures: requiresSignatures(options) };
  const refusal = await foreseenRefusal(controller, target, paths, trust, source, (to) =>
    admissionsOf(options, to),
  );
  if (refusal !== undefined) log("warning", `this would be refused: ${refusal}`);
}
