import assert from "node:assert/strict";
import { join } from "node:path";
import { bootFleet, type Fleet } from "../fleet";
import { greets } from "../fleet/greeting";
import { Attempt } from "./attempt";
import { holdStep } from "./entry-program";
import type { Fault } from "./fault";
import { CustomProfile } from "./kinds/custom";
import { until } from "./until";

const down = "ip link set host0 down";

/** The entry point waits, so that there is time to do something to the watchdog; then the network is gone. */
const networkDown: Fault = {
  name: "script takes the network down",
  ends: "old",
  said: ["as before"],
  arm: async (attempt) => {
    await attempt.holdActivation();
    await attempt.activates(`${holdStep}\n${down}`);
  },
};

describe("without its watchdog", function () {
  let fleet: Fleet;

  before(async () => {
    fleet = await bootFleet({ bookworm: 2 });
  });
  after(() => fleet.stop());

  it("a host whose network a script has taken down stays locked out, and with it the host comes back", async () => {
    const [without, watched] = await Promise.all(fleet.hosts.map((host) => begun(host)));
    assert.ok(without && watched);
    await switchOffWatchdog(without);
    without.release();
    await until("the network is down", async () => !(await reachable(without)) || undefined);

    // This one begins later and has as long to wait, so the other one's time is over when it is back.
    watched.release();
    const error = await watched.outcome;
    assert.match(error?.message ?? "", /^the machine is as before: /m);
    assert.equal(await reachable(watched), true);

    assert.equal(await reachable(without), false);
    const seen = await without.subject.observe();
    assert.equal(seen["running"], "new");
    assert.equal(seen["faults"], without.before["faults"]);
    const [folder = ""] = without.records.folders();
    assert.equal(without.records.noted(folder, "phase"), "activating");
    assert.equal(without.records.noted(folder, "outcome"), undefined);
    await Promise.all([without.close(), watched.close()]);
  });
});

/** A deployment that is held in its activation. */
async function begun(host: Attempt["host"]): Promise<Attempt & { outcome: Promise<Error | undefined> }> {
  const subject = await CustomProfile.on(host);
  const attempt = new Attempt(subject, { fault: networkDown, kind: "custom", deployment: "update" });
  await attempt.prepare();
  await networkDown.arm?.(attempt);
  const outcome = attempt.carryOut();
  await attempt.held();
  return Object.assign(attempt, { outcome });
}

/** Kills it, and lets neither systemd nor the next boot start it again. */
async function switchOffWatchdog({ host, records }: Attempt): Promise<void> {
  const [folder = ""] = records.folders();
  const there = folder.slice(host.path("").length);
  const program = join("/", there, "program");
  await host.sh(`echo 'exit 0' >${program}.off && mv ${program}.off ${program}
    rm -rf /etc/systemd/system.control
    pkill -KILL -f '^/bin/sh ${program}'`);
}

function reachable({ host }: Attempt): Promise<boolean> {
  return greets(host.address, host.port);
}
