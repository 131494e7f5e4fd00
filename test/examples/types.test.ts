import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../fleet";
import { checkout } from "../fleet/script";

describe("the examples", function () {
  const folder = join(checkout, "examples");
  const names = readdirSync(folder).filter((name) => name !== "node_modules");
  const read = (name: string, file: string): string => readFileSync(join(folder, name, file), "utf8");

  it("fit the types of the packed package", async () => {
    const project = mkdtempSync(join(tmpdir(), "pulumi-nix-types-"));
    try {
      writeFileSync(
        join(project, "tsconfig.json"),
        JSON.stringify({
          extends: join(folder, "quickstart/tsconfig.json"),
          compilerOptions: { typeRoots: [join(checkout, "node_modules/@types")] },
          files: names.map((name) => join(folder, name, "index.ts")),
        }),
      );
      const tsc = await run([join(checkout, "node_modules/.bin/tsc"), "-p", project]);
      assert.equal(tsc.stdout, "");
      assert.equal(tsc.code, 0);
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  it("are all checked by the same rules and need the same packages", () => {
    for (const name of names) {
      assert.equal(read(name, "tsconfig.json"), read("quickstart", "tsconfig.json"), name);
      const own = JSON.parse(read(name, "package.json")) as Record<string, unknown>;
      const quickstart = JSON.parse(read("quickstart", "package.json")) as Record<string, unknown>;
      assert.deepEqual({ ...own, name: "" }, { ...quickstart, name: "" }, name);
    }
  });
});
