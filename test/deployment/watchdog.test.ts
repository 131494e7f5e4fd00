import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { linkShell, sharedFleet, type Host, type Suite } from "../fleet";
import { until } from "../faults/until";
import { Thing } from "./fixtures/thing";

const runner = "/usr/bin/systemd-run";

/** Each shell on each Debian, and each of both with and without systemd. */
const machines = [
  ["bookworm", "dash", "with systemd"],
  ["bookworm", "bash", "without systemd"],
  ["trixie", "dash", "without systemd"],
  ["trixie", "bash", "with systemd"],
] as const satisfies [Suite, "dash" | "bash", string][];

for (const [suite, shell, systemd] of machines)
  describe(`a watchdog on ${suite}'s ${shell} ${systemd}`, function () {
    let host: Host;
    let thing: Thing;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      await linkShell(host, shell);
      if (systemd === "without systemd") await host.sh(`mv ${runner} ${runner}.away`);
    });
    after(async () => {
      await linkShell(host, "dash");
      await host.sh(`[ ! -e ${runner}.away ] || mv ${runner}.away ${runner}`);
    });
    beforeEach(() => {
      thing = new Thing(host);
    });
    afterEach(() => thing.clear());

    it("carries out what is confirmed, and leaves only records", async () => {
      assert.equal((await thing.become("one")).outcome, "done");
      const record = await thing.become("two");
      assert.deepEqual(
        [record.outcome, record.was.get("word"), record.is.get("word")],
        ["done", "one", "two"],
      );
      assert.deepEqual(await thing.seen(), {
        word: "two",
        log: ["begin one", "end one", "begin two", "end two"],
      });
      await thing.nothingLeft();
    });

    it("takes back what fails, and says why", async () => {
      await thing.become("one");
      await thing.hook("echo no; exit 7");
      const { outcome, reason, log } = await thing.become("two");
      assert.deepEqual([outcome, reason, log], ["restored", "hook ended with exit code 7", "no\n"]);
      assert.equal((await thing.seen()).word, "one");
      await thing.nothingLeft();
    });

    it("that is killed comes back and takes back what was begun", async () => {
      await thing.become("one");
      await thing.holdHook();
      const going = thing.become("two");
      await thing.signal("KILL", await thing.held());
      const { outcome, reason } = await going;
      assert.deepEqual([outcome, reason], ["restored", "it was cut off while it was activating"]);
      assert.equal((await thing.seen()).word, "one");
      await thing.nothingLeft();
      // What the killed one had started is gone too.
      assert.equal((await host.trySh("pgrep -f [t]hing.hook")).code, 1);
    });

    it("takes no confirmation with a wrong token", async () => {
      let told = "";
      const record = await thing.become("one", {
        beforeConfirm: async () => {
          const folder = await host.sh("ls -d /var/lib/pulumi-nix/things/one/deployments/*");
          await host.sh(`echo 'confirm 0123456789' >${folder}/answer`);
          told = await until("the answer is read", async () => {
            const { stdout } = await host.trySh(`[ ! -e ${folder}/answer ] && cat ${folder}/log`);
            return stdout.includes("wrong token") ? stdout : undefined;
          });
          assert.equal(await host.sh(`sed -n 's/^phase //p' ${folder}/record | tail -n 1`), "waiting");
        },
      });
      assert.match(told, /a wrong token came, and does not count/);
      assert.equal(record.outcome, "done");
    });

    it("goes on when its own run is done with the one before", async () => {
      await thing.holdHook();
      const [one, two] = [thing.become("one"), thing.held().then(() => thing.become("two"))];
      await thing.held();
      await until("the second one waits", async () => {
        const phases = await host.sh("tail -qn1 /var/lib/pulumi-nix/things/one/deployments/*/record");
        return phases.includes("phase entering") || undefined;
      });
      await thing.release();
      assert.deepEqual([(await one).outcome, (await two).outcome], ["done", "done"]);
      const { log } = await thing.seen();
      assert.deepEqual(log, ["begin one", "end one", "begin two", "end two"]);
    });

    it("refuses another coordinator's deployment, and names the one that is there", async () => {
      await thing.holdHook();
      const going = thing.become("one");
      const folder = await thing.held();
      await thing.pretend(folder, "run another");
      await assert.rejects(thing.become("two"), (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        const id = folder.split("/").at(-1) ?? "";
        assert.match(
          error.message,
          new RegExp(
            `failed: locked by deployment ${id} of /var/lib/thing, begun by \\S+ at \\S+ \\d+ s ago\n`,
          ),
        );
        return true;
      });
      await thing.release();
      assert.equal((await going).outcome, "done");
      assert.equal((await thing.seen()).word, "one");
    });

    it("ends one that is stuck when asked, and takes back what that did", async () => {
      await thing.become("one");
      await thing.holdHook();
      const stuck = new Thing(host);
      const going = stuck.become("two").catch((error: unknown) => error);
      const folder = await thing.held();
      await thing.signal("STOP", folder);
      for (const line of ["run another", "limit 1"]) await thing.pretend(folder, line);
      await assert.rejects(thing.become("three"), /past all its limits: it is stuck\nhint: .*endStuck/);
      await thing.release();
      const { outcome, was } = await thing.become("three", { endStuck: true });
      assert.deepEqual([outcome, was.get("word")], ["done", "one"]);
      assert.match(
        thing.said.join("\n"),
        new RegExp(
          `brought an earlier deployment to its end first: deployment ${folder.split("/").at(-1) ?? ""}`,
        ),
      );
      await thing.nothingLeft();
      await stuck.close();
      await going;
    });

    if (systemd === "without systemd")
      it("that is gone is taken over by the next deployment, which tells", async () => {
        await thing.become("one");
        await thing.holdHook();
        const gone = new Thing(host);
        const going = gone.become("two").catch((error: unknown) => error);
        const folder = await thing.held();
        // Without a coordinator that asks, nobody starts it again.
        await gone.close();
        await going;
        await thing.signal("KILL", folder);
        await thing.release();
        const { outcome, was } = await thing.become("three");
        assert.deepEqual([outcome, was.get("word")], ["done", "one"]);
        const id = folder.split("/").at(-1) ?? "";
        assert.match(
          thing.said.join("\n"),
          new RegExp(`brought an earlier deployment to its end first: deployment ${id} `),
        );
        await thing.nothingLeft();
      });

    if (systemd === "with systemd")
      it("keeps so many records", async () => {
        for (let number = 1; number <= 12; number++) await thing.become(`word ${number}`);
        // The last one clears up when it has told its end.
        await until("ten are left", async () => (await thing.recordCount()) === 10 || undefined);
      });
  });
