import assert from "node:assert/strict";
import { InterruptedError, RefusedError } from "../../provider/errors";
import { until } from "../faults/until";
import { bootFleet, byTurns, type Fleet, type Host, suites } from "../fleet";
import { Thing } from "./fixtures/thing";

/** Where the end of a deployment is cut off, by the program that waits there, and when. */
const ends = [
  {
    where: "when its outcome is written",
    program: "sync",
    condition: `grep -q '^outcome' "$record" && ! grep -q '^ended' "$record"`,
  },
  { where: "when the lock is given back", program: "date", condition: `grep -q '^outcome' "$record"` },
  { where: "when its end is written", program: "sync", condition: `grep -q '^ended' "$record"` },
];

for (const suite of suites)
  describe(`a deployment that is cut off on ${suite}`, function () {
    const inTurn = byTurns(suite);
    let fleet: Fleet;
    let host: Host;
    let thing: Thing;

    before(async () => {
      // Small, so that it can be filled.
      fleet = await bootFleet({ [suite]: 1 }, { rootDisk: "160M" });
      host = fleet.hosts[0] as Host;
    });
    after(() => fleet.stop());
    beforeEach(() => {
      thing = new Thing(host);
    });
    afterEach(async () => {
      await host.undoFaults();
      await thing.clear();
    });

    for (const { where, program, condition } of ends)
      inTurn(`${where} has ended as it had, and leaves only its record`, async () => {
        await thing.become("one");
        await thing.holdProgram(program, condition);
        const going = thing.become("two");
        const folder = await thing.held();
        await thing.signal("KILL", folder);
        await thing.release();
        assert.equal((await going).outcome, "done");
        assert.equal((await thing.seen()).word, "two");
        await thing.nothingLeft();
      });

    inTurn(
      "while it brings another one to its end begins anew, and that one is brought to its end",
      async () => {
        await thing.become("one");
        await thing.holdHook();
        const gone = new Thing(host);
        const going = gone.become("two").catch((error: unknown) => error);
        const first = await thing.held();
        await gone.close();
        await going;
        // Neither systemd nor a coordinator starts it again.
        await host.sh(`systemctl stop pulumi-nix-${first.split("/").at(-1) ?? ""}`);
        await host.sh(
          "pkill -f '^(/bin/)?sh /var/lib/thing.hook'; rm /var/lib/thing.hook /var/lib/thing.held",
        );
        await thing.holdBack();
        const last = thing.become("three");
        await thing.held("held-back");
        const records = "/var/lib/pulumi-nix/things/one/deployments/*/record";
        const second = await host.sh(`grep -L '^phase activating' ${records}`);
        await thing.signal("KILL", second.replace(/\/record$/, ""));
        await thing.release();
        const { outcome, was } = await last;
        assert.deepEqual([outcome, was.get("word")], ["done", "one"]);
        // The last of a name counts: on a busy machine both who was killed and who came behind it bring it to its end.
        assert.equal(await host.sh(`sed -n 's/^outcome //p' ${first}/record | tail -n 1`), "restored");
        await thing.nothingLeft();
      },
    );

    inTurn(
      "from its record takes back what it did, and the one who asked is told that the record is gone",
      async () => {
        await thing.become("one");
        await thing.holdHook();
        const going = assert.rejects(thing.become("two"), (error: unknown) => {
          assert.ok(error instanceof InterruptedError);
          assert.match(
            error.message,
            /failed: the record of deployment [0-9a-f]{16} was removed while it went on/,
          );
          return true;
        });
        await thing.held();
        await host.sh("rm -rf /var/lib/pulumi-nix");
        await going;
        await thing.release();
        await until("it is taken back", async () => (await thing.seen()).word === "one" || undefined);
        await thing.nothingLeft();
      },
    );

    inTurn("from its record while it waits goes back at once", async () => {
      await thing.become("one");
      const loses = (): Promise<unknown> => host.sh("rm -rf /var/lib/pulumi-nix");
      const { outcome, reason } = await thing.become("two", { beforeConfirm: loses });
      assert.deepEqual([outcome, reason], ["restored", "its record is lost"]);
      assert.equal((await thing.seen()).word, "one");
      await thing.nothingLeft();
    });

    inTurn(
      "from the disk, which is full when it is its turn, is refused and has touched nothing",
      async () => {
        await thing.become("one");
        await thing.holdEntry();
        const going = assert.rejects(thing.become("two"), (error: unknown) => {
          assert.ok(error instanceof RefusedError);
          assert.match(error.message, /failed: there is no room for \d+ bytes in \S+: nothing was changed/);
          return true;
        });
        await until("it waits for its turn", async () => {
          const phases = await host.sh("tail -qn1 /var/lib/pulumi-nix/things/one/deployments/*/record");
          return phases.includes("phase entering") || undefined;
        });
        await host.fillDisk("root");
        await thing.release();
        await going;
        assert.deepEqual(await thing.seen(), { word: "one", log: ["begin one", "end one"] });
        await thing.nothingLeft();
      },
    );
  });
