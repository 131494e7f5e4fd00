import assert from "node:assert/strict";
import { Candidates } from "../../provider/host/candidates";

describe("candidates", () => {
  it("are tried newest first, each once", () => {
    const candidates = new Candidates("old");
    candidates.add("new");
    candidates.add("old");
    assert.deepEqual(candidates.inOrder(), ["new", "old"]);
  });

  it("are tried in the order in which they are known to work", () => {
    const candidates = new Candidates("works", "newer", "newest");
    candidates.worked("works");
    assert.deepEqual(candidates.inOrder(), ["works", "newest", "newer"]);
    candidates.add("newer still");
    assert.equal(candidates.inOrder()[0], "newer still");
  });

  it("are the same when they say the same", () => {
    const candidates = new Candidates({ user: "root" });
    candidates.add({ user: "root" });
    assert.equal(candidates.inOrder().length, 1);
  });
});
