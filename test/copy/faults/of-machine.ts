import assert from "node:assert/strict";
import { CommandError, ConnectError, InterruptedError, TimeoutError } from "../../../provider/errors";
import type { CopyFault } from "./describe";
import { bytesOfPath, paths, type Trial } from "./trial";

const middle = (paths / 2) * bytesOfPath;

/** Something happens on the machine when half of the bytes have gone there. */
const halfWay = async (trial: Trial, command: string): Promise<void> => {
  await trial.target();
  trial.relay.at(middle, () => trial.host.sh(command));
};

export const faultsOfMachine: readonly CopyFault[] = [
  {
    name: "whose receiving process is killed fails with what arrived, and the next one goes on",
    async try(trial) {
      await halfWay(trial, "pkill -KILL -f '[n]ix-store --serve'");
      const error = await trial.failed();
      assert.ok(error instanceof CommandError, error.stack);
      assert.match(
        error.message,
        /^copying 10 paths, at \S+-fault-\d+, on \S+ failed: killed by (SIG)?KILL: /,
      );
      const arrived = await trial.isTrue();
      assert.match(error.changed ?? "", new RegExp(`^${arrived} of the 10 paths arrived whole`));
      assert.equal((await trial.goesOn()).copied, paths - arrived);
    },
  },
  {
    name: "whose receiving process stands still is given up, and the next one goes on",
    async try(trial) {
      await halfWay(trial, "pkill -STOP -f '[n]ix-store --serve'");
      const error = await trial.failed({ idleLimit: 2 });
      assert.ok(error instanceof TimeoutError, error.stack);
      await trial.leavesNothing();
      const arrived = await trial.isTrue();
      assert.ok(arrived > 0);
      assert.equal((await trial.goesOn()).copied, paths - arrived);
    },
  },
  {
    name: "to a disk that fills up says so, and goes on when there is room",
    async try(trial) {
      await trial.host.fillDisk("nix", 3000);
      const error = await trial.failed();
      assert.match(error.message, /No space left on device|database or disk is full/);
      assert.match(error.hint ?? "", /collectGarbage/);
      await trial.leavesNothing();
      await trial.host.freeDisk("nix");
      await trial.isTrue();
      await trial.goesOn();
    },
  },
  {
    name: "to a machine that loses its power fails, and goes on when it is up again",
    async try(trial) {
      await trial.target();
      let off: Promise<void> | undefined;
      trial.relay.at(middle, () => (off = trial.host.powerLoss()));
      const error = await trial.failed();
      assert.ok(error instanceof ConnectError || error instanceof InterruptedError, error.stack);
      await off;
      await trial.host.boot();
      const arrived = await trial.isTrue();
      assert.equal((await trial.goesOn()).copied, paths - arrived);
    },
  },
  {
    name: "to a store with files of a path that it does not know takes no notice of them",
    async try(trial) {
      const half = trial.closure.slice(0, paths / 2);
      for (const [index, path] of half.entries())
        await trial.host.sh(
          index % 2 === 0 ? `mkdir ${path}; echo half >${path}/half; chmod -w ${path}` : `echo half >${path}`,
        );
      assert.equal((await trial.goesOn()).copied, paths);
      for (const path of half) await trial.host.sh(`[ ! -e ${path}/half ]`);
    },
  },
  {
    name: "by a login that the machine does not trust says what would help, and changes nothing",
    async try(trial) {
      const error = await trial.failed({ user: "alice" });
      assert.match(error.message, /does not trust/);
      assert.match(error.hint ?? "", /trusted-users[^]*signWith[^]*elevate/);
      assert.equal(error.changed, undefined);
      assert.equal(await trial.isTrue(), 0);
      await trial.goesOn();
    },
  },
];
