import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const checkout = join(__dirname, "../..");
const files = readdirSync(join(checkout, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join(checkout, "test", file))
  .filter((file) => /\b(byTurns\(|oneSuite\(|onEachSuite\()/.test(readFileSync(file, "utf8")));

describe("tests that are the same on each suite", () => {
  it("are all run, each on one suite, and with BOTH_SUITES on both", () => {
    const some = titles("");
    const all = titles("yes");
    const statements = some.map(withoutSuite);
    assert.deepEqual(new Set(statements), new Set(all.map(withoutSuite)));
    assert.equal(new Set(statements).size, statements.length);
    for (const suite of ["bookworm", "trixie"]) {
      const own = some.filter((title) => title.includes(suite)).length;
      assert.ok(Math.abs(own - some.length / 2) <= files.length, `${own} of ${some.length} on ${suite}`);
    }
  });
});

/** Of the tests that would be run. */
function titles(both: string): string[] {
  const mocha = ["node_modules/.bin/mocha", "--require", "tsx/cjs", "--dry-run", "--reporter", "json"];
  const env = { ...process.env, BOTH_SUITES: both };
  const printed = execFileSync(process.execPath, [...mocha, ...files], {
    cwd: checkout,
    env,
    encoding: "utf8",
  });
  const { tests } = JSON.parse(printed) as { tests: { fullTitle: string }[] };
  return tests.map(({ fullTitle }) => fullTitle);
}

function withoutSuite(title: string): string {
  return title.replace(/\b(bookworm|trixie)\b( with (dash|bash)\b)?/, "SUITE");
}
