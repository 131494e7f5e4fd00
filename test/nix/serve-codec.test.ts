import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { FrameReader, FrameWriter } from "../../provider/nix/serve-codec";

function reader(bytes: Buffer, size = bytes.length): FrameReader {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return new FrameReader(Readable.from(chunks));
}

const written = (): FrameWriter => new FrameWriter(8);
const stringOf = (frames: FrameReader, longest?: number): Promise<string> =>
  frames.message((cursor) => cursor.string(longest));

async function allOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk.toString();
  return text;
}

describe("Nix's framing", () => {
  it("is what Nix writes: little-endian words, strings padded to eight", () => {
    assert.equal(written().integer(0x390c9deb).bytes().toString("hex"), "eb9d0c3900000000");
    assert.equal(written().integer(0x1_0000_0002).bytes().toString("hex"), "0200000001000000");
    assert.equal(written().string("abc").bytes().toString("hex"), "0300000000000000" + "6162630000000000");
    assert.equal(written().string("12345678").bytes().length, 16);
    assert.equal(written().string("").bytes().length, 8);
  });

  it("comes back as it went, however it is cut", async () => {
    const texts = ["", "a", "12345678", "nine char", "ünïcödé", "x".repeat(1000)];
    const bytes = written().strings(texts).integer(7).strings(texts).bytes();
    for (const size of [1, 3, 8, 13, bytes.length]) {
      const frames = reader(bytes, size);
      assert.deepEqual(await frames.strings(), texts);
      assert.equal(await frames.integer(), 7);
      assert.deepEqual(await frames.message((cursor) => cursor.strings()), texts);
    }
  });

  it("lets bytes through that have no frame, and goes on behind them", async () => {
    const bytes = Buffer.concat([
      written().integer(1).bytes(),
      Buffer.from("a nar"),
      written().string("on").bytes(),
    ]);
    for (const size of [1, 3, 8, bytes.length]) {
      const frames = reader(bytes, size);
      await frames.integer();
      assert.equal(await allOf(frames.bytes(5)), "a nar");
      assert.equal(await stringOf(frames), "on");
    }
  });

  it("that is cut short is an error, not a wait", async () => {
    const bytes = written().strings(["some", "strings"]).bytes();
    for (let length = 0; length < bytes.length; length++) {
      await assert.rejects(reader(bytes.subarray(0, length)).strings(), /ended within a message/);
      await assert.rejects(allOf(reader(bytes.subarray(0, length)).bytes(bytes.length)), /ended within/);
    }
  });

  it("that names an absurd length is refused before anything of that length is waited for", async () => {
    const absurd = written()
      .integer(2 ** 40)
      .bytes();
    await assert.rejects(stringOf(reader(absurd)), /at most 65536/);
    await assert.rejects(reader(absurd).strings(), /at most 1000000/);
    await assert.rejects(reader(Buffer.alloc(8, 0xff)).integer(), /at most/);
  });

  it("whose message never ends is given up before it takes all memory", async () => {
    const long = written().string("x".repeat(65_000)).bytes();
    async function* endless(): AsyncGenerator<Buffer> {
      yield written().integer(1_000_000).bytes();
      for (;;) yield await Promise.resolve(long);
    }
    const frames = new FrameReader(Readable.from(endless()));
    await assert.rejects(
      frames.message((cursor) => cursor.strings()),
      /a message of more than \d+ bytes/,
    );
  });

  it("with anything but zeros between is refused", async () => {
    const bytes = Buffer.from(written().string("abc").bytes());
    bytes[13] = 1;
    await assert.rejects(stringOf(reader(bytes)), /padding is not zero/);
  });
});
