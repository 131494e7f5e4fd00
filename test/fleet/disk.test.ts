import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { bootFleet, type Fleet, type Host } from ".";

const hasLoops = existsSync("/dev/loop-control");

describe("a store on a disk", function () {
  let fleet: Fleet | undefined;

  after(() => fleet?.stop());

  it("has a file system with a journal, which goes with its host; without loop devices it is refused", async () => {
    const booting = bootFleet({ bookworm: 1 }, { nixDisk: "disk" });
    if (!hasLoops) return assert.rejects(booting, /needs loop devices, and this machine has none/);
    fleet = await booting;
    const device = await deviceOf(fleet.of("bookworm")[0] as Host);
    assert.ok(existsSync(`/proc/fs/jbd2/${device}-8`), `${device} has no journal`);
    const image = backingFile(device);
    assert.match(image, /^\/var\/tmp\/pulumi-nix-fleet\..* \(deleted\)$/);
    await fleet.stop();
    assert.ok(
      !existsSync(`/sys/block/${device}/loop`) || backingFile(device) !== image,
      `${image} is still used`,
    );
  });
});

/** What the host sees of devices is its own: the kernel's number says which one it is. */
async function deviceOf(host: Host): Promise<string> {
  const number = await host.sh("mountpoint -d /nix");
  return /^DEVNAME=(.*)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, "utf8"))?.[1] ?? "";
}

function backingFile(device: string): string {
  return readFileSync(`/sys/block/${device}/loop/backing_file`, "utf8").trim();
}
