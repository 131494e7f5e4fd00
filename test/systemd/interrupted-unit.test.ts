import assert from "node:assert/strict";
import { deploymentProgram } from "../../provider/deployment/program";
import { Hosts } from "../../provider/host/pool";
import { runProgram } from "../../provider/host/program";
import { unitWatchdog } from "../../provider/systemd/unit-program";
import { bootFleet, byTurns, type Fleet, type Host, suites } from "../fleet";
import { Bench } from "./fixtures/each-suite";
import { ManagedUnit } from "./fixtures/managed-unit";

const never = { Service: { Type: "notify", ExecStart: "/bin/sleep 3000" } };

for (const suite of suites) {
  describe(`a unit on ${suite} whose change is interrupted`, function () {
    const inTurn = byTurns(suite);
    let fleet: Fleet;
    let at: Bench;

    before(async () => {
      fleet = await bootFleet({ [suite]: 1 });
      at = new Bench(fleet.hosts[0] as Host);
    });
    beforeEach(() => at.renew());
    afterEach(async () => {
      await at.unit.destroy();
      await at.unit.close();
    });
    after(() => fleet.stop());

    inTurn("by a text that does not arrive to its end is as it was", async () => {
      await at.unit.up(at.sleeping(1000));
      const before = await at.snapshot();
      for (const sent of ["", "[Service]\nExecStart=/bin/sleep 200"]) {
        const record = await begin(at, "[Service]\nExecStart=/bin/sleep 2000\n", sent);
        assert.match(record, /^outcome refused$/m);
        assert.match(
          record,
          /^reason only \d+ of the 36 bytes of .*\.service arrived: nothing was changed$/m,
        );
        assert.equal(await at.snapshot(), before);
      }
    });

    inTurn("by a power loss is after the boot what it was", async () => {
      await at.unit.up(at.sleeping(1000, { settle: 0 }));
      const before = await at.snapshot();
      const Install = { WantedBy: "basic.target" };
      const change = at.unit.up(at.sleeping(0, { sections: { ...never, Install } }));
      const failed = assert.rejects(change, /failed: it was cut off while it was activating\n/);
      await at.untilIs("activating");
      await at.host.powerLoss();
      await at.host.boot();
      await failed;
      assert.equal(await at.snapshot(), before);
      assert.equal(await at.host.sh("ls /etc/systemd/system.control 2>/dev/null || echo none"), "none");
    });

    inTurn("by a power loss, being new to the machine, is not there after the boot", async () => {
      const before = await at.snapshot();
      const change = at.unit.up(at.sleeping(0, { sections: never }));
      const failed = assert.rejects(change, /failed: it was cut off while it was activating\n/);
      await at.untilIs("activating");
      await at.host.powerLoss();
      await at.host.boot();
      await failed;
      assert.equal(await at.snapshot(), before);
    });

    inTurn("by nothing, being one of sixteen at once, is confirmed like all of them", async () => {
      const logins = await at.host.acceptedLogins();
      const hosts = new Hosts();
      const many = Array.from({ length: 16 }, (_, index) => ({
        unit: new ManagedUnit(`urn:many-${index}`, hosts),
        name: `many${index}.service`,
      }));
      try {
        await Promise.all(many.map(({ unit, name }) => unit.up(at.sleeping(1000, { name }))));
        assert.equal(await at.host.acceptedLogins(), logins + 1 + many.length);
      } finally {
        await Promise.all(many.map(({ unit }) => unit.destroy()));
        await hosts.close();
      }
    });
  });
}

/** Begins a deployment of the bench's unit of whose text only a part is sent; gives its record. */
async function begin(at: Bench, text: string, sent: string): Promise<string> {
  const hosts = new Hosts();
  const watchdog = unitWatchdog().text;
  const records = `/var/lib/pulumi-nix/units/system-${at.name}/deployments`;
  const notes = { locks: "/var/lib/pulumi-nix/lock", run: "x", alone: "no", records: "9", seconds: "60" };
  const { length } = Object.keys(notes);
  const subject = ["system", at.name, "write", "keep", "restart", "drop", "1000", "20", String(text.length)];
  const args = [
    `${records}/cut${sent.length}`,
    String(length),
    ...Object.entries(notes).flat(),
    "0",
    ...subject,
  ];
  try {
    const host = await hosts.get(at.unit.inputs(at.sleeping(1)).connection);
    const input = `token\n${Buffer.byteLength(watchdog)}\n${watchdog}${sent}`;
    const doing = { doing: "beginning", input };
    return (await runProgram(host, deploymentProgram("start.sh", "follow.sh"), args, doing)).stdout;
  } finally {
    await hosts.close();
  }
}
