import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file: string): string => readFileSync(join(__dirname, "../..", file), "utf8");

describe("DESIGN.md", () => {
  it("says of every package why it is there", () => {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(read("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const names = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    const [, told = ""] = read("DESIGN.md").split("\n## Dependencies\n");
    assert.deepEqual(
      names.filter((name) => !told.includes(`\`${name}\``)),
      [],
    );
  });
});
