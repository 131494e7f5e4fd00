import { join } from "node:path";
import { situations } from "../../engine/previews/situations";
import { assertGolden } from "../../golden";
import { recorded } from "./recorded";
import { rendered } from "./rendered";

/** With WRITE_GOLDEN=true the texts are written instead, for git to show what is different. */
describe("the report of what the real engine printed", function () {
  for (const { name, of, update = false } of situations) {
    it(`tells of ${of}`, () => check(name, update ? "update" : "preview"));
  }
  it("tells of a first deployment of 60 hosts", () => check("sixty-hosts-first-deploy"));
  it("tells of a package that is updated on 60 hosts", () => check("sixty-hosts-one-package"));
});

function check(name: string, kind: "preview" | "update" = "preview"): void {
  const { markdown, html } = rendered(recorded(name), kind);
  for (const [ending, text] of Object.entries({ md: markdown, html }))
    assertGolden(join(__dirname, `golden/${name}.${ending}`), text);
}
