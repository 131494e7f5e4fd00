import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dynamicHandler } from "../../provider/dynamic";
import { systemdUnit } from "../../provider/resources/systemd-unit";
import { sourceText } from "../../provider/systemd/source";
import { unknownValue, type Properties } from "../../provider/wire";
import { untyped } from "../resources/managed";

const nowhere = `/nix/store/${"0".repeat(32)}-nowhere`;

describe("the text of a unit in a store path", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-source-"));
    mkdirSync(join(folder, "lib/systemd/system"), { recursive: true });
    writeFileSync(join(folder, "lib/systemd/system/web@.service"), "[Service]\n");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is read where the unit is looked for, or is the file itself", () => {
    const file = join(folder, "lib/systemd/system/web@.service");
    for (const source of [folder, file])
      assert.equal(sourceText({ name: "web@1.service", scope: "system", source }, {}), "[Service]\n");
    assert.equal(sourceText({ name: "other.service", scope: "system", source: folder }, {}), undefined);
  });

  it("is the one that was seen on the machine, when the path is not here", () => {
    const wanted = { name: "web.service", scope: "system", source: nowhere } as const;
    assert.equal(sourceText(wanted, { source: nowhere, text: "seen" }), "seen");
    assert.equal(sourceText(wanted, { source: `${nowhere}-2`, text: "seen" }), undefined);
  });

  describe("in a preview", () => {
    const handler = dynamicHandler(untyped(systemdUnit));
    const check = async (saved: Properties, more: Properties): Promise<Properties> => {
      const news = { connection: { host: "h" }, name: "web.service", __urn: "urn:text", ...more };
      const { inputs, failures } = await handler.check(saved, news);
      assert.deepEqual(failures, []);
      return inputs;
    };
    // As if it were there: a preview dials for no unit.
    const saved = { source: nowhere, text: "old" };

    it("is not known of a path that is not here, and no change by itself", async () => {
      const wanted = await check(saved, { source: `${nowhere}-2`, __program: { isPreview: true } });
      assert.equal(wanted["text"], unknownValue);
      const same = await check({}, { source: nowhere });
      assert.equal("text" in same, false);
      assert.deepEqual(await handler.diff("id", { ...same, text: "seen" }, same), {
        changes: false,
        replaces: [],
      });
    });

    it("is the unit itself of sections, whose change is a change", async () => {
      const sections = (value: string): Properties => ({ sections: { Service: { ExecStart: value } } });
      const [old, wanted] = [await check({}, sections("/bin/a")), await check({}, sections("/bin/b"))];
      assert.deepEqual(await handler.diff("id", { ...old, sections: wanted["sections"] }, wanted), {
        changes: undefined,
        replaces: [],
      });
    });
  });
});
