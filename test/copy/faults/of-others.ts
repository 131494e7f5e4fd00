import assert from "node:assert/strict";
import { Coordinator } from "./coordinator-process";
import type { CopyFault } from "./describe";
import { paths } from "./trial";

export const faultsOfOthers: readonly CopyFault[] = [
  {
    name: "beside another coordinator's of the same closure goes well, and so does the other",
    async try(trial) {
      const others = [1, 2].map(() => new Coordinator(trial));
      try {
        const report = await trial.copy();
        assert.ok(!(report instanceof Error), String(report));
        for (const other of others) assert.deepEqual(await other.ended, { paths });
        assert.equal((await trial.goesOn()).copied, 0);
      } finally {
        for (const other of others) other.kill();
      }
    },
  },
  {
    name: "whose coordinator is killed leaves nothing running, and the next one goes on",
    async try(trial) {
      const other = new Coordinator(trial);
      await new Promise<void>((half) =>
        trial.relay.at(3_000_000, () => {
          other.kill();
          half();
          return Promise.resolve();
        }),
      );
      await other.ended;
      await trial.leavesNothing();
      const arrived = await trial.isTrue();
      assert.equal((await trial.goesOn()).copied, paths - arrived);
    },
  },
];
