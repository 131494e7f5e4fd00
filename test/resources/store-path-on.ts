import type { Host } from "../fleet";

/** Builds a path on a test host from a shell text that fills `$out`. */
export async function storePathOn(host: Host, name: string, fill: string): Promise<string> {
  // Bash becomes its last command, and one that closes its output before it ends is killed by Nix: hence a `:` behind it.
  const text = JSON.stringify(`PATH=/usr/bin:/bin\n${fill}\n:`).replaceAll("${", "\\${");
  const expression = `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-ec" ${text} ]; }`;
  const drv = await host.sh("nix-instantiate -", { input: expression });
  return host.sh(`nix-store --realise ${drv.split("\n").at(-1)} 2>/dev/null`);
}

/** A path with the entry points of kind "custom". */
export function entryPoint(activate: string, deactivate?: string): string {
  const file = (name: string, text: string): string =>
    `cat > $out/bin/${name} <<'END'\n#!/bin/sh\n${text}\nEND\nchmod +x $out/bin/${name}\n`;
  const undo = deactivate === undefined ? "" : file("pulumi-nix-deactivate", deactivate);
  return `mkdir -p $out/bin\n${file("pulumi-nix-activate", activate)}${undo}`;
}
