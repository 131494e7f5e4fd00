import { isLocal } from "../connection";
import type { Destination } from "../copy/admission";
import { foreseenRefusal } from "../copy/foreseen";
import type { Host } from "../host/host";
import { tellTravel } from "../nix/travel";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { lookIntoCache, tellFetching } from "./copy-caches";
import { spareOf, type CopyOptions } from "./copy-paths";
import { closureSeen, machineOf } from "./copy-source";

/** Says in a preview what a copy would send, what the machine would fetch by itself, and why it would be refused. */
export async function tellCopy(
  paths: readonly StorePath[],
  options: CopyOptions,
  context: Context,
): Promise<void> {
  const { connection } = options;
  await lookIntoCache(options, paths, context);
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
  await tellFetching(options, target, paths, context);
  if (options.from === undefined) await tellRefusal(target, paths, options, context);
}

/** Only of what is in this machine's store: what others have is looked at when it is copied. */
async function tellRefusal(
  target: () => Promise<Destination>,
  paths: readonly StorePath[],
  options: CopyOptions,
  context: Context,
): Promise<void> {
  const refusal = await foreseenRefusal(context.controller, target, paths, options);
  if (refusal !== undefined) context.log("warning", `this would be refused: ${refusal}`);
}
