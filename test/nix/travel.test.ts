import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { closureHere, rememberContents } from "../../provider/nix/contents";
import { tellTravel, type TravelRequest } from "../../provider/nix/travel";
import type { StorePath } from "../../provider/values";
import { bring } from "../examples/nixos-system";
import { environment, run, setEnvironment, sharedFleet, type Host as TestHost } from "../fleet";
import { output } from "../fleet/script";
import { withInodes } from "./with-inodes";

describe("what a copy would send", () => {
  let machine: TestHost;
  let hosts: Hosts;
  let controller: Host;
  let restoreEnvironment: () => void;
  let dialled = 0;
  let ran: string[] = [];
  const salt = `travel-${process.pid}`;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    machine = (await sharedFleet({ trixie: 1 })).trixie[0] as TestHost;
    hosts = new Hosts();
    controller = counting(await hosts.get(connectionSchema.parse({ local: true })));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });
  beforeEach(() => ([dialled, ran] = [0, []]));

  const counting = (inner: Host): Host => ({
    name: inner.name,
    user: inner.user,
    canElevate: inner.canElevate,
    run: (argv, options) => {
      ran.push(options.doing);
      return inner.run(argv, options);
    },
    open: (argv, options) => inner.open(argv, options),
  });
  /** A closure of a base of 1 MiB that all share, and two small paths. */
  const build = async (name: string): Promise<StorePath> => {
    const expression = `let b = name: args: extra: derivation ({ inherit name args; system = builtins.currentSystem; builder = "/bin/sh"; } // extra);
      base = b "${salt}-base" [ "-c" "/bin/busybox head -c 1048576 /dev/zero > $out || head -c 1048576 /dev/zero > $out" ] { PATH = "/usr/bin:/bin"; };
      lib = b "${salt}-lib-${name}" [ "-c" "echo ${name} $base > $out" ] { inherit base; };
    in b "${salt}-${name}" [ "-c" "echo $lib > $out" ] { inherit lib; }`;
    const command = [
      "env",
      `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`,
      "nix-build",
      "--no-out-link",
      "-E",
      expression,
    ];
    return output("nix-build", await run(command)) as StorePath;
  };
  const told = (paths: StorePath[], more: Partial<TravelRequest> = {}): ReturnType<typeof tellTravel> =>
    tellTravel({
      closureOf: (path) => closureHere(controller, path),
      host: async () => {
        dialled += 1;
        return counting(await hosts.get(connectionSchema.parse(machine.connection())));
      },
      name: machine.address,
      as: undefined,
      paths,
      spare: 0,
      collect: false,
      ...more,
    });
  const tell = async (...paths: StorePath[]): Promise<string> =>
    (await told(paths)).map(({ text }) => text).join("\n");

  it("is what the machine lacks of the closure, asked in one command", async () => {
    const [one, two] = [await build("one"), await build("two")];
    assert.equal(await tell(one), `would copy 3 of 3 paths, 1.0 MiB, to ${machine.address}`);
    assert.equal(ran.length, 2, ran.join("\n"));
    await bring(machine, one);
    assert.equal(await tell(one, two), `would copy 2 of 5 paths, 0.0 MiB, to ${machine.address}`);
    assert.equal(await tell(one), `would copy nothing: all 3 paths are on ${machine.address} already`);
  });

  it("is not known of what is not here, and then nobody is dialled", async () => {
    const nowhere = `/nix/store/${"0".repeat(32)}-nowhere` as StorePath;
    assert.equal(
      await tell(nowhere),
      `how much would be copied to ${machine.address} is known when nowhere is here`,
    );
    assert.equal(dialled, 0);
  });

  it("is warned of when there is no room for it", async () => {
    const path = await build("six");
    await machine.sh("nix-collect-garbage");
    await machine.fillDisk("nix", 512);
    try {
      const [first, second] = await told([path]);
      assert.match(first?.text ?? "", /^would copy 3 of 3 paths, 1\.0 MiB, to \S+$/);
      assert.equal(second?.severity, "warning");
      assert.match(
        second.text,
        /^the copy to \S+ would fail: there is no room: 1\.0 MiB are needed, and 0\.5 MiB are free where the store is$/,
      );
      assert.equal(ran.length, 2, ran.join("\n"));
      const [, collected] = await told([path], { collect: true });
      assert.equal(collected?.severity, "info");
      assert.match(collected.text, /^garbage would be collected on \S+ first: there is no room: /);
      assert.equal((await told([path], { spare: undefined })).length, 1);
    } finally {
      await machine.freeDisk("nix");
    }
    assert.equal((await told([path], { spare: 2 ** 20 })).length, 1);
    await withInodes(machine, 2, async () => {
      assert.match(
        (await told([path]))[1]?.text ?? "",
        /^the copy to \S+ would fail: there is no room: at least 3 inodes are needed, and 2 are free where the store is$/,
      );
    });
    assert.match(
      (await told([path], { spare: 2 ** 40 }))[1]?.text ?? "",
      /and 1024\.0 GiB have to stay free \(freeSpace\)/,
    );
  });

  it("is found out for all builds of a run by one process here", async () => {
    const builds = [await build("three"), await build("four"), await build("five")];
    for (const path of builds) rememberContents(path, { packages: {}, closureSize: 0 });
    for (const path of builds) await tell(path);
    assert.equal(ran.filter((doing) => doing.startsWith("reading what")).length, 1, ran.join("\n"));
  });
});
