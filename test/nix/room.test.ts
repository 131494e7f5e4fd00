import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import { RefusedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { freeRoom, requireRoom, roomFor, shortageOf } from "../../provider/nix/room";
import { storePathOn } from "../resources/store-path-on";
import { withInodes } from "./with-inodes";
import { sharedFleet, type Host as TestHost, type Suite } from "../fleet";

const mebibyte = 2 ** 20;

describe("the room that paths take", () => {
  it("is whole blocks, and what a path takes besides its bytes", () => {
    assert.equal(roomFor([]), 0);
    assert.equal(roomFor([{ narSize: 1 }]), 3 * 4096);
    assert.equal(roomFor([{ narSize: 4097 }, { narSize: 120 }]), 7 * 4096);
  });

  it("is short only when there is something to copy", () => {
    const room = { bytes: 3 * 4096, inodes: Infinity };
    assert.equal(shortageOf([], 2 ** 40, { bytes: 0, inodes: 0 }), undefined);
    assert.equal(shortageOf([{ narSize: 1 }], 0, room), undefined);
    assert.match(shortageOf([{ narSize: 1 }], 1, room) ?? "", /^there is no room: 0\.0 MiB are needed and /);
  });

  it("is of inodes too", () => {
    assert.equal(shortageOf([{ narSize: 1 }], 0, { bytes: 2 ** 20, inodes: 1 }), undefined);
    assert.equal(
      shortageOf([{ narSize: 1 }, { narSize: 1 }], 0, { bytes: 2 ** 20, inodes: 1 }),
      "there is no room: at least 2 inodes are needed, and 1 are free where the store is",
    );
    assert.equal(
      shortageOf([{ narSize: 1 }], 0, { bytes: 0, inodes: 0 }),
      "there is no room: 0.0 MiB are needed, and 0.0 MiB are free; at least 1 inodes are needed, and 0 are free where the store is",
    );
  });
});

for (const suite of ["bookworm", "trixie"] satisfies Suite[])
  describe(`the room for a copy on ${suite}`, function () {
    const hosts = new Hosts();
    let machine: TestHost;
    let host: Host;
    let made = 0;

    before(async () => {
      machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
      host = await hosts.get(connectionSchema.parse(machine.connection()));
    });
    afterEach(() => machine.undoFaults());
    after(() => hosts.close());

    const five = [{ narSize: 5 * mebibyte }];
    const request = { as: undefined, spare: 0, collect: false };
    const garbage = (): Promise<string> =>
      storePathOn(machine, `garbage-${++made}`, `head -c ${2 * mebibyte} /dev/urandom >$out`);
    const isThere = async (one: string): Promise<boolean> =>
      (await machine.trySh(`nix-store --check-validity ${one}`)).code === 0;

    it("is what the disk of the store says", async () => {
      await machine.fillDisk("nix", 3072);
      assert.equal((await freeRoom(host, undefined)).bytes, 3 * mebibyte);
    });

    it("lets a copy go on that fits, with what has to stay free", async () => {
      await machine.fillDisk("nix", 7 * 1024);
      assert.equal(await requireRoom({ ...request, host, spare: mebibyte })(five), five);
      assert.deepEqual(await requireRoom({ ...request, host, spare: 2 ** 40 })([]), []);
    });

    it("ends one that does not, with the figures and the ways out", async () => {
      await machine.fillDisk("nix", 3072);
      await assert.rejects(requireRoom({ ...request, host })(five), (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        assert.match(
          error.message,
          /^copying 1 path on \S+ failed: there is no room: 5\.0 MiB are needed, and 3\.0 MiB are free where the store is\nhint: collectGarbage: true collects/,
        );
        return true;
      });
      await machine.freeDisk("nix");
      await machine.fillDisk("nix", 7 * 1024);
      await assert.rejects(
        requireRoom({ ...request, host, spare: 3 * mebibyte })(five),
        /5\.0 MiB are needed and 3\.0 MiB have to stay free \(freeSpace\), and 7\.0 MiB are free/,
      );
    });

    it("is of inodes too, which may be fewer than the bytes have room for", async () => {
      assert.ok((await freeRoom(host, undefined)).inodes > 1000);
      await machine.sh("nix-store --gc");
      const unused = await garbage();
      await withInodes(machine, 3, async () => {
        assert.equal((await freeRoom(host, undefined)).inodes, 3);
        const four = [...five, ...five, ...five, ...five];
        assert.equal(await requireRoom({ ...request, host })(five), five);
        await assert.rejects(
          requireRoom({ ...request, host })(four),
          /^RefusedError: copying 4 paths on \S+ failed: there is no room: at least 4 inodes are needed, and 3 are free where the store is\nhint: collectGarbage/,
        );
        assert.equal(await isThere(unused), true);
        assert.equal(await requireRoom({ ...request, host, collect: true })(four), four);
        assert.equal(await isThere(unused), false);
      });
    });

    it("has no limit of inodes where the file system has none", async () => {
      await machine.sh("mkdir -p /run/no-limit && mount -t tmpfs -o nr_inodes=0 none /run/no-limit");
      await machine.sh("mkdir /run/no-limit/store && mount --bind /run/no-limit /nix");
      try {
        assert.equal((await freeRoom(host, undefined)).inodes, Infinity);
      } finally {
        await machine.sh("umount /nix && umount /run/no-limit");
      }
    });

    it("is made by collecting as much as is needed", async () => {
      await machine.sh("nix-store --gc");
      const unused = [];
      for (let count = 0; count < 5; count++) unused.push(await garbage());
      await machine.fillDisk("nix", 1024);
      await requireRoom({ ...request, host, collect: true })(five);
      const left = (await Promise.all(unused.map(isThere))).filter((one) => one).length;
      assert.ok(left >= 1 && left < 5, String(left));
    });

    it("that collecting does not make is told with what went", async () => {
      await machine.sh("nix-store --gc");
      const unused = await garbage();
      await machine.fillDisk("nix", 1024);
      await assert.rejects(requireRoom({ ...request, host, collect: true })(five), (error: unknown) => {
        assert.ok(error instanceof RefusedError);
        const lines = error.message.split("\n");
        assert.match(lines[0] ?? "", /5\.0 MiB are needed, and 3\.\d MiB are free/);
        assert.match(
          lines[1] ?? "",
          /^the machine was changed: \d+ paths that nothing led to were collected/,
        );
        assert.match(lines[2] ?? "", /^hint: all else there is led to by roots/);
        return true;
      });
      assert.equal(await isThere(unused), false);
    });
  });
