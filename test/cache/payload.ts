import { environment, output, run } from "../fleet";
import type { StorePath } from "../../provider/values";

let made = 0;

/** A closure of three paths that nobody has seen: the top refers to the middle, that one to the bottom. */
export async function freshClosure(bytes = 100_000): Promise<StorePath> {
  made += 1;
  const mark = `cached-${process.pid}-${made}`;
  return nixBuild(`let
    path = name: before: derivation {
      name = "${mark}-\${name}"; inherit before; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
      args = [ "-ec" "mkdir $out; echo $before ${mark} > $out/text; head -c ${bytes} /dev/urandom > $out/noise" ];
    }; in path "top" (path "middle" (path "bottom" ""))`);
}

export function nixBuild(expression: string): Promise<StorePath> {
  return nix("nix-build", "--no-out-link", "-E", expression);
}

/** A derivation that nobody has built. */
export function freshDerivation(): Promise<StorePath> {
  made += 1;
  const name = `unbuilt-${process.pid}-${made}`;
  const rest = `system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-ec" "echo > $out" ];`;
  return nix("nix-instantiate", "-E", `derivation { name = "${name}"; ${rest} }`);
}

async function nix(command: string, ...args: readonly string[]): Promise<StorePath> {
  const config = ["env", `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`];
  return output(command, await run([...config, command, ...args])) as StorePath;
}

/** The paths of a closure in this machine's store, references first. */
export async function closureOf(path: StorePath): Promise<StorePath[]> {
  return output("nix-store", await run(["nix-store", "-qR", path])).split("\n") as StorePath[];
}
