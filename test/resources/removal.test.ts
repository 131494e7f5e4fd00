import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { profileActivation } from "../../provider/resources/profile-activation";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { until } from "../faults/until";
import { sharedFleet, type Host, type Suite } from "../fleet";
import { Managed, untyped } from "./managed";
import { entryPoint, storePathOn } from "./store-path-on";

const ours = "/var/lib/pulumi-nix";
const log = "/tmp/removal.log";
const go = "/tmp/removal.go";
const held = "/tmp/removal.held";
const hold = `touch ${held}; while [ ! -e ${go} ]; do sleep 0.05; done`;

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a removal on ${suite}`, function () {
    let host: Host;
    let removed: Managed;
    let unit: Managed;
    let other: Managed;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
    });
    beforeEach(async () => {
      removed = new Managed(untyped(profileActivation), "urn:removed");
      unit = new Managed(untyped(systemdUnit), "urn:unit");
      other = new Managed(untyped(profileActivation), "urn:other");
      await removed.up(await inputs("removed", "echo active", "echo removed"));
    });
    afterEach(async () => {
      await host.sh(`touch ${go}`);
      await Promise.all([removed.close(), unit.close(), other.close()]);
      await host.sh(
        `rm -rf /nix/var/nix/profiles/removed* /nix/var/nix/profiles/other* ${ours}/profiles ${ours}/units ${log} ${go} ${held}`,
      );
    });

    const inputs = async (name: string, activate: string, deactivate: string): Promise<object> => ({
      connection: host.connection(),
      profile: name,
      onDestroy: "remove",
      path: await storePathOn(
        host,
        name,
        entryPoint(`exec >>${log}; ${activate}`, `exec >>${log}; ${deactivate}`),
      ),
    });
    const isHeld = (): Promise<true> =>
      until("it is held", async () => (await host.trySh(`test -e ${held}`)).code === 0 || undefined);
    const release = (): Promise<string> => host.sh(`touch ${go}`);
    const lines = async (): Promise<string[]> => (await host.sh(`cat ${log}`)).split("\n");
    const isActive = async (): Promise<boolean> =>
      (await host.trySh("test -e /nix/var/nix/profiles/removed")).code === 0;

    /** An activation that is held, of this run. Gives its record. */
    const beginOther = async (): Promise<{ going: Promise<unknown>; record: string }> => {
      const going = other.up(await inputs("other", `${hold}; echo other`, "true"));
      going.catch(() => undefined);
      await isHeld();
      return { going, record: await host.sh(`ls ${ours}/profiles/other-*/deployments/*/record`) };
    };
    /** As if another coordinator did it. */
    const byAnother = (record: string): Promise<string> => host.sh(`echo 'run another' >>${record}`);
    const nothingLeft = async (): Promise<void> => {
      assert.equal(await host.sh(`ls -d ${ours}/lock ${ours}/removals 2>/dev/null || true`), "");
    };

    it("of a profile while another coordinator deploys is refused, names that, and changes nothing", async () => {
      const { going, record } = await beginOther();
      await byAnother(record);
      const id = record.split("/").at(-2) ?? "";
      await assert.rejects(removed.destroy(), (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        const by = `locked by deployment ${id} of /nix/var/nix/profiles/other, begun by \\S+ at \\S+ \\d+ s ago`;
        assert.match(
          error.message,
          new RegExp(`^removing the profile /nix/var/nix/profiles/removed on \\S+ failed: ${by}\nhint: `),
        );
        return true;
      });
      assert.equal(await isActive(), true);
      await release();
      await going;
      await removed.destroy();
      assert.deepEqual(await lines(), ["active", "other", "removed"]);
      await nothingLeft();
    });

    it("of a profile waits for another coordinator as long as it was told to", async () => {
      await removed.ensure({
        ...(await inputs("removed", "echo active", "echo removed")),
        lock: { wait: 60 },
      });
      const { going, record } = await beginOther();
      await byAnother(record);
      const removal = removed.destroy();
      await until("it waits", async () => (await host.trySh(`ls ${ours}/removals`)).stdout || undefined);
      assert.equal(await isActive(), true);
      await release();
      await Promise.all([going, removal]);
      assert.equal(await isActive(), false);
    });

    it("of a profile waits for what its own run does", async () => {
      const { going } = await beginOther();
      const removal = removed.destroy();
      await until("it waits", async () => (await host.trySh(`ls ${ours}/removals`)).stdout || undefined);
      assert.equal(await isActive(), true);
      await release();
      await Promise.all([going, removal]);
      assert.deepEqual(await lines(), ["active", "other", "removed"]);
      await nothingLeft();
    });

    it("of a unit while another coordinator deploys is refused, and the unit runs on", async () => {
      const name = "removal.service";
      await unit.up({
        connection: host.connection(),
        name,
        sections: { Service: { ExecStart: "/bin/sleep 300001" } },
      });
      const { going, record } = await beginOther();
      await byAnother(record);
      await assert.rejects(
        unit.destroy(),
        /: removing removal\.service on \S+ failed: locked by deployment [0-9a-f]{16} of /,
      );
      assert.equal(await host.sh(`systemctl is-active ${name}`), "active");
      await release();
      await going;
      await unit.destroy();
      assert.equal((await host.trySh(`systemctl cat ${name}`)).code, 1);
      await nothingLeft();
    });

    it("keeps another coordinator from deploying, and is named", async () => {
      await removed.ensure(await inputs("removed", "echo active", `${hold}; echo removed`));
      const removal = removed.destroy();
      await isHeld();
      await byAnother(await host.sh(`ls ${ours}/removals/*/record`));
      await assert.rejects(
        other.up(await inputs("other", "echo other", "true")),
        /failed: locked by removal [0-9a-f]{16} of \/nix\/var\/nix\/profiles\/removed, begun by \S+ at \S+ \d+ s ago\n/,
      );
      await release();
      await removal;
      await nothingLeft();
    });

    it("that is cut off does not keep anybody from deploying", async () => {
      await removed.ensure(await inputs("removed", "echo active", `${hold}; echo removed`));
      const removal = assert.rejects(removed.destroy());
      await isHeld();
      await host.sh("pkill -KILL -f 'deactivate[.]sh'");
      await release();
      await removal;
      await other.up(await inputs("other", "echo other", "true"));
      await removed.destroy();
      await nothingLeft();
    });

    it("of a profile that another resource has activated meanwhile leaves that alone", async () => {
      const { going } = await beginOther();
      const removal = assert.rejects(
        removed.destroy(),
        /was activated by another resource meanwhile: it is left/,
      );
      await until("it waits", async () => (await host.trySh(`ls ${ours}/removals`)).stdout || undefined);
      await host.sh(`echo urn-another >$(ls ${ours}/profiles/removed-*/owner)`);
      await release();
      await Promise.all([going, removal]);
      assert.equal(await isActive(), true);
    });

    it("of a profile whose program that undoes hangs ends in time, and says so", async () => {
      const first = await inputs("removed", "echo active", "exec sleep 1000");
      await removed.ensure({ ...first, timeout: 2 });
      await assert.rejects(removed.destroy(), /pulumi-nix-deactivate did not end within 2 s, and was ended/);
      assert.equal((await host.trySh("pgrep -fx 'sleep 1000'")).code, 1);
      await nothingLeft();
    });
  });
}
