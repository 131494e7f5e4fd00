import assert from "node:assert/strict";
import { ConnectError, InterruptedError, TimeoutError } from "../../../provider/errors";
import type { CopyFault } from "./describe";
import { bytesOfPath, paths, type Trial } from "./trial";

const total = paths * bytesOfPath;

/** `SEED=123` cuts at the same points again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** Ten points, of which none is near another. */
const points = Array.from({ length: 10 }, (_, index) => {
  const jitter = ((seed * 9301 + index * 49_297) % 233_280) / 233_280;
  return Math.floor(((index + jitter) / 10) * total);
});

const middle = total / 2;

export const faultsOfConnection: readonly CopyFault[] = [
  ...points.map((point, index): CopyFault => ({
    name: `whose connection is cut at ${point} bytes goes on where it was (SEED=${seed}, ${index + 1} of 10)`,
    async try(trial) {
      let isCut = false;
      await trial.target(); // The login is not what is cut.
      trial.relay.at(point, async () => {
        isCut = true;
        trial.relay.cut();
        return Promise.resolve();
      });
      const ended = await trial.copy();
      assert.ok(isCut);
      const arrived = await trial.isTrue();
      if (ended instanceof Error) {
        // Nothing had arrived: whoever asked for it decides.
        assert.ok(ended instanceof InterruptedError, ended.stack);
        assert.ok(point < bytesOfPath * 2, ended.message);
      } else assert.deepEqual([ended.copied, arrived], [paths, paths]);
      const left = await trial.goesOn();
      assert.equal(left.copied, paths - arrived);
    },
  })),
  {
    name: "whose cable is pulled fails and says so, and the next one goes on where it was",
    async try(trial) {
      await trial.target();
      trial.relay.at(middle, () => trial.host.cutNetwork());
      const error = await trial.failed();
      assert.ok(error instanceof ConnectError || error instanceof InterruptedError, error.stack);
      await trial.host.restoreNetwork();
      const arrived = await trial.isTrue();
      assert.ok(arrived > 0);
      assert.equal((await trial.goesOn()).copied, paths - arrived);
    },
  },
  {
    name: "whose login is ended on the machine goes on over another one",
    async try(trial) {
      await trial.target();
      const session = trial.host.suite === "trixie" ? "sshd-session: root@notty" : "sshd: root@notty";
      trial.relay.at(middle, () => trial.host.sh(`pkill -KILL -f '${session}'`));
      const report = await trial.copy();
      assert.equal(report instanceof Error ? report.stack : report.copied, paths);
      await trial.isWhole();
      assert.equal((await trial.goesOn()).copied, 0);
    },
  },
  {
    name: "to a machine whose sshd stands still is given up, and the next one goes on",
    async try(trial) {
      await trial.target();
      const pattern = trial.host.suite === "trixie" ? "sshd-session: root@notty" : "sshd: root@notty";
      trial.relay.at(middle, () => trial.host.sh(`pkill -STOP -f '${pattern}'`));
      const error = await trial.failed({ idleLimit: 3 });
      // Either the signs of life stay out, or the bytes.
      assert.ok(
        [TimeoutError, InterruptedError, ConnectError].some((kind) => error instanceof kind),
        error.stack,
      );
      await trial.host.sh(`pkill -CONT -f '${pattern}' || true`);
      await trial.isTrue();
      await trial.goesOn();
    },
  },
  {
    name: "over a login that may have one channel only goes well",
    async try(trial) {
      await oneChannel(trial, async () => {
        const report = await trial.goesOn();
        assert.equal(report.copied, paths);
      });
    },
  },
];

async function oneChannel(trial: Trial, act: () => Promise<void>): Promise<void> {
  const file = "/etc/ssh/sshd_config.d/one-channel.conf";
  await trial.host.sh(`echo MaxSessions 1 >${file} && systemctl restart ssh`);
  try {
    await act();
  } finally {
    await trial.host.sh(`rm ${file} && systemctl restart ssh`);
  }
}
