import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resourceId } from "../../provider/identity";
import { environment } from "../../test/fleet/environment";
import { capture } from "./command";
import type { Place } from "./place";
import { TourStack } from "./stack";

/** A stack with a folder of its own, after clearing what tours left that were killed. */
export async function openTourStack(): Promise<TourStack> {
  const tours = join(environment()["PULUMI_NIX_CACHE"] as string, "tours");
  mkdirSync(tours, { recursive: true });
  for (const name of readdirSync(tours))
    if (!(await isAlive(name))) await clear(new TourStack(join(tours, name)));
  const folder = join(tours, String(process.pid));
  mkdirSync(folder, { mode: 0o700 });
  return new TourStack(folder);
}

/** For whoever has to clear up after us. */
export function noteKind(stack: TourStack, kind: Place["kind"]): void {
  writeFileSync(kindFile(stack), kind);
}

/** Takes away what a stack brought about, and the stack. Hosts of a fleet are gone or about to go, and are not asked. */
export async function clear(stack: TourStack): Promise<void> {
  if (!existsSync(stack.folder)) return;
  const kind = existsSync(kindFile(stack)) ? readFileSync(kindFile(stack), "utf8") : "fleet";
  if (kind === "fleet") removeRoots(stack);
  else if (stack.exists()) await stack.undo();
  stack.remove();
}

/** Of the stack's one build; a build that was interrupted may have left them without being in the state. */
function removeRoots(stack: TourStack): void {
  const urn = `urn:pulumi:${stack.name}::quickstart::pulumi-nodejs:dynamic/nix:NixBuild::site`;
  rmSync(join("/var/lib/pulumi-nix/roots", resourceId(urn, undefined)), { recursive: true, force: true });
}

function kindFile(stack: TourStack): string {
  return join(stack.folder, "kind");
}

/** Not by a signal: the number may belong to another process by now, or to one that is dead and not yet waited for. */
async function isAlive(name: string): Promise<boolean> {
  return (await capture(["ps", "-o", "args=", "-p", name]).catch(() => "")).includes("setup/tour/");
}
