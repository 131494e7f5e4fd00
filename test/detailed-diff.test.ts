import assert from "node:assert/strict";
import { z } from "zod";
import { detailedDiff } from "../provider/detailed-diff";
import { contentNames, inputNames, type Resource } from "../provider/resource";
import { unknownValue } from "../provider/wire";

const resource = {
  inputs: z.strictObject({ path: z.unknown(), list: z.unknown(), map: z.unknown() }),
  contentNames: () => ["packages"],
} as unknown as Resource<never, never>;

describe("what a preview shows of a change", () => {
  const shown = (
    saved: object,
    state: object,
    wanted: object,
    changed: readonly string[] = [],
  ): Record<string, string> =>
    Object.fromEntries(
      [...detailedDiff(resource, { ...saved }, { ...state }, { ...wanted }, changed)].map(
        ([path, { kind, ofInput }]) => [path, `${kind} of ${ofInput ? "input" : "output"}`],
      ),
    );

  it("are the inputs that differ from the saved ones, however deep, by the paths that Pulumi reads", () => {
    const saved = { path: "a", list: [1, 2, 3], map: { same: 1, gone: 1, "a.b": { c: 1 } } };
    const wanted = { path: "b", list: [1, 5], map: { same: 1, new: 1, "a.b": { c: 2 }, 'q"': 1 } };
    assert.deepEqual(shown(saved, {}, wanted), {
      path: "update of input",
      "list[1]": "update of input",
      "list[2]": "delete of input",
      "map.gone": "delete of input",
      'map["a.b"].c': "update of input",
      "map.new": "add of input",
      'map["q\\""]': "add of input",
    });
  });

  it("are not differences of the state that no saved input has", () => {
    assert.deepEqual(shown({ path: "a" }, { path: "older" }, { path: "a" }), {});
  });

  it("is what the state has instead of an input that is as it was, where that is the reason", () => {
    const found = shown({ path: "a", list: [1] }, { path: "failed", list: [2] }, { path: "a", list: [1] }, [
      "path",
    ]);
    assert.deepEqual(found, { path: "update of output" });
  });

  it("is what the path holds against what the state's held", () => {
    const wanted = { path: "b", packages: { nginx: "2", zlib: "1" } };
    assert.deepEqual(shown({ path: "a" }, { packages: { nginx: "1", foo: "1", zlib: "1" } }, wanted), {
      path: "update of input",
      "packages.nginx": "update of output",
      "packages.foo": "delete of output",
    });
  });

  it("leaves out what a path holds that is not known, before or behind", () => {
    const held = { packages: { nginx: "1" } };
    for (const packages of [unknownValue, undefined]) assert.deepEqual(shown(held, held, { packages }), {});
    assert.deepEqual(shown({}, {}, held), {});
  });

  it("says of other inputs that they are not known", () => {
    assert.deepEqual(shown({ map: { a: 1 } }, {}, { map: unknownValue }), { map: "update of input" });
  });

  it("is about inputs only, those of contents among them", () => {
    assert.deepEqual(inputNames(resource), ["path", "list", "map", "packages"]);
    assert.deepEqual(contentNames(resource, {}), ["packages"]);
    assert.deepEqual(shown({ __urn: "a" }, { activePath: "a" }, { __urn: "b", activePath: "b" }), {});
  });
});
