import assert from "node:assert/strict";
import { connectionSchema } from "../../../provider/connection";
import { InterruptedError, RefusedError, TimeoutError } from "../../../provider/errors";
import type { Host as Machine } from "../../../provider/host/host";
import { bring } from "../../examples/nixos-system";
import { sharedFleet, type Host } from "../../fleet";
import type { CopyFault } from "./describe";
import { openHoldingRelay, type HoldingRelay } from "./holding-relay";
import { bytesOfPath, leavesNoProcess, paths, type Trial } from "./trial";

/** In the middle of a path, with more behind it than what is on its way at any time. */
const early = 1.5 * bytesOfPath;

export const faultsOfOtherMachine: readonly CopyFault[] = [
  {
    name: "from a machine whose sending process stands still names that one, and the next one goes on",
    try: (trial) =>
      fromAnother(trial, async ({ host, relay, from }) => {
        relay.atComing(early, () => host.sh("pkill -STOP -f '[n]ix-store --serve'"));
        const error = await trial.failed({ from, idleLimit: 3 });
        assert.ok(error instanceof TimeoutError, error.stack);
        assert.equal(error.host, (await trial.target()).name);
        assert.match(error.message, waitsFor(from));
        await arrivedAsTold(trial, error.changed);
        await leavesNoProcess(host);
        await trial.goesOn({ from });
      }),
  },
  {
    name: "from a machine to which the connection is cut goes on over another one",
    try: (trial) =>
      fromAnother(trial, async ({ relay, from }) => {
        relay.atComing(early, () => Promise.resolve(relay.cut()));
        assert.equal((await trial.goesOn({ from })).copied, paths);
      }),
  },
  {
    name: "from a machine whose connection is cut again and again names that one, and says what arrived",
    try: (trial) =>
      fromAnother(trial, async ({ relay, from }) => {
        const cutAgain = (): Promise<void> => {
          relay.cut();
          relay.atComing(1.2 * bytesOfPath, cutAgain);
          return Promise.resolve();
        };
        relay.atComing(1.2 * bytesOfPath, cutAgain);
        const error = await trial.failed({ from });
        assert.ok(error instanceof InterruptedError, error.stack);
        assert.equal(error.host, (await trial.target()).name);
        assert.ok(error.message.includes(`failed: ${from.name} cannot be read: `), error.message);
        await arrivedAsTold(trial, error.changed);
        await trial.goesOn();
      }),
  },
  {
    name: "from a machine that is lost for good names that one, and says what arrived",
    try: (trial) =>
      fromAnother(trial, async ({ relay, from }) => {
        relay.atComing(early, async () => {
          await trial.host.until(`nix-store --check-validity ${trial.closure[0]}`);
          await relay.close();
        });
        const error = await trial.failed({ from });
        assert.ok(error instanceof RefusedError, error.stack);
        assert.equal(error.host, (await trial.target()).name);
        assert.ok(error.message.includes(`failed: ${from.name} cannot be read`), error.message);
        await arrivedAsTold(trial, error.changed);
        await trial.goesOn();
      }),
  },
];

interface Source {
  readonly host: Host;
  readonly relay: HoldingRelay;
  /** As the copy reaches it. */
  readonly from: Machine;
}

/** The closure is on a machine with the other Nix too, by a way of its own. */
async function fromAnother(trial: Trial, attempt: (source: Source) => Promise<void>): Promise<void> {
  const suite = trial.host.suite === "trixie" ? "bookworm" : "trixie";
  const host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
  const relay = await openHoldingRelay(host.address, host.port);
  try {
    await bring(host, trial.path);
    const way = { host: relay.host, port: relay.port, dialErrorLimit: 1 };
    const from = await trial.hosts.get(connectionSchema.parse({ ...host.connection(), ...way }));
    await trial.target();
    await attempt({ host, relay, from });
  } finally {
    await relay.close();
    await host.sh(`nix-store --delete ${trial.closure.join(" ")} >/dev/null 2>&1 || true`);
  }
}

function waitsFor({ name }: Machine): RegExp {
  return new RegExp(
    `^copying 10 paths, waiting for more of \\S+-fault-\\d+ from ${name}, on \\S+ failed: not done after 3 s\n` +
      `${name} gave nothing in that time`,
  );
}

async function arrivedAsTold(trial: Trial, changed: string | undefined): Promise<void> {
  const arrived = await trial.isTrue();
  const told = Number(/^(\d+) of the \d+ paths arrived whole/.exec(changed ?? "")?.[1]);
  // An answer may have been on its way.
  assert.ok(told > 0 && told <= arrived && arrived < paths, `${arrived} arrived, ${changed}`);
}
