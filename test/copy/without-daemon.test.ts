import assert from "node:assert/strict";
import fc from "fast-check";
import { closureCopy } from "../../provider/resources/closure-copy";
import { bootFleet, environment, setEnvironment, suites, type Fleet, type Host } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { describedHere, describedOn } from "./described";
import { built, randomClosure } from "./random-closure";

/** Always the same, of every kind of path. */
const closure = fc.sample(randomClosure, { seed: 1, numRuns: 3 }).flat();

describe("a copy to a machine without a Nix daemon", () => {
  let fleet: Fleet;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    fleet = await bootFleet({ bookworm: 1, trixie: 1 });
    const stop = "systemctl stop nix-daemon.socket nix-daemon.service; rm -r /nix/var/nix/daemon-socket";
    await Promise.all(fleet.hosts.map((host) => host.sh(stop)));
  });
  after(async () => {
    await fleet.stop();
    restoreEnvironment();
  });

  // The daemon trusts alice in nothing. The store that was root's becomes hers.
  for (const suite of suites)
    for (const user of ["root", "alice"] as const) {
      it(`to ${suite}, where the store is ${user}'s, arrives bit by bit and stays as long as it is asked for`, async () => {
        const host = fleet.of(suite)[0] as Host;
        await host.sh(`chown -R ${user} /nix`);
        const paths = await built(closure, `alone-${suite}-${user}-${process.pid}`);
        const inputs = { connection: host.connection({ user }), paths };
        const all = paths.join(" ");
        const managed = new Managed(untyped(closureCopy), `urn::alone-${suite}-${user}`);
        try {
          await managed.up(inputs);
          assert.match(managed.said.join("\n"), /copied \d+ of \d+ paths, /);
          assert.deepEqual(await describedOn(host, paths, user), await describedHere(paths));
          assert.equal(await host.sh(`find $(nix-store -qR ${all}) ! -user ${user}`, { user }), "");
          await host.sh("nix-collect-garbage", { user });
          assert.deepEqual(await managed.drift(inputs), []);
          await managed.destroy();
          await host.sh("nix-collect-garbage", { user });
          assert.equal((await host.trySh(`nix-store --check-validity ${all}`, { user })).code, 1);
        } finally {
          await managed.close();
        }
      });
    }
});
