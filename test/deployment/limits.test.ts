import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Thing } from "./fixtures/thing";

describe("a deployment keeps within limits:", function () {
  let host: Host;
  let thing: Thing;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });
  beforeEach(() => {
    thing = new Thing(host);
  });
  afterEach(() => thing.clear());

  it("of a log that grows and grows only the end stays", async () => {
    await thing.hook(`log=$PULUMI_NIX_DEPLOYMENT/log
      yes 'much is said' 2>/dev/null | head -n 1500000
      while [ "$(wc -c <$log)" -gt 8388608 ] || [ -e $log.end ]; do sleep 0.05; done
      echo 'the last word'`);
    const { outcome, log } = await thing.become("one");
    assert.equal(outcome, "done");
    assert.match(log.slice(-100), /much is said\nthe last word\n$/);
    const kept = "/var/lib/pulumi-nix/things/one/deployments/*/log";
    assert.match(await host.sh(`head -n 1 ${kept}`), /^\(what was said before is left out/);
    assert.ok(Number(await host.sh(`cat ${kept} | wc -c`)) < 2_000_000);
  });

  it("a Nix that hangs does not keep it from going on", async () => {
    await thing.holdsPaths(`/nix/store/${"0".repeat(32)}-held`);
    await thing.standIn("nix-store", "exec sleep 1000");
    // What is limited is so to a second, for this test.
    await thing.standIn("timeout", 'shift 3; exec /usr/bin/timeout -k 1 1 "$@"');
    assert.equal((await thing.become("one")).outcome, "done");
    assert.equal((await host.trySh("pgrep -fx 'sleep 1000'")).code, 1);
  });
});
