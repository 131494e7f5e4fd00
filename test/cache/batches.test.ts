import assert from "node:assert/strict";
import { batchesOf, wavesOf } from "../../provider/cache/batches";
import type { ValidPath } from "../../provider/nix/valid-path";

const path = (name: string, narSize: number, ...references: string[]): ValidPath =>
  ({ path: name, narSize, references }) as unknown as ValidPath;
const names = (parts: readonly (readonly ValidPath[])[]): string[] =>
  parts.map((part) => part.map((info) => info.path).join(" "));

describe("the paths of a push", () => {
  it("go in batches that are not too big, in their order", () => {
    const paths = [path("a", 4), path("b", 4), path("c", 4), path("big", 99), path("d", 1), path("e", 1)];
    assert.deepEqual(names(batchesOf(paths, { bytes: 10, paths: 9 })), ["a b", "c", "big", "d e"]);
    assert.deepEqual(names(batchesOf(paths, { bytes: 1000, paths: 4 })), ["a b c big", "d e"]);
    assert.deepEqual(batchesOf([]), []);
  });

  it("go in waves, each of which needs only earlier ones", () => {
    const paths = [path("a", 1), path("b", 1, "a", "b"), path("c", 1, "elsewhere"), path("d", 1, "b", "c")];
    assert.deepEqual(names(wavesOf(paths)), ["a c", "b", "d"]);
  });
});
