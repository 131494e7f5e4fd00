import assert from "node:assert/strict";
import { isStorePath, storePathName, storePathsIn, type StorePath } from "../provider/values";

const path = "/nix/store/25206ph2dhf5xw6qjf3r5gj1r8nivjba-web-1.2" as StorePath;

describe("a store path", () => {
  it("is a folder of 32 characters of Nix's own base 32, a dash and a name", () => {
    assert.ok(isStorePath(path));
    for (const wrong of [
      `${path}/bin`,
      path.slice(0, -8),
      "/nix/store",
      `${path} `,
      path.replace("2", "e"),
      `x${path}`,
      "",
    ]) {
      assert.equal(isStorePath(wrong), false, wrong);
    }
  });

  it("has a name behind its hash", () => {
    assert.equal(storePathName(path), "web-1.2");
  });

  it("is found in a text, once, without what is below it", () => {
    const text = `ExecStart=${path}/bin/serve ${path}\nEnvironment=A=${path}-x:${path}/lib`;
    assert.deepEqual(storePathsIn(text), [path, `${path}-x`]);
  });
});
