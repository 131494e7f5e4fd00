import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { encodeInteger, encodeString, encodeStrings, FrameReader } from "../../provider/nix/serve-codec";

function reader(bytes: Buffer, size = bytes.length): FrameReader {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return new FrameReader(Readable.from(chunks));
}

describe("Nix's framing", () => {
  it("is what Nix writes: little-endian words, strings padded to eight", () => {
    assert.equal(encodeInteger(0x390c9deb).toString("hex"), "eb9d0c3900000000");
    assert.equal(encodeString("abc").toString("hex"), "0300000000000000" + "6162630000000000");
    assert.equal(encodeString("12345678").length, 16);
    assert.equal(encodeString("").length, 8);
  });

  it("comes back as it went, however it is cut", async () => {
    const texts = ["", "a", "12345678", "nine char", "ünïcödé", "x".repeat(1000)];
    const bytes = Buffer.concat([encodeStrings(texts), encodeInteger(7)]);
    for (const size of [1, 3, 8, 13, bytes.length]) {
      const frames = reader(bytes, size);
      assert.deepEqual(await frames.strings(), texts);
      assert.equal(await frames.integer(), 7);
    }
  });

  it("that is cut short is an error, not a wait", async () => {
    const bytes = encodeStrings(["some", "strings"]);
    for (let length = 0; length < bytes.length; length++) {
      await assert.rejects(reader(bytes.subarray(0, length)).strings(), /ended within a message/);
    }
  });

  it("that names an absurd length is refused before anything of that length is waited for", async () => {
    await assert.rejects(reader(encodeInteger(2 ** 40)).string(), /at most 65536/);
    await assert.rejects(reader(encodeInteger(2 ** 40)).strings(), /at most 1000000/);
    await assert.rejects(reader(Buffer.alloc(8, 0xff)).integer(), /at most/);
  });
});
