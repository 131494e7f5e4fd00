import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { inParallel } from "../../provider/cache/in-parallel";

describe("work in parallel", () => {
  const items = [...Array(10).keys()];

  it("gives results in order, and is never more at a time than allowed", async () => {
    let [now, most] = [0, 0];
    const results = await inParallel(3, items, async (item) => {
      most = Math.max(most, ++now);
      for (let turns = 0; turns < 10 - item; turns++) await turn();
      now--;
      return item * 2;
    });
    assert.deepEqual(
      results,
      items.map((item) => item * 2),
    );
    assert.equal(most, 3);
  });

  it("begins nothing after a failure, and waits for what was begun", async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error("not this one");
      await turn();
      ended.push(item);
    };
    await assert.rejects(inParallel(3, items, work), /not this one/);
    assert.deepEqual(begun, [0, 1, 2]);
    assert.deepEqual(ended, [0, 2]);
  });
});
