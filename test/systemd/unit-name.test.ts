import assert from "node:assert/strict";
import { templateOf, unitNameProblem, unitTypeOf } from "../../provider/systemd/unit-name";

describe("a unit's name", () => {
  const good = [
    "web.service",
    "web@1.service",
    "a@b@c.service",
    "srv-data\\x2dnew.mount",
    "a.b.timer",
    "x:y_z.socket",
    "p.path",
    "t.target",
    `${"x".repeat(247)}.service`,
  ];
  for (const name of good) {
    it(`is accepted as systemd does: ${name.slice(0, 30)}`, () =>
      assert.equal(unitNameProblem(name), undefined));
  }

  const bad: [string, RegExp][] = [
    ["web", /does not end in one of \.service/],
    ["web.conf", /does not end in one of/],
    [".service", /something before the suffix/],
    ["@1.service", /no @ first/],
    ["we b.service", /is not a unit name/],
    ["../web.service", /is not a unit name/],
    ["web\n.service", /is not a unit name/],
    ["wéb.service", /is not a unit name/],
    ["web@.service", /is a template: name an instance of it, such as web@1\.service/],
    [`${"x".repeat(248)}.service`, /at most 255/],
  ];
  for (const [name, reason] of bad) {
    it(`is refused: ${JSON.stringify(name).slice(0, 30)}`, () =>
      assert.match(unitNameProblem(name) ?? "", reason));
  }

  it("tells the unit's type and template", () => {
    assert.equal(unitTypeOf("a.b.timer"), "timer");
    assert.equal(templateOf("web@a.b.service"), "web@.service");
    assert.equal(templateOf("web.service"), undefined);
  });
});
