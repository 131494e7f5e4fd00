import assert from "node:assert/strict";
import { Readable } from "node:stream";
import fc from "fast-check";
import { FrameReader, FrameWriter } from "../../provider/nix/serve-codec";
import * as serve from "../../provider/nix/serve-requests";
import { recorded as kept, recording } from "./conversation";
import { mutated } from "./mutation";

const answers = kept.map((suite) => Buffer.from(recording(suite).answered, "base64"));

/** All that is ever read, in an order that the answers may or may not follow. */
const reads: readonly ((reader: FrameReader) => Promise<unknown>)[] = [
  serve.readGreeting,
  serve.readAdded,
  (reader) => serve.readStorePaths(reader, 100),
  (reader) => serve.readPathInfos(reader, 100),
  (reader) => reader.strings(100),
  async (reader) => {
    for await (const chunk of reader.bytes(100)) assert.ok(chunk.length <= 100);
  },
];

const inOrder = fc.constant([0, 2, 1, 1, 2, 2, 3, 5]);
const inAnyOrder = fc.array(fc.nat(reads.length - 1), { minLength: 1, maxLength: 10 });

/** Bytes, in pieces of any size. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

/** The same bytes for ever, counted. */
async function* endless(
  first: Buffer,
  bytes: Buffer,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield await Promise.resolve(first);
  for (;;) {
    count(bytes.length);
    yield await Promise.resolve(bytes);
  }
}

async function readIn(order: readonly number[], stream: AsyncGenerator<Buffer>): Promise<Error | undefined> {
  const reader = new FrameReader(Readable.from(stream));
  try {
    for (const index of order) await reads[index]?.(reader);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** An error that says what is wrong, not one of our own mistakes. */
function isClear(error: Error | undefined): boolean {
  return error === undefined || (error.constructor.name !== "TypeError" && !(error instanceof RangeError));
}

describe("answers that are not what a server says", () => {
  it("are an error or a value, wherever they are changed and however they come", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(inOrder, inAnyOrder), mutated(answers), sizes, async (order, bytes, cut) => {
        assert.ok(isClear(await readIn(order, pieces(bytes, cut))));
      }),
      { numRuns: 2000 },
    );
  });

  it("are an error wherever they end too early", async () => {
    const [order = []] = fc.sample(inOrder, 1);
    for (const whole of answers)
      for (let length = 0; length < whole.length - 700; length += 7) {
        const error = await readIn(order, pieces(whole.subarray(0, length), [64]));
        assert.match(error?.message ?? "none", /ended within a message/, String(length));
      }
  });

  it("are an error also when they never end, before they take much memory", async () => {
    const word = fc.oneof(
      fc
        .constantFrom(0, 1, 8, 100, 60_000, 2 ** 32, 2 ** 52)
        .map((value) => new FrameWriter().integer(value).bytes()),
      fc
        .constantFrom(
          "",
          "/nix/store/" + "1".repeat(32) + "-x",
          "sha256:" + "1".repeat(52),
          "x".repeat(60_000),
        )
        .map((text) => new FrameWriter().string(text).bytes()),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    const stuff = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => Buffer.concat(words));
    await fc.assert(
      fc.asyncProperty(fc.nat(reads.length - 1), mutated(answers), stuff, async (index, first, repeated) => {
        // Joined, for a stream of single bytes takes its time.
        const chunk = Buffer.concat(Array<Buffer>(Math.ceil(65_536 / repeated.length)).fill(repeated));
        let taken = 0;
        const stream = endless(first, chunk, (bytes) => (taken += bytes));
        assert.ok(isClear(await readIn(Array<number>(20).fill(index), stream)));
        assert.ok(taken < 64 * 2 ** 20, `${taken} bytes were read`);
      }),
      { numRuns: 300 },
    );
  });

  it("cannot name more paths than were asked for", async () => {
    const one = recorded(answers[0] as Buffer);
    const info = new FrameReader(Readable.from([Buffer.concat([one, one])]));
    await assert.rejects(serve.readPathInfos(info, 1), /more than the 1 path/);
    const many = new FrameWriter().integer(2 ** 19).bytes();
    await assert.rejects(serve.readStorePaths(new FrameReader(Readable.from([many])), 5), /at most 5/);
  });
});

/** What is said of one path, without the end. */
function recorded(answer: Buffer): Buffer {
  const length = new FrameWriter().string("/nix/store/" + "2".repeat(32) + "-upper").bytes();
  const deriver = new FrameWriter().string("/nix/store/" + "3".repeat(32) + "-upper.drv").bytes();
  const start = answer.indexOf(Buffer.concat([length, deriver]));
  const signature = answer.indexOf("key-2.example-1");
  assert.ok(start > 0 && signature > start);
  return answer.subarray(start, signature + Math.ceil(("key-2.example-1:".length + 88) / 8) * 8);
}
