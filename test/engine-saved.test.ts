import assert from "node:assert/strict";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { savedInputs, withSaved } from "../provider/engine-saved";

describe("what the engine has saved of a resource", () => {
  const inputs = Struct.fromJavaScript({ path: "a" });

  it("reaches handlers of ours", () => {
    const state = { __provider: 'exports.handler=()=>require("pulumi-nix/provider").nixBuild;' };
    assert.deepEqual(withSaved(state, inputs), { ...state, [savedInputs]: { path: "a" } });
  });

  it("is not put into the state of another package's resource, which the same process serves", () => {
    const state = { __provider: "exports.handler=()=>({});", path: "b" };
    assert.deepEqual(withSaved(state, inputs), state);
  });
});
