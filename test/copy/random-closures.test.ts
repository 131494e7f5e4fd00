import assert from "node:assert/strict";
import fc from "fast-check";
import { connectionSchema } from "../../provider/connection";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure } from "../../provider/copy/copy";
import type { Host as Machine } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { environment, setEnvironment, sharedFleet, type Host } from "../fleet";
import { describedHere, describedOn } from "./described";
import { built, largeClosure, randomClosure } from "./random-closure";

/** `SEED=123` makes the closures of that seed again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

describe(`random closures (SEED=${seed})`, () => {
  const hosts = new Hosts();
  let machines: Host[];
  let targets: Machine[];
  let local: Machine;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    machines = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    targets = await Promise.all(machines.map((host) => hosts.get(connectionSchema.parse(host.connection()))));
    local = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });

  it("arrive bit by bit as they are, with all that is known of them", async function () {
    let count = 0;
    const holds = async (closure: Parameters<typeof built>[0]): Promise<void> => {
      const paths = await built(closure, `${seed}-${++count}-${process.pid}`);
      const wanted = await describedHere(paths);
      await Promise.all(
        targets.map(async (host, index) => {
          const target = { host, as: undefined };
          await copyClosure({ source: storeSource(local), target, paths, root: () => Promise.resolve() });
          const machine = machines[index] as Host;
          assert.deepEqual(await describedOn(machine, paths), wanted, machine.name);
        }),
      );
    };
    const examples: [typeof largeClosure][] = [[largeClosure]];
    const numRuns = Number(process.env["RUNS"] ?? 5) + examples.length;
    await fc.assert(fc.asyncProperty(randomClosure, holds), { seed, numRuns, examples, endOnFailure: true });
  });
});
