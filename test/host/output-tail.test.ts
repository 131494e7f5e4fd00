import assert from "node:assert/strict";
import { OutputTail } from "../../provider/host/output-tail";

describe("the tail of an output", () => {
  it("is all of a short one", () => {
    const tail = new OutputTail();
    tail.add(Buffer.from("one "));
    tail.add(Buffer.from("two"));
    assert.equal(tail.toString(), "one two");
  });

  it("is the end of a long one", () => {
    const tail = new OutputTail();
    for (let line = 0; line < 100_000; line++) tail.add(Buffer.from(`${line}\n`));
    const kept = tail.toString();
    assert.ok(kept.endsWith("99998\n99999\n"));
    assert.equal(kept.length, 64 * 1024);
  });
});
