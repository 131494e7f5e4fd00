import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { FrameReader, FrameWriter, StreamEnded } from "../../provider/nix/serve-codec";
import * as serve from "../../provider/nix/serve-requests";
import { sharedFleet, type Host, type Suite } from "../fleet";
import * as asked from "./conversation";

const readerOf = (bytes: Buffer): FrameReader => new FrameReader(Readable.from([bytes]));
const decoded = (text: string): Buffer => Buffer.from(text, "base64");

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`the answers of a server on ${suite}`, () => {
    it("are what was recorded", async () => {
      const host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
      const found = await asked.converse(host);
      if (process.env["WRITE_GOLDEN"]) asked.writeRecording(suite, found);
      assert.deepEqual(found, asked.recording(suite));
    });
  });
}

for (const suite of asked.recorded) {
  const { nix } = asked.recording(suite);

  describe(`the answers of a server of Nix ${nix}`, () => {
    it("are understood", async () => {
      const reader = readerOf(decoded(asked.recording(suite).answered));
      await serve.readGreeting(reader);
      assert.deepEqual(await serve.readStorePaths(reader), []);
      await serve.readAdded(reader);
      await serve.readAdded(reader);
      const paths = asked.known.map(({ path }) => path);
      assert.deepEqual((await serve.readStorePaths(reader)).sort(), paths);
      assert.deepEqual((await serve.readStorePaths(reader)).sort(), paths);
      const infos = await serve.readPathInfos(reader, 3);
      assert.deepEqual(sorted(infos), sorted(asked.known));
      const nar: Buffer[] = [];
      for await (const chunk of reader.bytes(asked.dumped.length)) nar.push(chunk);
      assert.deepEqual(Buffer.concat(nar), asked.dumped);
      await assert.rejects(reader.integer(), StreamEnded);
    });

    it("end where a path is refused", async () => {
      const reader = readerOf(decoded(asked.recording(suite).refused));
      await serve.readGreeting(reader);
      await assert.rejects(serve.readAdded(reader), StreamEnded);
    });
  });
}

describe("an answer of something else than a server", () => {
  const greeting = (...numbers: number[]): FrameReader =>
    readerOf(numbers.reduce((writer, number) => writer.integer(number), new FrameWriter()).bytes());

  it("is told: another greeting, versions that are too old or of another kind", async () => {
    await assert.rejects(serve.readGreeting(readerOf(Buffer.from("SSH-2.0-OpenSSH_9\r\n"))), /at most/);
    await assert.rejects(serve.readGreeting(greeting(1, 0x207)), /does not speak the serve protocol/);
    for (const version of [0x204, 0x307, 0x107])
      await assert.rejects(serve.readGreeting(greeting(0x5452eecb, version)), /it speaks version 0x\d0\d of/);
    for (const version of [0x205, 0x207, 0x2ff]) await serve.readGreeting(greeting(0x5452eecb, version));
  });

  it("is told where a path was to be added", async () => {
    await assert.rejects(serve.readAdded(greeting(0)), /it answered 0 to a path that was added/);
  });

  it("is told where paths were expected", async () => {
    const texts = new FrameWriter().strings(["/etc/passwd"]).bytes();
    await assert.rejects(serve.readStorePaths(readerOf(texts)), /'\/etc\/passwd' is not a store path/);
  });
});

/** In one order: theirs is not told. */
function sorted<Info extends { path: string; references: readonly string[]; signatures: readonly string[] }>(
  infos: readonly Info[],
): Info[] {
  return infos
    .map((info) => ({
      ...info,
      references: [...info.references].sort(),
      signatures: [...info.signatures].sort(),
    }))
    .sort((one, other) => one.path.localeCompare(other.path));
}
