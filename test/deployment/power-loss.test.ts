import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { profileActivation } from "../../provider/resources/profile-activation";
import { bootFleet, byTurns, type Fleet, type Host, suites, type User } from "../fleet";
import { run } from "../fleet/script";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";

const places = {
  root: { home: "/root", state: "/var/lib/pulumi-nix", control: "/etc/systemd/system.control" },
  alice: {
    home: "/home/alice",
    state: "/home/alice/.local/state/pulumi-nix",
    control: "/home/alice/.config/systemd/user.control",
  },
} as const;

for (const suite of suites) {
  describe(`a deployment that a power loss cuts off, on ${suite}`, function () {
    const inTurn = byTurns(suite);
    let fleet: Fleet;
    let host: Host;
    let managed: Managed;

    before(async () => {
      fleet = await bootFleet({ [suite]: 1 });
      host = fleet.hosts[0] as Host;
    });
    after(() => fleet.stop());
    beforeEach(() => {
      managed = new Managed(untyped(profileActivation), `urn:${suite}`);
    });
    afterEach(async () => {
      await managed.close();
      await host.undoFaults();
      for (const { home, state } of Object.values(places)) await host.sh(`rm -rf ${home}/active ${state}`);
      await host.sh("rm -f /nix/var/nix/profiles/app* /home/alice/.local/state/nix/profiles/app*");
    });

    const inputs = (user: "root" | "alice", path: string): object => ({
      connection: host.connection({ user: user as User }),
      profile: "app",
      path,
      confirm: { timeout: 30, attempts: 2 },
    });
    const version = (text: string, more = ""): Promise<string> =>
      storePathOn(host, text, entryPoint(`echo ${text} >~/active; sync; ${more}`, "rm ~/active"));
    const active = (user: "root" | "alice"): Promise<string> => host.sh(`cat ${places[user].home}/active`);
    const inPhase = (user: "root" | "alice", phase: string): Promise<void> =>
      host.until(`grep -h '^phase' ${places[user].state}/profiles/*/deployments/*/record | grep ${phase}$`);
    const hasCleared = async (user: "root" | "alice"): Promise<void> => {
      const { state, control } = places[user];
      const left = `${control} ${state}/lock ${state}/profiles/*/deployments/*/program`;
      // It does so behind its end, which is told before.
      await host.until(`[ -z "$(ls -d ${left})" ]`);
    };

    /** Holds a lock from outside of the host, so that the power loss itself does not set it free. */
    const locked = async (file: string): Promise<() => void> => {
      const holder = spawn("flock", ["--no-fork", host.path(file), "sleep", "1000"]);
      while ((await run(["flock", "--nonblock", host.path(file), "true"])).code === 0) await delay(50);
      return () => holder.kill("SIGKILL");
    };

    for (const user of ["root", "alice"] as const) {
      inTurn(`while it is activating is taken back by the boot itself (${user})`, async () => {
        const old = await version("old");
        await managed.up(inputs(user, old));
        const going = managed.up(inputs(user, await version("new", "sleep 1000")));
        // Nobody is there that could help.
        going.catch(() => undefined);
        await host.until(`grep -x new ${places[user].home}/active`);
        await managed.close();
        await going.catch(() => undefined);
        await host.powerLoss();
        await host.boot();
        await host.until(`grep -x old ${places[user].home}/active`);
        const records = `${places[user].state}/profiles/*/deployments/*/record`;
        await host.until(`[ $(grep -h '^ended' ${records} | wc -l) = 2 ]`);
        assert.equal(await host.sh(`grep -h '^outcome restored' ${records}`), "outcome restored");
        await hasCleared(user);
      });
    }

    inTurn("while it waits to be confirmed is taken back, and the one who asked is told", async () => {
      const old = await version("old");
      await managed.up(inputs("root", old));
      const deaf = await version("new", "systemctl stop ssh.socket ssh.service");
      await host.sh(`rm -r ${places.root.state}/profiles/*/deployments`);
      const going = assert.rejects(managed.up(inputs("root", deaf)), /cut off while it was waiting\n/);
      await inPhase("root", "waiting");
      await host.powerLoss();
      await host.boot();
      await going;
      assert.equal(await active("root"), "old");
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/app"), old);
      await hasCleared("root");
    });

    inTurn("while it is committing is finished", async () => {
      const path = await version("new");
      await managed.up(inputs("root", path));
      await managed.up(inputs("root", await version("old")));
      await host.sh(`rm -r ${places.root.state}/profiles/*/deployments`);
      // Going back to a generation waits for this.
      const letGo = await locked("/nix/var/nix/profiles/app.lock");
      const going = managed.up(inputs("root", path));
      await inPhase("root", "committing");
      assert.notEqual(await host.sh("readlink -f /nix/var/nix/profiles/app"), path);
      await host.powerLoss();
      letGo();
      await host.boot();
      assert.equal((await going)["activePath"], path);
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/app"), path);
      await hasCleared("root");
    });

    inTurn("while it clears up behind itself is over all the same", async () => {
      const path = await version("new", "while ! [ -e ~/go ]; do sleep 0.1; done");
      const going = managed.up(inputs("root", path));
      await inPhase("root", "activating");
      const letGo = await locked(places.root.state);
      await host.sh("touch /root/go");
      const record = `${places.root.state}/profiles/*/deployments/*/record`;
      await host.until(`grep '^outcome done' ${record}`);
      await host.powerLoss();
      letGo();
      await host.boot();
      assert.equal((await going)["activePath"], path);
      await hasCleared("root");
    });
  });
}
