import assert from "node:assert/strict";
import { ratiosOf, spreadOf } from "../../bench/measure";
import { ratio, seconds, table } from "../../bench/table";

describe("the figures of a benchmark", () => {
  it("are medians with the least and the most", () => {
    assert.deepEqual(spreadOf([10, 9, 100]), { median: 10, least: 9, most: 100 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 });
  });

  it("are compared round by round, so that a slow round counts for both", () => {
    assert.deepEqual(ratiosOf([2, 20, 3], [1, 10, 1]), { median: 2, least: 2, most: 3 });
    assert.throws(() => ratiosOf([1], [1, 2]), RangeError);
  });

  it("stand in a table, the columns of figures at the right", () => {
    const text = table(
      ["what", "s", "×"],
      [["copy", seconds(spreadOf([1.234])), ratio(ratiosOf([2, 3], [1, 1]))]],
    );
    assert.equal(text, "| what | s | × |\n| --- | ---: | ---: |\n| copy | 1.23 | 2.50 (2.00–3.00) |");
  });
});
