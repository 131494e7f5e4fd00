import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unitsHere } from "../../provider/activation/unit-digests";
import type { StorePath } from "../../provider/values";

describe("the units of a system", () => {
  let system: string;

  beforeEach(() => {
    system = mkdtempSync(join(tmpdir(), "pulumi-nix-system-"));
    mkdirSync(join(system, "etc/systemd/system/web.service.d"), { recursive: true });
  });
  afterEach(() => rmSync(system, { recursive: true }));

  const units = (): object | undefined => unitsHere(system as StorePath);
  const at = (name: string): string => join(system, "etc/systemd/system", name);

  it("are files and drop-ins, each with a digest of what is in it", () => {
    writeFileSync(join(system, "web"), "[Service]");
    symlinkSync(join(system, "web"), at("web.service"));
    writeFileSync(at("web.service.d/overrides.conf"), "[Unit]");
    writeFileSync(at("README"), "");
    assert.deepEqual(units(), {
      "web.service": "e52b2db1cfed",
      "web.service.d/overrides.conf": "f569cfd2a988",
    });
  });

  it("are masked by a link to nothing, also by way of another one", () => {
    symlinkSync("/dev/null", join(system, "disabled"));
    symlinkSync(join(system, "disabled"), at("web.service"));
    symlinkSync("/dev/null", at("clock.timer"));
    assert.deepEqual(units(), { "clock.timer": "masked", "web.service": "masked" });
  });

  it("are known although a link among them leads nowhere", () => {
    symlinkSync("/nowhere", at("alias.service"));
    symlinkSync("/dev/null", at("clock.timer"));
    assert.deepEqual(units(), { "clock.timer": "masked" });
  });

  it("are not known of a system that is not here", () => {
    assert.equal(unitsHere(`${system}-not` as StorePath), undefined);
  });
});
