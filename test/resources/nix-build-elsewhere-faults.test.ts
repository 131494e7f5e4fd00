import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InterruptedError, RefusedError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import { nixBuild } from "../../provider/resources/nix-build";
import { environment, setEnvironment, sharedFleet, type Host } from "../fleet";
import { freshBuild, markOf } from "./built-elsewhere";
import { Managed, untyped } from "./managed";

describe("a build on a machine that is not at its best", () => {
  let hosts: Hosts;
  let folder: string;
  let restoreEnvironment: () => void;
  let builder: Host;
  let managed: Managed;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-elsewhere-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder });
    hosts = new Hosts();
    builder = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    managed = new Managed(untyped(nixBuild), `urn::faults-${process.pid}`);
  });
  afterEach(() => managed.close());

  it("is built on a machine that allows one session a connection", async () => {
    const only = "/etc/ssh/sshd_config.d/one-session.conf";
    await builder.sh(`echo 'MaxSessions 1' >${only}; systemctl restart ssh`);
    try {
      const build = await freshBuild(hosts);
      const wanted = { ...build, buildOn: builder.connection() };
      await managed.up(wanted);
      assert.deepEqual(await managed.drift(wanted), []);
      await managed.destroy();
    } finally {
      await builder.sh(`rm ${only}; systemctl restart ssh`);
    }
  });

  it("needs Nix on that machine", async () => {
    const build = await freshBuild(hosts);
    await builder.sh("for name in nix nix-store; do mv /usr/bin/$name /usr/bin/$name.away; done");
    try {
      const refused = managed.up({ ...build, buildOn: builder.connection() });
      await assert.rejects(refused, (error: Error) => {
        assert.ok(error instanceof RefusedError);
        assert.match(
          error.message,
          new RegExp(`^looking for Nix on ${builder.address} failed: Nix is not installed`),
        );
        return true;
      });
    } finally {
      await builder.sh("for name in nix nix-store; do mv /usr/bin/$name.away /usr/bin/$name; done");
    }
    managed.state = undefined;
  });

  for (const user of ["root", "deploy"] as const) {
    it(`is ended there when the connection of ${user} is lost, and leaves the state as it was`, async () => {
      const first = await freshBuild(hosts);
      const relay = await builder.delay(0);
      const buildOn = {
        ...builder.connection({ user }),
        host: relay.host,
        port: relay.port,
        dialErrorLimit: 1,
      };
      const state = await managed.up({ ...first, buildOn });
      const second = await freshBuild(hosts, { script: "sleep 4321" });
      const lost = assert.rejects(managed.up({ ...second, buildOn }), InterruptedError);
      const ending = (pattern: string): Promise<string> =>
        builder.sh(`while pgrep -f '^${pattern}' >/dev/null; do sleep 0.1; done`);
      await builder.sh("until pgrep -f '^sleep 4321' >/dev/null; do sleep 0.1; done");
      await relay.close();
      await lost;
      await ending("sleep 4321");
      await ending("nix-store --(serve|realise)");
      assert.equal(managed.state, state);
      const libraries = `ls /nix/store | grep -- '-library-${markOf(second)}$'`;
      assert.match(await builder.sh(libraries), /library/);
      // The relay is gone for good: what it was the way to is taken away by the straight one.
      await builder.sh("rm -rf /var/lib/pulumi-nix/roots /home/deploy/.local/state/pulumi-nix/roots");
      managed.state = undefined;
    });
  }
});
