import assert from "node:assert/strict";
import { foresee } from "../../provider/systemd/foresee";
import type { SystemdUnitInputs, SystemdUnitState } from "../../provider/systemd/unit-inputs";

const unit = {
  connection: { host: "web1", port: 22, user: "root", elevate: "none" },
  name: "site.service",
  text: "[Service]\n",
  state: "started",
  restartTriggers: ["a"],
} as unknown as SystemdUnitInputs;

function said(wanted: Partial<SystemdUnitInputs>, was: Partial<SystemdUnitState> = {}): string | undefined {
  return foresee({ ...unit, ...wanted }, { ...unit, ...was } as SystemdUnitState);
}

describe("what a preview says of a unit that would change", () => {
  it("is that it would be restarted when its text, its source or a trigger is another one", () => {
    for (const wanted of [
      { text: "[Unit]\n" },
      { text: undefined, source: "/nix/store/x" },
      { restartTriggers: ["b"] },
    ])
      assert.equal(said(wanted), "would restart site.service on web1");
  });

  it("is that it would be started when it is down, whatever else changes", () => {
    assert.equal(said({}, { state: "stopped" }), "would start site.service on web1");
    assert.equal(said({ text: "[Unit]\n" }, { state: "failed" }), "would start site.service on web1");
  });

  it("is that it would be stopped when it is up and shall not be", () => {
    assert.equal(said({ state: "stopped", text: "[Unit]\n" }), "would stop site.service on web1");
    assert.equal(said({ state: "stopped" }, { state: "failed" }), "would stop site.service on web1");
  });

  it("is nothing when what runs stays as it is", () => {
    assert.equal(said({ enabled: false }), undefined);
    assert.equal(said({ state: "stopped", text: "[Unit]\n" }, { state: "stopped" }), undefined);
    // The text of a linked unit is read from its source.
    assert.equal(said({ source: "/nix/store/x", text: "b" }, { source: "/nix/store/x" }), undefined);
  });
});
