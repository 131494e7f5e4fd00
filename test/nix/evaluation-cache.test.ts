import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluationKey, recall, remember, type Kept } from "../../provider/nix/evaluation-cache";
import { storePathSchema } from "../../provider/values";
import { setEnvironment } from "../fleet";

describe("what is kept of evaluations", () => {
  let cache: string;
  let restore: () => void;
  before(() => {
    cache = mkdtempSync(join(tmpdir(), "pulumi-nix-kept-"));
    restore = setEnvironment({ XDG_CACHE_HOME: cache });
  });
  after(() => {
    restore();
    rmSync(cache, { recursive: true });
  });

  it("goes when nobody has asked for it for a month", () => {
    const drvPath = storePathSchema.parse(`/nix/store/${"0".repeat(32)}-x.drv`);
    const entry: Kept = { name: "x", drvPath, outputs: {}, messages: [] };
    const folder = join(cache, "pulumi-nix/evaluations");
    mkdirSync(folder, { recursive: true });
    const keys = ["old", "asked for", "young"].map((part) => evaluationKey([part]));
    for (const [nth, age] of [31, 31, 29].entries()) {
      const file = join(folder, String(keys[nth]));
      writeFileSync(file, JSON.stringify(entry));
      const then = new Date(Date.now() - age * 24 * 3600 * 1000);
      utimesSync(file, then, then);
    }
    recall(String(keys[1]));
    remember("new", entry);
    assert.deepEqual(readdirSync(folder).sort(), [keys[1], keys[2], "new"].sort());
  });
});
