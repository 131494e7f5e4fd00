import assert from "node:assert/strict";
import { closureCopy } from "../../../provider/resources/closure-copy";
import { profileActivation } from "../../../provider/resources/profile-activation";
import { output, run, type Host } from "../../fleet";
import { Managed, untyped } from "../../resources/managed";
import type { CopyFault } from "./describe";

const rounds = 20;
const profile = "collected";

export const faultsOfCollector: readonly CopyFault[] = [
  {
    name: `among ${rounds} that are activated, on a machine whose collector never rests, loses nothing`,
    async try({ host }) {
      const copied = new Managed(untyped(closureCopy), "urn::collected-copy");
      const active = new Managed(untyped(profileActivation), "urn::collected-profile");
      const connection = host.connection();
      await host.sh(
        "touch /run/collecting; (while [ -e /run/collecting ]; do nix-collect-garbage; done) >/run/collected 2>&1 &",
      );
      try {
        for (let round = 1; round <= rounds; round++) {
          const path = await program(`${process.pid}-${Date.now()}-${round}`);
          await host.sh(`echo ${round} >/run/unwanted; nix-store --add /run/unwanted`);
          await copied.up({ connection, path });
          await active.up({ connection, profile, path });
          await host.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
          assert.equal(
            await host.sh(`readlink -f /nix/var/nix/profiles/${profile}; cat /run/activated`),
            `${path}\nlow`,
          );
        }
        assert.ok((await collections(host)) > 0);
        await active.destroy();
        await copied.destroy();
      } finally {
        await host.sh(`rm -rf /run/collecting /var/lib/pulumi-nix /nix/var/nix/profiles/${profile}*`);
        await Promise.all([copied.close(), active.close()]);
      }
    },
  },
];

/** How often the collector has been through, and has taken something. */
async function collections(host: Host): Promise<number> {
  return Number(await host.sh("grep -Ec '^[1-9][0-9]* store paths deleted' /run/collected || :"));
}

/** A path whose entry point needs another path. */
async function program(mark: string): Promise<string> {
  const expression = `
    let
      make = name: script: before: derivation {
        inherit name before; mark = "${mark}"; system = builtins.currentSystem; builder = "/bin/sh";
        PATH = "/usr/bin:/bin"; args = [ "-ec" script ];
      };
      low = make "low" "echo low >$out" "";
    in make "program" ''
      mkdir -p $out/bin
      printf '#!/bin/sh\\ncat %s >/run/activated\\n' $before >$out/bin/pulumi-nix-activate
      chmod +x $out/bin/pulumi-nix-activate
    '' low`;
  return output("nix-build", await run(["nix-build", "--no-out-link", "-E", expression]));
}
