import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileBody, fileStore } from "../../provider/cache/file-store";
import { readText, textBody, type ObjectStore } from "../../provider/cache/object-store";
import { RefusedError } from "../../provider/errors";

describe("a cache in a folder", () => {
  let folder: string;
  let store: ObjectStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-folder-"));
    store = fileStore(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives back what was written, and says what is not there", async () => {
    await store.write("nar/one", textBody("hello"));
    assert.deepEqual([(await store.look("nar/one"))?.size, await readText(store, "nar/one")], [5, "hello"]);
    assert.deepEqual([await store.look("nar/two"), await store.read("nar/two")], [undefined, undefined]);
    assert.deepEqual(readdirSync(join(folder, "nar")), ["one"]);
  });

  it("has not taken what was gone before it could be read", async () => {
    const gone = store.write("nar/one", fileBody(join(folder, "gone"), 5));
    await assert.rejects(gone, (error: Error) => {
      assert.ok(error instanceof RefusedError, String(error));
      assert.match(error.message, /^writing nar\/one on file:\/\/.* failed: ENOENT/);
      return true;
    });
    assert.equal(await store.look("nar/one"), undefined);
  });

  it("loses what a killed writer left behind, and nothing of a live one", async () => {
    const [old, young, other] = ["one.0123abcd.part", "two.4567abcd.part", "three.part"] as const;
    for (const name of [old, young, other]) writeFileSync(join(folder, name), "he");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    for (const name of [old, other]) utimesSync(join(folder, name), yesterday, yesterday);
    await store.write("one", textBody("hello"));
    assert.deepEqual(readdirSync(folder).sort(), ["one", other, young].sort());
  });
});
