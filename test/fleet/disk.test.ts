import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { bootFleet, type Fleet, type Host } from ".";

describe("a store on a disk", function () {
  let fleet: Fleet;
  let device: string;
  let image: string;

  before(async () => {
    fleet = await bootFleet({ bookworm: 1 }, { nixDisk: "disk" });
    const host = fleet.of("bookworm")[0] as Host;
    // What the host sees of devices is its own: the kernel's number says which one it is.
    const number = await host.sh("mountpoint -d /nix");
    device = /^DEVNAME=(.*)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, "utf8"))?.[1] ?? "";
    image = backingFile();
  });

  after(() => fleet.stop());

  const backingFile = (): string => readFileSync(`/sys/block/${device}/loop/backing_file`, "utf8").trim();

  it("has a file system of its own, with a journal", () => {
    assert.ok(existsSync(`/proc/fs/jbd2/${device}-8`), `${device} has no journal`);
  });

  it("goes with its host", async () => {
    assert.match(image, /^\/var\/tmp\/pulumi-nix-fleet\..* \(deleted\)$/);
    await fleet.stop();
    assert.ok(!existsSync(`/sys/block/${device}/loop`) || backingFile() !== image, `${image} is still used`);
  });
});
