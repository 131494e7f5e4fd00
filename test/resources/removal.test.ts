import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { profileActivation } from "../../provider/resources/profile-activation";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { byTurns, type Host, linkShell, sharedFleet, shells, suites } from "../fleet";
import { Managed, untyped } from "./managed";
import { entryPoint, storePathOn } from "./store-path-on";

const ours = "/var/lib/pulumi-nix";
const log = "/tmp/removal.log";
const go = "/tmp/removal.go";
const held = "/tmp/removal.held";
const hold = `touch ${held}; while [ ! -e ${go} ]; do sleep 0.05; done`;

/** What profiles are led to: the name of the profile, and what is done to activate it and to undo that. */
const paths = {
  removed: ["removed", "echo active", "echo removed"],
  heldRemoved: ["removed", "echo active", `${hold}; echo removed`],
  hangingRemoved: ["removed", "echo active", "exec sleep 1000"],
  other: ["other", "echo other", "true"],
  heldOther: ["other", `${hold}; echo other`, "true"],
} as const;
type PathName = keyof typeof paths;

for (const suite of suites) {
  describe(`a removal on ${suite} with ${shells[suite]}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let removed: Managed;
    let unit: Managed;
    let other: Managed;
    const built = new Map<PathName, string>();

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      for (const [name, [profile, activate, deactivate]] of Object.entries(paths)) {
        const fill = entryPoint(`exec >>${log}; ${activate}`, `exec >>${log}; ${deactivate}`);
        built.set(name as PathName, await storePathOn(host, profile, fill));
      }
      await linkShell(host);
    });
    after(() => linkShell(host, "dash"));
    beforeEach(async () => {
      removed = new Managed(untyped(profileActivation), "urn:removed");
      unit = new Managed(untyped(systemdUnit), "urn:unit");
      other = new Managed(untyped(profileActivation), "urn:other");
      await removed.up(inputs("removed"));
    });
    afterEach(async () => {
      await host.sh(`touch ${go}`);
      await Promise.all([removed.close(), unit.close(), other.close()]);
      await host.sh(
        `rm -rf /nix/var/nix/profiles/removed* /nix/var/nix/profiles/other* ${ours}/profiles ${ours}/units ${log} ${go} ${held}`,
      );
    });

    const inputs = (name: PathName): object => ({
      connection: host.connection(),
      profile: paths[name][0],
      path: built.get(name),
      onDestroy: "remove",
    });
    const isHeld = (): Promise<void> => host.until(`test -e ${held}`);
    const release = (): Promise<string> => host.sh(`touch ${go}`);
    const lines = async (): Promise<string[]> => (await host.sh(`cat ${log}`)).split("\n");
    const isActive = async (): Promise<boolean> =>
      (await host.trySh("test -e /nix/var/nix/profiles/removed")).code === 0;

    /** An activation that is held, of this run. Gives its record. */
    const beginOther = async (): Promise<{ going: Promise<unknown>; record: string }> => {
      const going = other.up(inputs("heldOther"));
      going.catch(() => undefined);
      await isHeld();
      return { going, record: await host.sh(`ls ${ours}/profiles/other-*/deployments/*/record`) };
    };
    /** As if another coordinator did it. */
    const byAnother = (record: string): Promise<string> => host.sh(`echo 'run another' >>${record}`);
    const nothingLeft = async (): Promise<void> => {
      assert.equal(await host.sh(`ls -d ${ours}/lock ${ours}/removals 2>/dev/null || true`), "");
    };

    inTurn(
      "of a profile while another coordinator deploys is refused, names that, and changes nothing",
      async () => {
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
      },
    );

    inTurn("of a profile waits for another coordinator as long as it was told to", async () => {
      await removed.ensure({
        ...inputs("removed"),
        lock: { wait: 60 },
      });
      const { going, record } = await beginOther();
      await byAnother(record);
      const removal = removed.destroy();
      await host.until(`ls ${ours}/removals/*`);
      assert.equal(await isActive(), true);
      await release();
      await Promise.all([going, removal]);
      assert.equal(await isActive(), false);
    });

    inTurn("of a profile waits for what its own run does", async () => {
      const { going } = await beginOther();
      const removal = removed.destroy();
      await host.until(`ls ${ours}/removals/*`);
      assert.equal(await isActive(), true);
      await release();
      await Promise.all([going, removal]);
      assert.deepEqual(await lines(), ["active", "other", "removed"]);
      await nothingLeft();
    });

    inTurn("of a unit while another coordinator deploys is refused, and the unit runs on", async () => {
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

    inTurn("keeps another coordinator from deploying, and is named", async () => {
      await removed.ensure(inputs("heldRemoved"));
      const removal = removed.destroy();
      await isHeld();
      await byAnother(await host.sh(`ls ${ours}/removals/*/record`));
      await assert.rejects(
        other.up(inputs("other")),
        /failed: locked by removal [0-9a-f]{16} of \/nix\/var\/nix\/profiles\/removed, begun by \S+ at \S+ \d+ s ago\n/,
      );
      await release();
      await removal;
      await nothingLeft();
    });

    inTurn("for whose record there is no room is refused, and changes nothing", async () => {
      await host.fillDisk("root");
      await assert.rejects(
        removed.destroy(),
        /failed: (\S+ could not be made|there is no room for its record in \S+)/,
      );
      await host.undoFaults();
      assert.equal(await isActive(), true);
      await nothingLeft();
    });

    inTurn("that is cut off does not keep anybody from deploying", async () => {
      await removed.ensure(inputs("heldRemoved"));
      const removal = assert.rejects(removed.destroy());
      await isHeld();
      await host.sh("pkill -KILL -f 'deactivate[.]sh'");
      await release();
      await removal;
      await other.up(inputs("other"));
      await removed.destroy();
      await nothingLeft();
    });

    inTurn("of a profile that another resource has activated meanwhile leaves that alone", async () => {
      const { going } = await beginOther();
      const removal = assert.rejects(
        removed.destroy(),
        /was activated by another resource meanwhile: it is left/,
      );
      await host.until(`ls ${ours}/removals/*`);
      await host.sh(`echo urn-another >$(ls ${ours}/profiles/removed-*/owner)`);
      await release();
      await Promise.all([going, removal]);
      assert.equal(await isActive(), true);
    });

    inTurn("of a profile whose program that undoes hangs ends in time, and says so", async () => {
      await removed.ensure({ ...inputs("hangingRemoved"), timeout: 2 });
      await assert.rejects(removed.destroy(), /pulumi-nix-deactivate did not end within 2 s, and was ended/);
      assert.equal((await host.trySh("pgrep -fx 'sleep 1000'")).code, 1);
      await nothingLeft();
    });
  });
}
