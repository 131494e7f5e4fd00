import { rmSync } from "node:fs";
import { join } from "node:path";
import { nix } from "../../examples/nixos-system";
import type { Project } from "../project";
import { cacheFolder } from "./programs";

/** What may go wrong on the machine that builds: a root lost, a build collected, a cache without some of its paths. */
export async function loseHere(project: Project): Promise<void> {
  const [web1, web2, db1] = await Promise.all([
    buildOf(project, "web1"),
    buildOf(project, "web2"),
    buildOf(project, "db1"),
  ]);
  unprotect(web1.id);
  unprotect(db1.id);
  // A whole collection would take what is not ours.
  await nix("nix-store", "--delete", "--ignore-liveness", db1.outPath);
  forget(project, web1.outPath);
  forget(project, await packageOf(web2.outPath, "openssl-"));
}

/** An update puts them back, and makes the state of what the program gives it, also of what alone is no change. */
export async function unprotectBuilds(project: Project): Promise<void> {
  for (const name of ["web1", "web2", "db1"]) unprotect((await buildOf(project, name)).id);
}

interface Build {
  readonly id: string;
  readonly outPath: string;
}

async function buildOf(project: Project, name: string): Promise<Build> {
  const build = (await project.resources()).find(({ urn }) => urn.endsWith(`:NixBuild::${name}`));
  const { id, outputs = {} } = build ?? {};
  if (id === undefined) throw new Error(`${name} is not built`);
  return { id, outPath: String(outputs["outPath"]) };
}

function unprotect(id: string): void {
  rmSync(join("/var/lib/pulumi-nix/roots", id), { recursive: true, force: true });
}

async function packageOf(path: string, begin: string): Promise<string> {
  const closure = (await nix("nix-store", "--query", "--requisites", path)).split("\n");
  const found = closure.find((one) => one.slice("/nix/store/".length + 33).startsWith(begin));
  if (found === undefined) throw new Error(`${path} does not refer to ${begin}…`);
  return found;
}

/** Takes a path out of the cache, and leaves what it refers to. */
function forget(project: Project, path: string): void {
  const hash = path.slice("/nix/store/".length, "/nix/store/".length + 32);
  rmSync(join(project.folder, cacheFolder, `${hash}.narinfo`));
}
