import assert from "node:assert/strict";
import { lastLines } from "../provider/errors";

describe("the tail of an output", () => {
  it("is its last lines, without empty ones at the end", () => {
    assert.equal(lastLines("one\ntwo\nthree\n\n", 2), "two\nthree");
  });

  it("holds no bytes that a terminal obeys", () => {
    assert.equal(
      lastLines("\u001b[31;1merror:\u001b[0m no\u0000thing\r\n\tindented\n"),
      "error: nothing\n\tindented",
    );
  });
});
