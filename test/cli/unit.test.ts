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
    const changes = shown.map(([, , subject, change]) => [
      subject,
      change?.replace(/text [0-9a-f]{8}/g, "text"),
    ]);
    assert.deepEqual(changes, [
      [file, "text, active → text, active"],
      [file, "- → text, active"],
    ]);
    const [one, two] = [...stdout.matchAll(/text ([0-9a-f]{8})/g)].map(([, digest]) => digest).reverse();
    const texts = await host.sh(`sha256sum <${file}`);
    assert.equal(one, texts.slice(0, 8));
    assert.notEqual(one, two);
    const json = JSON.parse((await on(host, "history", "--json")).stdout) as Record<string, string>[];
    assert.deepEqual(
      json.map(({ from, to }) => `${from ?? ""} → ${to ?? ""}`),
      shown.map(([, , , change]) => change),
    );
    assert.match(String(shown[0]?.[5]), /^restored: /);
    const all = await on(host, "history", String(shown[0]?.[0]));
    assert.match(all.stdout, /\nwas ActiveState +active\n/);
    assert.doesNotMatch(all.stdout, /was text/);
    await host.sh("systemctl stop told.service");
    const status = await on(host, "status");
    assert.equal(status.code, 0);
    assert.match(status.stdout, new RegExp(`\n${file} +inactive +[0-9a-f]{16} restored: `));
  });
});
