import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../fleet/script";
import { manyHosts } from "./many-hosts";
import { recorded } from "./recorded";
import { rendered } from "./rendered";

/** With WRITE_GOLDEN=true the texts are written instead, for git to show what is different. */
describe("the report of what the real engine printed", function () {
  const previews: [name: string, of: string][] = [
    ["first-deploy-unbuilt", "a first deployment that is not built yet"],
    ["first-deploy", "a first deployment"],
    ["nothing-to-do", "a preview in which nothing changes"],
    ["build-needed", "a change that has to be built first"],
    ["one-package", "a package that is updated"],
    ["kernel", "a new kernel"],
    ["unit-text", "a unit whose text changes"],
    ["drift-profile", "a profile that was led elsewhere by hand"],
    ["drift-unit", "a unit that was edited and stopped by hand"],
    ["drift-gone", "a unit that was removed by hand"],
    ["drift-store", "a closure that nothing protects any more"],
    ["host-down", "a host that is down"],
  ];
  for (const [name, of] of previews) {
    it(`tells of ${of}`, () => check(name, rendered(recorded(name))));
  }
  for (const [name, of] of [
    ["applied", "an update"],
    ["failed-update", "an update of which a part failed"],
  ] as const) {
    it(`tells of ${of}`, () => check(name, rendered(recorded(name), "update")));
  }

  it("tells of 60 hosts", () => {
    check("sixty-hosts", rendered(manyHosts({ hosts: 60, packages: 20, kinds: 3 })));
  });
});

function check(name: string, { markdown, html }: { markdown: string; html: string }): void {
  for (const [ending, text] of Object.entries({ md: markdown, html })) {
    const file = join(checkout, `test/cli/report/golden/${name}.${ending}`);
    if (process.env["WRITE_GOLDEN"] === "true") writeFileSync(file, text);
    assert.equal(text, readFileSync(file, "utf8"), file);
  }
}
