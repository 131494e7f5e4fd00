import assert from "node:assert/strict";
import { ActivationError } from "../../provider/activation/activate";
import { PartialError } from "../../provider/errors";
import { profileActivation } from "../../provider/resources/profile-activation";
import { byTurns, type Host, linkShell, sharedFleet, shells, suites } from "../fleet";
import { Managed, untyped } from "./managed";
import { entryPoint, storePathOn } from "./store-path-on";

let made = 0;

for (const suite of suites) {
  describe(`a profile on ${suite} with ${shells[suite]}`, function () {
    const inTurn = byTurns(suite);
    let host: Host;
    let managed: Managed;
    let [name, link] = ["", ""];

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      await linkShell(host);
    });
    after(() => linkShell(host, "dash"));
    beforeEach(() => {
      made += 1;
      name = `profile${made}`;
      link = `/nix/var/nix/profiles/${name}`;
      managed = new Managed(untyped(profileActivation), `urn:${name}`);
    });
    afterEach(async () => {
      await managed.close();
      await host.sh(`rm -rf ${link}* /var/lib/pulumi-nix/profiles /tmp/active-${name}`);
    });

    const inputs = (path: string, more: object = {}): object => ({
      connection: host.connection(),
      profile: name,
      path,
      ...more,
    });
    const good = (version: string): Promise<string> =>
      storePathOn(
        host,
        `good-${version}`,
        entryPoint(
          `echo ${version} $PROFILE $PREVIOUS >> /tmp/active-${name}`,
          `echo undone >> /tmp/active-${name}`,
        ),
      );
    const bad = (): Promise<string> =>
      storePathOn(
        host,
        "bad",
        entryPoint(
          `echo bad >> /tmp/active-${name}; echo the reason; exit 3`,
          `echo undone bad >> /tmp/active-${name}`,
        ),
      );
    const generations = (): Promise<string> =>
      host.sh(`ls -d ${link}-*-link | sed 's/.*-\\([0-9]*\\)-link/\\1/' | sort -n | tr '\\n' ' '`);
    const log = async (): Promise<string[]> => (await host.sh(`cat /tmp/active-${name}`)).split("\n");

    inTurn("leads to the path, with its entry point run once", async () => {
      const path = await good("1");
      const state = await managed.up(inputs(path));
      assert.deepEqual([state["activePath"], state["generation"], state["previousPath"]], [path, 1, ""]);
      assert.deepEqual(await log(), [`1 ${link}`]);
      await managed.ensure(inputs(path));
      assert.deepEqual(await log(), [`1 ${link}`]);
      assert.deepEqual(await managed.drift(inputs(path)), []);
    });

    inTurn("goes back to a path by the generation that has it", async () => {
      const [one, two] = [await good("1"), await good("2")];
      await managed.up(inputs(one));
      await managed.up(inputs(two));
      const state = await managed.up(inputs(one));
      assert.deepEqual([state["generation"], state["previousPath"]], [1, two]);
      assert.equal((await generations()).trim(), "1 2");
      assert.deepEqual(await log(), [`1 ${link}`, `2 ${link} ${one}`, `1 ${link} ${two}`]);
    });

    inTurn(
      "whose activation fails is back where it was, and what was active is activated again",
      async () => {
        const [one, two] = [await good("1"), await bad()];
        await managed.up(inputs(one));
        await assert.rejects(managed.up(inputs(two)), (error: unknown) => {
          assert.ok(error instanceof ActivationError);
          assert.match(
            error.message,
            new RegExp(`^activating ${two} on .* failed: bin/pulumi-nix-activate ended with exit code 3\\n`),
          );
          assert.match(error.message, /the reason/);
          assert.match(error.message, new RegExp(`it is running ${one} now`));
          return true;
        });
        assert.equal(await host.sh(`readlink -f ${link}`), one);
        assert.equal((await generations()).trim(), "1");
        assert.deepEqual(await log(), [`1 ${link}`, "bad", `1 ${link} ${one}`]);
        assert.deepEqual(await managed.drift(inputs(one)), []);
      },
    );

    inTurn("whose activation hangs is ended in time, and back where it was", async () => {
      const one = await good("1");
      const hangs = await storePathOn(
        host,
        "hangs",
        entryPoint(`echo hangs >> /tmp/active-${name}; exec sleep 1000`),
      );
      await managed.up(inputs(one));
      await assert.rejects(
        managed.up(inputs(hangs, { timeout: 2 })),
        /did not end within 2 s, and was ended/,
      );
      assert.equal(await host.sh(`readlink -f ${link}`), one);
      assert.deepEqual(await log(), [`1 ${link}`, "hangs", `1 ${link} ${one}`]);
      assert.equal((await host.trySh("pgrep -fx 'sleep 1000'")).code, 1);
    });

    inTurn("whose way back takes longer than its activation may is put back all the same", async () => {
      const slow = await storePathOn(
        host,
        "slow-back",
        entryPoint(`[ ! -e /tmp/active-${name} ] || sleep 3; echo slow >> /tmp/active-${name}`),
      );
      await managed.up(inputs(slow));
      await assert.rejects(managed.up(inputs(await bad(), { timeout: 2 })), /^the machine is as before: /m);
      assert.deepEqual(await log(), ["slow", "bad", "slow"]);
    });

    inTurn(
      "whose first activation fails is not there, and was undone by the path's own program",
      async () => {
        await assert.rejects(managed.up(inputs(await bad())), /nothing is active there now/);
        assert.equal(await host.sh(`ls -d ${link}* 2>/dev/null || echo none`), "none");
        assert.deepEqual(await log(), ["bad", "undone bad"]);
      },
    );

    inTurn(
      "whose first activation fails and has no program that undoes it says that there is nothing to go back to",
      async () => {
        const path = await storePathOn(host, "no-way-back", entryPoint("exit 3"));
        await assert.rejects(managed.up(inputs(path)), (error: unknown) => {
          assert.ok(error instanceof PartialError);
          assert.match(
            error.message,
            /the machine was changed: nothing was active before, and there is no program bin\/pulumi-nix-deactivate in /,
          );
          return true;
        });
        assert.equal(await host.sh(`ls -d ${link}* 2>/dev/null || echo none`), "none");
      },
    );

    inTurn("whose first activation is refused leaves nothing of ours", async () => {
      const missing = `/nix/store/${"0".repeat(32)}-missing`;
      await assert.rejects(managed.up(inputs(missing)), /it is not in the Nix store there/);
      assert.equal(await host.sh(`ls -d /var/lib/pulumi-nix/profiles/${name}-* 2>/dev/null || true`), "");
    });

    inTurn("leaves nothing behind but the record of its activation", async () => {
      await managed.up(inputs(await good("1")));
      // It clears up behind its end, which is told before.
      await host.until("[ -z \"$(systemctl list-units --all --no-legend 'pulumi-nix-*')\" ]");
      const ours = `find /var/lib/pulumi-nix/profiles/${name}-* /var/lib/pulumi-nix/lock /etc/systemd/system.control`;
      assert.deepEqual(
        (await host.sh(`${ours} -type f 2>/dev/null | sed 's|.*/||' | sort || true`)).split("\n"),
        ["active", "log", "original", "owner", "record"],
      );
    });

    inTurn("that cannot be put back is told with what is there", async () => {
      const one = await storePathOn(
        host,
        "once",
        entryPoint(`[ ! -e /tmp/active-${name} ] && echo once > /tmp/active-${name}`),
      );
      await managed.up(inputs(one));
      await assert.rejects(managed.up(inputs(await bad())), (error: unknown) => {
        assert.ok(error instanceof PartialError);
        assert.match(
          error.message,
          new RegExp(
            `the machine was changed: putting back ${one} failed too: .* exit code 1; what runs there now is not known`,
          ),
        );
        assert.equal((error.state as Record<string, unknown>)["activePath"], "");
        return true;
      });
      // The next update goes on from there.
      const two = await good("2");
      assert.equal((await managed.ensure(inputs(two)))["activePath"], two);
    });

    inTurn("that was changed by hand shows where it leads", async () => {
      const [one, two] = [await good("1"), await good("2")];
      await managed.up(inputs(one));
      await host.sh(`nix-env --profile ${link} --set ${two}`);
      assert.deepEqual(await managed.drift(inputs(one)), ["path"]);
      assert.match(String((await managed.read())?.["path"]), new RegExp(`^not activated: ${two}$`));
      await host.sh(`rm ${link} ${link}-*-link`);
      assert.deepEqual(await managed.drift(inputs(one)), ["gone"]);
    });

    inTurn("keeps so many generations", async () => {
      for (const version of ["1", "2", "3", "4"])
        await managed.up(inputs(await good(version), { keepGenerations: 2 }));
      assert.equal((await generations()).trim(), "3 4");
    });

    inTurn(
      "keeps so many generations and those of the last days, and the systems that run and were booted",
      async () => {
        const paths: string[] = [];
        for (const [index, age] of [90, 80, 50, 40, 1].entries()) {
          paths.push(await good(String(index)));
          await managed.up(inputs(String(paths.at(-1))));
          await host.sh(`touch -h -d "@$(($(date +%s) - ${age} * 86400))" ${link}-${index + 1}-link`);
        }
        await host.sh(`ln -s ${paths[0]} /run/booted-system; ln -s ${paths[1]} /run/current-system`);
        await managed.up(inputs(await good("5"), { keepGenerations: 2, keepNewerThan: "2d" }));
        await host.sh("rm /run/booted-system /run/current-system");
        assert.equal((await generations()).trim(), "1 2 4 5 6");
        await managed.up(inputs(await good("6"), { keepNewerThan: "30d" }));
        assert.equal((await generations()).trim(), "4 5 6 7");
      },
    );

    inTurn("keeps what it may have to be led back to, however few generations stay", async () => {
      const paths: string[] = [];
      for (const version of ["1", "2", "3", "4"]) paths.push(await good(version));
      await host.sh(`nix-env --profile ${link} --set ${paths[0]}`);
      const rolledBack = { onDestroy: "rollback", keepGenerations: 1 };
      for (const path of paths.slice(1)) await managed.up(inputs(path, rolledBack));
      assert.equal((await generations()).trim(), "1 3 4");
      await managed.destroy();
      assert.equal(await host.sh(`readlink ${link}`), `${name}-1-link`);
    });

    inTurn("is left, rolled back or removed when the resource goes", async () => {
      const [one, two] = [await good("1"), await good("2")];
      await managed.up(inputs(one));
      await managed.destroy();
      assert.equal(await host.sh(`readlink -f ${link}`), one);
      await managed.ensure(inputs(two, { onDestroy: "rollback" }));
      await managed.destroy();
      assert.equal(await host.sh(`readlink -f ${link}`), one);
      await managed.ensure(inputs(two, { onDestroy: "remove" }));
      await managed.destroy();
      assert.equal(await host.sh(`ls -d ${link}* 2>/dev/null || echo none`), "none");
      assert.equal((await log()).at(-1), "undone");
    });

    inTurn("is not mixed up with one whose name goes on after a dash", async () => {
      const other = new Managed(untyped(profileActivation), `urn:other-${name}`);
      const [one, two] = [await good("1"), await good("2")];
      await other.up(inputs(two, { profile: `${name}-other` }));
      const state = await managed.up(inputs(two, { onDestroy: "remove", keepGenerations: 1 }));
      assert.equal(state["generation"], 1);
      assert.equal(
        (await managed.up(inputs(one, { onDestroy: "remove", keepGenerations: 1 })))["generation"],
        2,
      );
      await managed.destroy();
      await other.close();
      assert.equal(await host.sh(`readlink -f ${link}-other`), two);
    });

    inTurn("that another resource activated since is left alone", async () => {
      const other = new Managed(untyped(profileActivation), `urn:other-${name}`);
      const [one, two] = [await good("1"), await good("2")];
      await managed.up(inputs(one, { onDestroy: "remove" }));
      await other.up(inputs(two));
      await managed.destroy();
      await other.close();
      assert.equal(await host.sh(`readlink -f ${link}`), two);
      assert.match(managed.said.join("\n"), /warning: .*was activated by another resource since/);
    });

    inTurn("of a user is that user's, and its entry point runs as that user", async () => {
      const path = await storePathOn(
        host,
        "mine",
        entryPoint(`id -un > /tmp/active-${name}; echo $HOME >> /tmp/active-${name}`),
      );
      const login = {
        connection: { ...host.connection({ user: "deploy" }), elevate: "sudo" },
        user: "alice",
      };
      const state = await managed.up(inputs(path, login));
      assert.equal(state["activePath"], path);
      assert.deepEqual(await log(), ["alice", "/home/alice"]);
      const own = `/home/alice/.local/state/nix/profiles/${name}`;
      assert.equal(await host.sh(`readlink -f ${own}; stat -c %U ${own}`), `${path}\nalice`);
      await host.sh(`rm -rf ${own}* /home/alice/.local/state/pulumi-nix`);
    });
  });
}
