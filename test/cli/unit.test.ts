import assert from "node:assert/strict";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { on } from "./command-line";

describe("a unit by hand", function () {
  const file = "/etc/systemd/system/told.service";
  let host: Host;
  let managed: Managed;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    managed = new Managed(untyped(systemdUnit), "urn:told-unit");
    await host.sh("rm -rf /var/lib/pulumi-nix");
  });
  after(async () => {
    await managed.destroy();
    await managed.close();
    await host.sh("rm -rf /var/lib/pulumi-nix");
  });

  const inputs = (command: string): object => ({
    connection: host.connection(),
    name: "told.service",
    sections: { Service: { ExecStart: command } },
  });

  it("has its deployments in the history, with what became of it, and its state in the status", async () => {
    await managed.up(inputs("/bin/sleep 1000"));
    await assert.rejects(managed.up(inputs("/bin/false")));
    const { stdout } = await on(host, "history");
    const rows = stdout.trimEnd().split("\n").slice(1);
    const shown = rows.map((row) => row.split(/ {2,}/));
    assert.deepEqual(
      shown.map(([, , subject, change]) => [subject, change]),
      [
        [file, "active → active"],
        [file, "- → active"],
      ],
    );
    assert.match(String(shown[0]?.[5]), /^restored: /);
    const one = await on(host, "history", String(shown[0]?.[0]));
    assert.match(one.stdout, /\nwas ActiveState +active\n/);
    assert.doesNotMatch(one.stdout, /was text/);
    await host.sh("systemctl stop told.service");
    const status = await on(host, "status");
    assert.equal(status.code, 0);
    assert.match(status.stdout, new RegExp(`\n${file} +inactive +[0-9a-f]{16} restored: `));
  });
});
