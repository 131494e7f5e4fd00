import assert from "node:assert/strict";
import { checkInputs } from "../provider/check";
import { closureCopy } from "../provider/resources/closure-copy";
import { profileActivation } from "../provider/resources/profile-activation";
import { systemdUnit } from "../provider/resources/systemd-unit";
import { unknownValue } from "../provider/wire";
import { untyped } from "./resources/managed";

const path = "/nix/store/25206ph2dhf5xw6qjf3r5gj1r8nivjba-web-1.2";
const connection = { host: "web1" };

describe("checking inputs", () => {
  const problems = (resource: Parameters<typeof checkInputs>[0], news: object): string[] =>
    checkInputs(resource, { ...news }).problems.map(({ property, reason }) => `${property}: ${reason}`);

  it("tells all problems at once, by the names that the user wrote", () => {
    const found = problems(untyped(profileActivation), {
      connection: { host: "", port: 70000, hots: "x" },
      profile: "a b",
      path: "web",
      kind: "nix",
      keepgenerations: 3,
    });
    assert.deepEqual(found.map((text) => text.split(":")[0]).sort(), [
      "connection.host",
      "connection.hots",
      "connection.port",
      "keepgenerations",
      "kind",
      "path",
      "profile",
    ]);
  });

  it("names what is missing as missing", () => {
    assert.deepEqual(problems(untyped(closureCopy), { path }), ["connection: is required"]);
  });

  it("never repeats a secret", () => {
    const found = problems(untyped(closureCopy), {
      connection: { host: "h", privateKey: 12345, password: 678 },
      path,
    });
    assert.doesNotMatch(found.join(), /12345|678/);
    assert.equal(found.length, 2);
  });

  it("fills defaults in and adds what follows", () => {
    const { inputs } = checkInputs(untyped(systemdUnit), {
      connection,
      name: "web.service",
      sections: { Service: { ExecStart: "/bin/true" } },
    });
    assert.equal(inputs["state"], "started");
    assert.equal(inputs["text"], "[Service]\nExecStart=/bin/true\n");
    assert.equal(inputs["enabled"], false);
  });

  it("judges what is known while other inputs are not, and leaves what follows from them unknown", () => {
    const checked = checkInputs(untyped(systemdUnit), {
      connection: { host: unknownValue },
      name: "web",
      sections: { Service: { ExecStart: unknownValue } },
    });
    assert.deepEqual(
      checked.problems.map(({ property }) => property),
      ["name"],
    );
    assert.equal(checked.inputs["text"], unknownValue);
  });

  it("sees what concerns several inputs together", () => {
    assert.deepEqual(problems(untyped(closureCopy), { connection }), [
      "path: exactly one of path and paths has to be given",
    ]);
    assert.deepEqual(
      problems(untyped(profileActivation), {
        connection,
        path,
        profile: "system",
        kind: "nixos",
        onDestroy: "remove",
      }),
      ['onDestroy: a running NixOS cannot be removed; use "leave" or "rollback"'],
    );
  });
});
