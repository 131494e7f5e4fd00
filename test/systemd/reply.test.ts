import assert from "node:assert/strict";
import { parseReply } from "../../provider/systemd/reply";

describe("a reply of a program on units", () => {
  it("has values by key, the last one counting, and text as it is", () => {
    const reply = parseReply("a=1\nb=x=y\na=2\n\n\nkey=text\n\nend");
    assert.equal(reply.one("a"), "2");
    assert.equal(reply.one("b"), "x=y");
    assert.deepEqual(reply.all("a"), ["1", "2"]);
    assert.equal(reply.one("key"), undefined);
    assert.equal(reply.text, "\nkey=text\n\nend");
  });

  it("may have no text and no values", () => {
    assert.equal(parseReply("a=1\n").text, "");
    assert.equal(parseReply("a=1\n\n").text, "");
    assert.equal(parseReply("\ntext").text, "text");
    assert.equal(parseReply("").one("a"), undefined);
  });
});
