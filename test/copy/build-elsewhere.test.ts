import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { buildElsewhere } from "../../provider/copy/build-elsewhere";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure, type CopyReport } from "../../provider/copy/copy";
import { RefusedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { realise } from "../../provider/nix/realise";
import type { StorePath } from "../../provider/values";
import { connectionTo, runs, until } from "../host/fixtures/connect";
import { withSessions } from "../host/fixtures/narrow";
import { environment, setEnvironment, sharedFleet, type Host as TestHost } from "../fleet";
import { freshBuild, isValidOn, type Made } from "../resources/built-elsewhere";

/** A host on which something is done before each build; it counts the builds that go on at a time. */
class Building implements Host {
  most = 0;
  private running = 0;

  constructor(
    private readonly inner: Host,
    private readonly before: () => Promise<unknown> = () => Promise.resolve(),
  ) {}
  get name(): string {
    return this.inner.name;
  }
  get user(): string {
    return this.inner.user;
  }
  get canElevate(): boolean {
    return this.inner.canElevate;
  }
  open: Host["open"] = (argv, options) => this.inner.open(argv, options);
  run: Host["run"] = async (argv, options) => {
    if (!argv.includes("--realise")) return this.inner.run(argv, options);
    this.most = Math.max(this.most, (this.running += 1));
    await this.before();
    return this.inner.run(argv, options).finally(() => (this.running -= 1));
  };
}

describe("building on another machine", () => {
  let hosts: Hosts;
  let controller: Host;
  let target: Host;
  let machine: TestHost;
  let folder: string;
  let restoreEnvironment: () => void;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-elsewhere-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
    machine = (await sharedFleet({ trixie: 1 })).trixie[0] as TestHost;
    target = await hosts.get(connectionSchema.parse(machine.connection()));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });

  afterEach(() => machine.undoFaults());

  const build = async (host: Host, made: Made = {}): Promise<StorePath> => {
    const { drvPath, outPath } = await freshBuild(hosts, made);
    const options = { as: undefined };
    await buildElsewhere({
      controller,
      host,
      drvPath: drvPath as StorePath,
      options,
      onProgress: () => undefined,
    });
    return outPath as StorePath;
  };

  const copy = (from: Host, to: Host, path: StorePath): Promise<CopyReport> =>
    copyClosure({
      source: storeSource(from),
      target: { host: to, as: undefined },
      paths: [path],
      root: () => Promise.resolve(),
    });

  it("protects what was sent until it is built", async () => {
    const collecting = new Building(target, () => machine.sh("nix-store --gc"));
    const path = await build(collecting);
    assert.equal(await isValidOn(machine, path), true);
    // What was protected is the collector's when it is built.
    await machine.sh("nix-store --gc --option keep-derivations false");
    assert.equal(await machine.sh("ls /nix/store | grep -c -- -library- || true"), "0");
  });

  it("goes on in a few builds at a time, so that the connection has room for others", async () => {
    const counting = new Building(target);
    const paths = await Promise.all(Array.from({ length: 7 }, () => build(counting)));
    assert.equal(counting.most, 2);
    for (const path of paths) assert.equal(await isValidOn(machine, path), true);
  });

  it("holds up no copy to that machine", async () => {
    const [other, waiting] = [
      await freshBuild(hosts),
      build(target, { script: "until test -e /run/go; do sleep 0.1; done" }),
    ];
    await machine.sh("until pgrep -f '^sleep 0.1' >/dev/null; do sleep 0.1; done");
    await copy(controller, target, other.drvPath as StorePath);
    await machine.sh("touch /run/go");
    assert.equal(await isValidOn(machine, await waiting), true);
    await machine.sh("rm /run/go");
  });

  for (const sessions of [1, 2, 3]) {
    it(`goes on beside others and copies both ways with ${sessions} sessions a connection`, async () => {
      const elsewhere = new Hosts();
      await withSessions(machine, sessions, async (port) => {
        const narrow = await elsewhere.get(connectionTo(machine, "root", { port }));
        const copied = await build(narrow);
        const script = "until test -e /run/go; do sleep 0.1; done";
        const building = Promise.all([build(narrow, { script }), build(narrow, { script })]);
        building.catch(() => undefined);
        try {
          await until(() => runs(machine, "sleep 0.1"));
          await Promise.all([
            copy(narrow, controller, copied),
            copy(controller, narrow, (await freshBuild(hosts)).drvPath as StorePath),
          ]);
        } finally {
          await machine.sh("touch /run/go");
        }
        for (const path of await building) assert.equal(await isValidOn(machine, path), true);
      }).finally(() => elsewhere.close());
      await machine.sh("rm /run/go");
    });
  }

  it("sends nothing to a machine that has no room for it", async () => {
    const arrived = (): Promise<string> => machine.sh("ls /nix/store | wc -l");
    const before = await arrived();
    const text = `toString (builtins.genList (number: number + ${process.pid}) 400000)`;
    await machine.fillDisk("nix", 1024);
    await assert.rejects(
      build(target, { more: `big = builtins.toFile "big" (${text});` }),
      (error: unknown) => {
        assert.ok(error instanceof RefusedError, String(error));
        assert.match(error.message, /^copying \d paths on \S+ failed: there is no room: /);
        assert.doesNotMatch(error.message, /collectGarbage|freeSpace/);
        return true;
      },
    );
    assert.equal(await arrived(), before);
  });

  it("sends nothing to a daemon that would refuse some of it", async () => {
    const alice = await hosts.get(connectionSchema.parse(machine.connection({ user: "alice" })));
    const used = await freshBuild(hosts);
    await realise(controller, used.drvPath as StorePath);
    await assert.rejects(
      build(alice, { more: `used = builtins.storePath ${used.outPath};` }),
      /does not trust the login "alice", and 2 of them lack a signature .*\nthe machine is as before: nothing was sent/,
    );
  });

  it("leaves no session open when the derivation is not here", async () => {
    const drvPath = `/nix/store/${"0".repeat(32)}-nowhere.drv` as StorePath;
    const onProgress = (): void => undefined;
    const options = { as: undefined };
    await assert.rejects(
      buildElsewhere({ controller, host: target, drvPath, options, onProgress }),
      /on this machine failed/,
    );
    await machine.sh("while pgrep -f '^nix-store --serve' >/dev/null; do sleep 0.1; done");
  });
});
