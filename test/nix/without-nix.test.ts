import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import { evaluateAll } from "../../provider/nix/evaluate";

describe("evaluating where Nix is missing", () => {
  const hosts = new Hosts();
  const oldPath = process.env["PATH"];
  let bare: string;
  before(() => {
    bare = mkdtempSync(join(tmpdir(), "pulumi-nix-bare-"));
    symlinkSync("/bin/sh", join(bare, "sh"));
    process.env["PATH"] = bare;
  });
  after(async () => {
    process.env["PATH"] = oldPath;
    rmSync(bare, { recursive: true });
    await hosts.close();
  });

  it("is a problem of each build, which says what is missing", async () => {
    const here = await hosts.get(connectionSchema.parse({ local: true }));
    const found = await evaluateAll([{ expr: "1" }, { flake: ".#web" }, { file: "it.nix" }], here);
    assert.deepEqual(
      found.map((one) => !one.ok && one.property),
      ["expr", "flake", "file"],
    );
    for (const one of found) assert.match(one.ok ? "" : one.reason, /^Nix is needed where Pulumi runs/);
  });
});
