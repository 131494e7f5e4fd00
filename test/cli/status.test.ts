import assert from "node:assert/strict";
import { coordinator } from "../../provider/deployment/coordinator";
import { profileActivation } from "../../provider/resources/profile-activation";
import { until } from "../engine/processes";
import { byTurns, type Host, sharedFleet, suites } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";
import { on, pulumiNix } from "./command-line";
import { cutOff, stick, waitingDeployment, type Waiting } from "./deployments";

const me = coordinator();
const link = "/nix/var/nix/profiles/kept";

for (const suite of suites) {
  describe(`what goes on on a host of ${suite}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let managed: Managed;
    let waiting: Waiting;
    let paths: { one: string; two: string };

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      const log = "/tmp/active-kept";
      paths = {
        one: await storePathOn(host, "kept-1", entryPoint(`echo one >>${log}`)),
        two: await storePathOn(host, "kept-2", entryPoint(`echo two >>${log}`)),
      };
      await host.sh("rm -rf /var/lib/pulumi-nix");
    });
    beforeEach(async () => {
      managed = new Managed(untyped(profileActivation), "urn:kept");
      await managed.up(inputs(paths.one));
      waiting = await waitingDeployment(host, inputs(paths.two));
    });
    afterEach(async () => {
      await on(host, "unlock", "--force");
      await managed.close();
      await host.sh(`rm -rf ${link}* /var/lib/pulumi-nix /tmp/active-kept`);
    });

    const inputs = (path: string): object => ({ connection: host.connection(), profile: "kept", path });
    const active = (): Promise<string> => host.sh("tail -n 1 /tmp/active-kept");
    const left = (): Promise<string> =>
      host.sh(
        `ls -A /var/lib/pulumi-nix/lock | grep -v guard; ls -A ${waiting.folder}; pgrep -f "[/]program ${waiting.folder}";
         ls /etc/systemd/system.control 2>/dev/null; ls -d ${link}-*-link`,
      );
    const nothing = ["log", "record", `${link}-1-link`].join("\n");
    /** It clears up behind its end, which is told before. */
    const nothingLeft = (): Promise<void> =>
      until("only records are left", async () => {
        const found = await left();
        return found === nothing || found;
      });

    inTurn("is told while a deployment waits, and that nothing does behind it", async () => {
      const during = await on(host, "status");
      assert.equal(during.code, 3);
      assert.match(during.stdout, new RegExp(`\ndeployment ${waiting.id} of ${link}: waiting\n`));
      assert.match(
        during.stdout,
        new RegExp(`\n  begun by ${me} \\d+ s ago \\(.*\\): .*kept-1 → .*kept-2\n`),
      );
      assert.match(during.stdout, /\n {2}waits to be confirmed\n/);
      await on(host, "unlock", "--force");
      const behind = await on(host, "status");
      assert.equal(behind.code, 0, behind.stdout);
      assert.match(behind.stdout, /: nothing goes on\n/);
      assert.match(
        behind.stdout,
        new RegExp(`\n${link} +.*-kept-1 \\(generation 1\\) +${waiting.id} restored: `),
      );
    });

    inTurn("is told to programs", async () => {
      const { code, stdout } = await on(host, "status", "--json");
      assert.equal(code, 3);
      const { goingOn, subjects } = JSON.parse(stdout) as Record<string, Record<string, unknown>[]>;
      const [one] = goingOn ?? [];
      assert.deepEqual(
        [one?.["id"], one?.["phase"], one?.["watched"], one?.["stuck"], one?.["from"], one?.["to"]],
        [waiting.id, "waiting", true, false, paths.one, paths.two],
      );
      assert.deepEqual(
        subjects?.map(({ subject, active: path, generation }) => [subject, path, generation]),
        [[link, paths.one, 1]],
      );
    });

    inTurn("is left alone while it is neither stuck nor gone, unless that is forced", async () => {
      const refused = await on(host, "unlock");
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        new RegExp(
          `ending deployment ${waiting.id} on .* failed: it is neither stuck nor gone: deployment ${waiting.id}`,
        ),
      );
      assert.match(refused.stderr, /hint: .*--force/);
      assert.equal(await active(), "two");
      assert.equal((await on(host, "status")).code, 3);

      const forced = await on(host, "unlock", "--force", "--id", waiting.id.slice(0, 6));
      assert.equal(forced.code, 0, forced.stderr);
      assert.match(
        forced.stdout,
        new RegExp(
          `^deployment ${waiting.id} of ${link}: ended, and what it did was taken back; it leads to ${paths.one}\n$`,
        ),
      );
      assert.equal(await active(), "one");
      await nothingLeft();
      assert.match((await on(host, "history", waiting.id)).stdout, new RegExp(`\nunlocked by +${me}\n`));
    });

    inTurn(
      "is told to be stuck when its watchdog is stopped and its time over, and is ended then",
      async () => {
        await stick(host, waiting);
        const { code, stdout } = await on(host, "status");
        assert.equal(code, 3);
        assert.match(stdout, new RegExp(`deployment ${waiting.id} of ${link}: stuck while waiting\n`));
        assert.match(stdout, /\n {2}pulumi-nix unlock brings it to its end, and back\n/);
        const unlocked = await on(host, "unlock");
        assert.equal(unlocked.code, 0, unlocked.stderr);
        assert.match(unlocked.stdout, /ended, and what it did was taken back/);
        assert.equal(await active(), "one");
        await nothingLeft();
        assert.deepEqual(await managed.drift(inputs(paths.one)), []);
      },
    );

    inTurn("is told to be cut off when its watchdog is gone, and is brought to its end then", async () => {
      await cutOff(host, waiting);
      const { code, stdout } = await on(host, "status");
      assert.equal(code, 3);
      assert.match(stdout, /: cut off while waiting: its watchdog is gone\n/);
      assert.equal(await active(), "two");
      const unlocked = await on(host, "unlock");
      assert.equal(unlocked.code, 0, unlocked.stderr);
      assert.match(unlocked.stdout, /ended, and what it did was taken back/);
      assert.equal(await active(), "one");
      await nothingLeft();
    });

    inTurn("is not ended when another one is meant", async () => {
      const { code, stderr } = await on(host, "unlock", "--force", "--id", "nothing");
      assert.equal(code, 1);
      assert.match(stderr, /no deployment that goes on has this id/);
      assert.equal((await on(host, "status")).code, 3);
    });
  });
}

describe("this machine", function () {
  it("is one to look at too", async () => {
    const { code, stderr } = await pulumiNix(["history", "local"]);
    assert.deepEqual([code, stderr], [0, ""]);
  });
});
