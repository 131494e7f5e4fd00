import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { parseCacheUrl, type S3Address } from "../../provider/cache/cache-url";
import type { ObjectBody, ObjectStore } from "../../provider/cache/object-store";
import { openS3Store } from "../../provider/cache/s3-store";
import { s3Credentials, startS3, type S3Server } from "../servers/s3";

/** The least that a part may have which is not the last. */
const part = 5 * 2 ** 20;

describe("an object that is longer than S3 takes at once", () => {
  const bytes = randomBytes(2 * part + 12_345);
  let s3: S3Server;
  let store: ObjectStore;
  let folder: string;

  before(async () => {
    s3 = await startS3();
    folder = s3.bucket("parts");
    store = await openS3Store(parseCacheUrl(s3.url("parts")) as S3Address, s3Credentials, 60, part);
  });
  after(async () => {
    store.close();
    await s3.stop();
  });

  const opened: [number | undefined, number | undefined][] = [];
  const body = (open: ObjectBody["open"]): ObjectBody => ({
    size: bytes.length,
    type: "application/x-nix-nar",
    open: (start, end) => {
      opened.push([start, end]);
      return open(start, end);
    },
  });

  it("goes there in parts, and is the same there", async () => {
    await store.write(
      "long",
      body((start, end) => Readable.from([bytes.subarray(start, end)])),
    );
    assert.deepEqual(opened.splice(0), [
      [0, part],
      [part, 2 * part],
      [2 * part, bytes.length],
    ]);
    const hash = createHash("sha256");
    for await (const chunk of (await store.read("long")) as AsyncIterable<Buffer>) hash.update(chunk);
    assert.equal(hash.digest("hex"), createHash("sha256").update(bytes).digest("hex"));
  });

  it("leaves nothing there when a part cannot be sent", async () => {
    const failing = body((start = 0, end) => {
      if (start > 0) throw new Error("it cannot be read any more");
      return Readable.from([bytes.subarray(start, end)]);
    });
    await assert.rejects(
      store.write("torn", failing),
      /writing torn on s3:\/\/parts failed: [^]*cannot be read any more/,
    );
    assert.equal(await store.look("torn"), undefined);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      files.filter((one) => one.isFile()).map(({ name }) => name),
      ["long"],
    );
  });
});
