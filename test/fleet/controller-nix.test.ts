import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bootFleet, type Fleet } from ".";
import { checkout } from "./script";

/** A machine on which only the package nix-bin was installed: no daemon, no nix.conf, no build users. */
const onlyNixBin = `
  systemctl stop nix-daemon.socket nix-daemon.service
  rm -rf /etc/nix /nix/var/nix/daemon-socket
  for n in 1 2 3 4 5 6 7 8 9 10; do userdel nixbld$n; done
  groupdel nixbld
`;

const derivation = `derivation {
  name = "built"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo built >$out" ];
}`;

const build = `. /tmp/environment.sh
  drv=$(nix-instantiate --expr '${derivation}') && cat "$(nix-store --realise "$drv")" &&
  nix --extra-experimental-features nix-command build --impure --no-link --rebuild --expr '${derivation}'`;

describe("Nix on a controller that was just set up", function () {
  let fleet: Fleet;

  before(async () => {
    fleet = await bootFleet({ bookworm: 1, trixie: 1 });
    for (const host of fleet.hosts) {
      await host.sh(onlyNixBin);
      await host.sh("cat >/tmp/environment.sh", {
        input: readFileSync(join(checkout, "setup/environment.sh")),
      });
    }
  });

  after(() => fleet.stop());

  for (const suite of ["bookworm", "trixie"] as const) {
    it(`evaluates and builds with the environment of the set-up (${suite})`, async () => {
      const printed = await fleet.of(suite)[0]?.sh(build);
      assert.equal(printed, "built");
    });

    it(`does not build without it, so the environment is what is needed (${suite})`, async () => {
      const host = fleet.of(suite)[0];
      const outcome = await host?.trySh(
        `nix-build --option substitute false --no-out-link --expr '${derivation.replace("built", "bare")}'`,
      );
      assert.match(outcome?.stderr ?? "", /build-users-group|nixbld/);
    });
  }
});
