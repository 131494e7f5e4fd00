import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { factsOf, requireNix } from "../../provider/host/facts";
import { Hosts } from "../../provider/host/pool";
import { sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo } from "./fixtures/connect";

describe("the facts of a machine", () => {
  let bookworm: TestHost;
  let trixie: TestHost;
  let hosts: Hosts;

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    [bookworm, trixie] = [...fleet.bookworm, ...fleet.trixie] as [TestHost, TestHost];
  });

  beforeEach(() => {
    hosts = new Hosts();
  });

  afterEach(() => hosts.close());

  it("are those of the user who runs commands", async () => {
    const host = await hosts.get(connectionTo(bookworm, "deploy", { elevate: "sudo" }));
    const machineId = await bookworm.sh("cat /etc/machine-id");
    const own = await factsOf(host);
    const { nixVersion } = own;
    assert.match(nixVersion ?? "", /^2\.8\./);
    assert.deepEqual(own, {
      user: "deploy",
      uid: 2001,
      home: "/home/deploy",
      machineId,
      stateFolder: "/home/deploy/.local/state/pulumi-nix",
      nixVersion,
    });
    const root = await factsOf(host, "root");
    assert.deepEqual([root.user, root.uid, root.stateFolder], ["root", 0, "/var/lib/pulumi-nix"]);
  });

  it("have our folder in the same place whatever a session says of XDG_STATE_HOME", async () => {
    await bookworm.sh(
      "/usr/sbin/sshd -p 2225 -o SetEnv=XDG_STATE_HOME=/elsewhere -o PidFile=/run/sshd-2225.pid",
    );
    try {
      const host = await hosts.get(connectionTo(bookworm, "deploy", { port: 2225 }));
      assert.equal(
        (await host.run(["printenv", "XDG_STATE_HOME"], { doing: "testing" })).stdout,
        "/elsewhere\n",
      );
      assert.equal((await factsOf(host)).stateFolder, "/home/deploy/.local/state/pulumi-nix");
    } finally {
      await bookworm.sh("kill $(cat /run/sshd-2225.pid)");
    }
  });

  it("tell one version of Nix from another", async () => {
    assert.match((await requireNix(await hosts.get(connectionTo(trixie)))).nixVersion, /^2\.26\./);
  });

  it("are asked once", async () => {
    const host = await hosts.get(connectionTo(bookworm));
    const [one, two] = await Promise.all([factsOf(host), factsOf(host)]);
    assert.equal(one, two);
    assert.equal(one, await factsOf(host, "root"));
  });

  it("say that Nix is missing, and what to do", async () => {
    await bookworm.sh("mv /usr/bin/nix-store /usr/bin/nix-store.away");
    try {
      const missing = requireNix(await hosts.get(connectionTo(bookworm, "alice")));
      await assert.rejects(missing, (error) => {
        assert.ok(error instanceof RefusedError);
        return /^looking for Nix on alice@.* failed: Nix is not installed .*\nhint: install it/.test(
          error.message,
        );
      });
    } finally {
      await bookworm.sh("mv /usr/bin/nix-store.away /usr/bin/nix-store");
    }
  });
});
