import assert from "node:assert/strict";
import { hostGarbageCollection } from "../../provider/resources/host-garbage-collection";
import { profileActivation } from "../../provider/resources/profile-activation";
import { byTurns, type Host, sharedFleet, suites } from "../fleet";
import { Managed, untyped } from "./managed";
import { storePathOn } from "./store-path-on";

const profiles = "/nix/var/nix/profiles";
let made = 0;

for (const suite of suites)
  describe(`a garbage collection on ${suite}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let collection: Managed;
    let activation: Managed;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
    });
    beforeEach(() => {
      collection = new Managed(untyped(hostGarbageCollection), "urn:garbage");
      activation = new Managed(untyped(profileActivation), "urn:collected");
    });
    afterEach(async () => {
      await host.undoFaults();
      await Promise.all([collection.close(), activation.close()]);
      await host.sh(
        `rm -rf ${profiles}/collected* ${profiles}/other* /var/lib/pulumi-nix /run/current-system /run/booted-system`,
      );
    });

    const wanted = (more: object = {}): object => ({ connection: host.connection(), ...more });
    const path = (): Promise<string> => storePathOn(host, `collected-${++made}`, `echo ${made} >$out`);
    /** A path of so many MiB that nothing leads to. */
    const garbage = (mebibytes: number): Promise<string> =>
      storePathOn(host, `garbage-${++made}`, `head -c ${mebibytes * 2 ** 20} /dev/urandom >$out`);
    const isThere = async (one: string): Promise<boolean> =>
      (await host.trySh(`nix-store --check-validity ${one}`)).code === 0;
    const generations = async (link: string): Promise<string> =>
      (
        await host.sh(`ls -d ${link}-*-link | sed 's/.*-\\([0-9]*\\)-link/\\1/' | sort -n | tr '\\n' ' '`)
      ).trim();
    /** Generations of a profile, and of each since how many days it is there. */
    const profile = async (link: string, ...days: number[]): Promise<string[]> => {
      const paths: string[] = [];
      for (const [index, age] of days.entries()) {
        const one = await path();
        paths.push(one);
        await host.sh(`nix-env --profile ${link} --set ${one}
          touch -h -d "@$(($(date +%s) - ${age} * 86400))" ${link}-${index + 1}-link`);
      }
      return paths;
    };

    inTurn(
      "takes the generations that neither number nor age keeps, then what nothing leads to",
      async () => {
        const paths = await profile(`${profiles}/collected`, 100, 80, 60, 1, 0);
        const state = await collection.up(wanted({ keepGenerations: 2, keepNewerThan: "30d" }));
        assert.equal(await generations(`${profiles}/collected`), "3 4 5");
        assert.deepEqual(state["removedGenerations"], [
          `${profiles}/collected-2-link`,
          `${profiles}/collected-1-link`,
        ]);
        assert.deepEqual(await Promise.all(paths.map(isThere)), [false, false, true, true, true]);
        assert.ok(Number(state["deletedPaths"]) >= 2);
        assert.match(
          collection.said.join("\n"),
          /^info: 2 generations and \d+ paths went on \S+: [\d.]+ .iB are free$/m,
        );
      },
    );

    inTurn("without a rule takes no generation", async () => {
      const [one] = await profile(`${profiles}/collected`, 100, 80);
      const unused = await garbage(1);
      const state = await collection.up(wanted());
      assert.equal(await generations(`${profiles}/collected`), "1 2");
      assert.equal(await isThere(String(one)), true);
      assert.equal(await isThere(unused), false);
      assert.ok(Number(state["freed"]) >= 2 ** 20, JSON.stringify(state));
      assert.equal(Number(state["freeAfter"]) - Number(state["freeBefore"]), state["freed"]);
    });

    inTurn(
      "leaves what is current, runs or was booted, and what was active before the last deployment",
      async () => {
        const inputs = { connection: host.connection(), profile: "collected", kind: "noop" };
        const paths: string[] = [];
        for (let count = 0; count < 6; count++) paths.push(await path());
        for (const one of paths.slice(0, 5)) await activation.up({ ...inputs, path: one });
        await host.sh(`nix-env --profile ${profiles}/collected --set ${paths[5]}`);
        await host.sh(`nix-env --profile ${profiles}/collected --switch-generation 5`);
        await host.sh(`ln -s ${paths[0]} /run/booted-system; ln -s ${paths[1]} /run/current-system`);
        await collection.up(wanted({ keepGenerations: 1 }));
        assert.equal(await generations(`${profiles}/collected`), "1 2 4 5 6");
      },
    );

    inTurn(
      "leaves a system that runs and that no root leads to, which Nix by itself would take",
      async () => {
        const [running, booted] = [await path(), await path()];
        await host.sh(`ln -s ${running} /run/current-system; ln -s ${booted} /run/booted-system`);
        await collection.up(wanted({ keepGenerations: 1 }));
        assert.deepEqual([await isThere(running), await isThere(booted)], [true, true]);
        assert.equal(await host.sh("find /var/lib/pulumi-nix -name 'held-*'"), "");
        await host.sh("nix-store --gc");
        assert.deepEqual([await isThere(running), await isThere(booted)], [false, false]);
      },
    );

    inTurn(
      "looks at the profiles that it was given, else at all, wherever a deployment of ours has one",
      async () => {
        await profile(`${profiles}/collected`, 9, 8, 7);
        await profile(`${profiles}/other`, 9, 8, 7);
        const far = { connection: host.connection(), profile: "/opt/collected/far", kind: "noop" };
        for (let count = 0; count < 3; count++) await activation.up({ ...far, path: await path() });
        await collection.up(wanted({ keepGenerations: 1, profiles: ["other"] }));
        assert.equal(await generations(`${profiles}/collected`), "1 2 3");
        assert.equal(await generations(`${profiles}/other`), "3");
        await collection.up(wanted({ keepGenerations: 1 }));
        assert.equal(await generations(`${profiles}/collected`), "3");
        assert.equal(await generations("/opt/collected/far"), "2 3");
        await host.sh("rm -rf /opt/collected");
      },
    );

    inTurn("takes no more than it needs for what shall be free, and nothing while that is", async () => {
      await host.sh("nix-store --gc");
      const unused = [];
      for (let count = 0; count < 6; count++) unused.push(await garbage(2));
      await host.fillDisk("nix", 1024);
      const state = await collection.up(wanted({ freeSpace: "5M" }));
      assert.ok(Number(state["freeAfter"]) >= 5 * 2 ** 20, JSON.stringify(state));
      const left = (await Promise.all(unused.map(isThere))).filter((one) => one).length;
      assert.ok(left >= 2 && left < 6, String(left));
      const again = await collection.up(wanted({ freeSpace: "5M", triggers: [1] }));
      assert.equal(again["deletedPaths"], 0);
    });

    inTurn("warns when not so much can be free", async () => {
      const state = await collection.up(wanted({ freeSpace: "100T" }));
      assert.match(
        collection.said.join("\n"),
        /^warning: 102400\.0 GiB were to be free on \S+, and [\d.]+ .iB are: all else is led to by roots/m,
      );
      assert.ok(Number(state["freeAfter"]) > 0);
    });

    inTurn(
      "is done again for new triggers only, is no drift whatever the machine holds, and is deleted without a trace",
      async () => {
        await collection.up(wanted({ triggers: ["one"] }));
        const unused = await garbage(1);
        assert.deepEqual(await collection.drift(wanted({ triggers: ["one"] })), []);
        await collection.up(wanted({ triggers: ["one"], timeout: 60 }));
        assert.equal(await isThere(unused), true);
        await collection.up(wanted({ triggers: ["two"] }));
        assert.equal(await isThere(unused), false);
        await collection.destroy();
        assert.match(collection.said.join("\n"), /info: nothing was done on the machine/);
        assert.equal(await host.sh("ls /var/lib/pulumi-nix 2>/dev/null || true"), "");
      },
    );

    inTurn(
      "by a user without root is of that user's profiles, and of what nothing at all leads to",
      async () => {
        const own = "/home/alice/.local/state/nix/profiles";
        const [one, two] = [await path(), await path()];
        for (const each of [one, two])
          await host.sh(`mkdir -p ${own}; nix-env --profile ${own}/mine --set ${each}`, { user: "alice" });
        const [roots] = await profile(`${profiles}/collected`, 9, 8, 7);
        const unused = await garbage(1);
        const connection = host.connection({ user: "alice" });
        const state = await collection.up({ connection, keepGenerations: 1 });
        assert.deepEqual(state["removedGenerations"], [`${own}/mine-1-link`]);
        assert.deepEqual(
          [await isThere(one), await isThere(two), await isThere(unused), await isThere(String(roots))],
          [false, true, false, true],
        );
        await host.sh("rm -rf /home/alice/.local/state");
      },
    );

    inTurn("says before what would go, and leaves it", async () => {
      await profile(`${profiles}/collected`, 9, 8, 7);
      const unused = await garbage(1);
      await collection.preview(wanted({ keepGenerations: 2, freeSpace: "100T" }));
      await collection.preview(wanted({ freeSpace: 1 }));
      await collection.preview(wanted());
      const now = "^info: [\\d.]+ .iB are free on \\S+ now: ";
      const gone = `generation ${profiles}/collected-1-link would go`;
      assert.match(
        collection.said[0] ?? "",
        new RegExp(`${now}[\\d.]+ GiB would be collected, as far as nothing leads to them\n${gone}$`),
      );
      assert.match(collection.said[1] ?? "", new RegExp(`${now}nothing would be collected$`));
      assert.match(
        collection.said[2] ?? "",
        new RegExp(`${now}all that nothing leads to would be collected$`),
      );
      assert.equal(await generations(`${profiles}/collected`), "1 2 3");
      assert.equal(await isThere(unused), true);
    });

    /** What the collecting itself does instead. */
    const standIn = (gc: string): Promise<string> =>
      host.sh("cat >/usr/local/bin/nix-store; chmod +x /usr/local/bin/nix-store", {
        input: `#!/bin/sh\n[ "$1" = --gc ] || exec /usr/bin/nix-store "$@"\n${gc}\n`,
      });
    const noStandIn = (): Promise<string> => host.sh("rm -f /usr/local/bin/nix-store");
    const nothingLeft = async (): Promise<void> =>
      assert.equal(
        await host.sh("find /var/lib/pulumi-nix/lock /var/lib/pulumi-nix/removals 2>/dev/null || true"),
        "",
      );

    inTurn("that fails says so, and gives back the lock", async () => {
      await standIn("echo no luck >&2; exit 7");
      await assert.rejects(
        collection.up(wanted()).finally(noStandIn),
        /collecting garbage on \S+ failed: exit code 7: collect\.sh .*\nno luck$/,
      );
      await nothingLeft();
      await collection.up(wanted());
    });

    inTurn("that fails half-way says what went by then", async () => {
      await profile(`${profiles}/collected`, 9, 8, 7);
      const unused = await garbage(1);
      await standIn('/usr/bin/nix-store "$@"; exit 7');
      await assert.rejects(
        collection.up(wanted({ keepGenerations: 2 })).finally(noStandIn),
        new RegExp(
          `\nthe machine was changed: these generations went: ${profiles}/collected-1-link; \\d+ paths that nothing led to were collected$`,
        ),
      );
      assert.equal(await isThere(unused), false);
      await nothingLeft();
    });

    inTurn("has one time for all that it does", async () => {
      await profile(`${profiles}/collected`, 9, 8, 7);
      await profile(`${profiles}/other`, 9, 8, 7);
      await host.sh("cat >/usr/local/bin/nix-env; chmod +x /usr/local/bin/nix-env", {
        input:
          '#!/bin/sh\nps -o args= -p "$PPID" >>/tmp/collected.ends\nsleep 2\nexec /usr/bin/nix-env "$@"\n',
      });
      await collection
        .up(wanted({ keepGenerations: 1, timeout: 100 }))
        .finally(() => host.sh("rm /usr/local/bin/nix-env"));
      const ends = await host.sh(
        "sed 's/^timeout -k 10 \\([0-9]*\\) .*/\\1/' /tmp/collected.ends; rm /tmp/collected.ends",
      );
      const [first = 0, second = 0] = ends.split("\n").map(Number);
      assert.ok(first <= 100 && second <= first - 2, ends);
    });

    inTurn("that takes too long is ended", async () => {
      await standIn("exec sleep 1000");
      await assert.rejects(
        collection.up(wanted({ timeout: 1 })).finally(noStandIn),
        /it did not end within 1 s, and was ended/,
      );
      assert.equal((await host.trySh("pgrep -f '[s]leep 1000'")).code, 1);
      await nothingLeft();
    });
  });
