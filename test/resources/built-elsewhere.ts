import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import { evaluateAll } from "../../provider/nix/evaluate";
import type { Host } from "../fleet";

export interface Made {
  /** What building it runs at last, as shell text; `$out` is the path. */
  script?: string;
  /** Further attributes, as Nix writes them. */
  more?: string;
  system?: string;
}

let made = 0;

/**
 * The inputs of a build that no store has yet, as the program evaluates them: two derivations and a source, of which the
 * last one writes down which machine built it.
 */
export async function freshBuild(
  hosts: Hosts,
  { script = "", more = "", system }: Made = {},
): Promise<BuildInputs> {
  const mark = `m${process.pid}x${(made += 1)}`;
  const expr = `{ system ? builtins.currentSystem }: let
    build = name: script: extra: derivation ({
      inherit name system; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-ec" script ];
    } // extra);
    source = builtins.toFile "source-${mark}" "source";
    library = build "library-${mark}" ''cat $source > $out'' { inherit source; };
  in build "built-${mark}-1.5" ''
    mkdir $out; cat /etc/machine-id > $out/where; echo $library > $out/library
    ${script}
  '' ({ inherit library; ${more} })`;
  const source = { expr, ...(system !== undefined && { system }) };
  const [found] = await evaluateAll([source], await hosts.get(connectionSchema.parse({ local: true })));
  assert.ok(found?.ok, JSON.stringify(found));
  return { ...source, drvPath: found.drvPath, outPath: String(found.outputs["out"]), outputs: found.outputs };
}

/** The part of the name that is this build's alone. */
export function markOf({ outPath }: BuildInputs): string {
  return String(/-built-(\w+)-1\.5$/.exec(outPath)?.[1]);
}

export interface BuildInputs {
  readonly drvPath: string;
  readonly outPath: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The names of what our roots on a host protect. */
export async function rootsOn(host: Host): Promise<string[]> {
  const found = await host.sh("cd /var/lib/pulumi-nix/roots 2>/dev/null && ls -A */ || true");
  return found.split("\n").filter((line) => line !== "" && !line.endsWith("/:"));
}

export function isValidOn(host: Host, path: string): Promise<boolean> {
  return host.trySh(`nix-store --check-validity ${path}`).then(({ code }) => code === 0);
}
