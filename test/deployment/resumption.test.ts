import assert from "node:assert/strict";
import { until } from "../faults/until";
import { bootFleet, type Fleet, type Host } from "../fleet";
import { Thing } from "./fixtures/thing";

const names = { "an ordinary name": "one", "a name that means much to systemd": `odd%n\${HOME}"'\\b;*` };

for (const suite of ["bookworm", "trixie"] as const)
  describe(`where ${suite}'s systemd has no PATH for its services, as on NixOS,`, function () {
    let fleet: Fleet;
    let host: Host;

    before(async () => {
      fleet = await bootFleet({ [suite]: 1 });
      host = fleet.hosts[0] as Host;
      await host.sh(`mkdir -p /etc/systemd/system.conf.d
        printf '[Manager]\\nDefaultEnvironment=PATH=/nonexistent\\n' >/etc/systemd/system.conf.d/path.conf
        systemctl daemon-reexec`);
      const path = "systemd-run --quiet --pipe --wait /bin/sh -c 'echo $PATH'";
      assert.equal(await host.sh(path.replace("$PATH", "$$PATH")), "/nonexistent");
    });
    after(() => fleet.stop());

    for (const [kind, name] of Object.entries(names)) {
      it(`a deployment with ${kind} is carried out by systemd`, async () => {
        const thing = new Thing(host, name);
        assert.equal((await thing.become("one")).outcome, "done");
        assert.match(
          await host.sh("journalctl --sync; journalctl -q -o cat"),
          /Started .*pulumi-nix: deployment /,
        );
        await thing.clear();
      });

      it(`a deployment with ${kind} that a power loss cuts off is taken back by the boot`, async () => {
        const thing = new Thing(host, name);
        await thing.become("one");
        await thing.holdHook();
        const going = thing.become("two").catch((error: unknown) => error);
        await thing.held();
        await thing.close();
        await going;
        await host.powerLoss();
        await host.boot();
        await until("it is taken back", async () => (await thing.seen()).word === "one" || undefined);
        await thing.nothingLeft();
        await thing.clear();
      });
    }
  });
