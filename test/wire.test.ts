import assert from "node:assert/strict";
import {
  containsUnknown,
  isSame,
  onlyHidden,
  unknownValue,
  withoutHidden,
  withoutUndefined,
} from "../provider/wire";

describe("values on the wire", () => {
  it("are unknown when anything in them is", () => {
    assert.ok(containsUnknown({ a: [{ b: unknownValue }] }));
    assert.equal(containsUnknown({ a: ["x", null, 1] }), false);
  });

  it("lose what is undefined, however deep", () => {
    assert.deepEqual(withoutUndefined({ a: undefined, b: [{ c: undefined, d: null }] }), {
      b: [{ d: null }],
    });
  });

  it("are the same whatever the order of keys, and undefined is absence", () => {
    assert.ok(isSame({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1, e: undefined }));
    assert.equal(isSame([1, 2], [2, 1]), false);
    assert.equal(isSame({ a: null }, {}), false);
  });

  it("are the user's, or hidden behind two underscores", () => {
    const both = { __urn: "u", path: "p" };
    assert.deepEqual([onlyHidden(both), withoutHidden(both)], [{ __urn: "u" }, { path: "p" }]);
  });
});
