import assert from "node:assert/strict";
import { difference } from "../provider/diff";
import { nixBuild } from "../provider/resources/nix-build";
import { profileActivation } from "../provider/resources/profile-activation";
import { unknownValue } from "../provider/wire";
import { untyped } from "./resources/managed";

describe("the difference between a state and what is wanted", () => {
  const activation = untyped(profileActivation);
  const state = {
    connection: { host: "web1", privateKey: "old", hostKey: "ssh-ed25519 A" },
    profile: "web",
    path: "/nix/store/one",
    activePath: "/nix/store/one",
  };

  it("is none when only keys, passwords or the way there changed", () => {
    const connection = { host: "web1", port: 22, privateKey: "new", password: "p", proxy: { host: "jump" } };
    assert.deepEqual(difference(activation, state, { ...state, connection }), { changed: [], replacing: [] });
  });

  it("is another place when the machine or who acts there changed", () => {
    for (const change of [
      { host: "web2" },
      { port: 2222 },
      { user: "deploy" },
      { elevate: "sudo" },
      { host: unknownValue },
    ]) {
      const wanted = { ...state, connection: { ...state.connection, ...change } };
      assert.deepEqual(
        difference(activation, state, wanted).replacing,
        ["connection"],
        JSON.stringify(change),
      );
    }
  });

  it("is an update in place when the path changed", () => {
    const wanted = { ...state, path: "/nix/store/two" };
    assert.deepEqual(difference(activation, state, wanted), { changed: ["path"], replacing: [] });
  });

  it("is none when a derivation was only come by in another way", () => {
    const build = {
      file: "a.nix",
      args: { x: 1 },
      drvPath: "/nix/store/d.drv",
      outPath: "/nix/store/o",
      outputs: {},
    };
    const other = { ...build, file: undefined, args: undefined, flake: ".#a" };
    assert.deepEqual(difference(untyped(nixBuild), build, other).changed, []);
    assert.deepEqual(difference(untyped(nixBuild), build, { ...other, outPath: "/nix/store/p" }).changed, [
      "outPath",
    ]);
  });
});
