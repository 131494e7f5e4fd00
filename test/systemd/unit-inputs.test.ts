import assert from "node:assert/strict";
import {
  derivedInputs,
  systemdUnitSchema,
  unitProblems,
  type SystemdUnitInputs,
} from "../../provider/systemd/unit-inputs";

const connection = { host: "web1", user: "deploy" };
const service = { Service: { ExecStart: "/bin/true" } };
const source = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1.0";

/** All problems of what a program wrote, as `property: reason`. */
function problems(written: object): string[] {
  const parsed = systemdUnitSchema.safeParse({ connection, name: "web.service", ...written });
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  return unitProblems(parsed.data).map(({ property, reason }) => `${property}: ${reason}`);
}

function inputs(written: object): SystemdUnitInputs {
  return systemdUnitSchema.parse({ connection, name: "web.service", ...written });
}

describe("the inputs of a unit", () => {
  it("have no problem for sections alone or a source alone", () => {
    assert.deepEqual(problems({ sections: service }), []);
    assert.deepEqual(problems({ source }), []);
    assert.deepEqual(problems({ source: `${source}/web.service` }), []);
  });

  it("are refused with both a source and sections, and with neither", () => {
    assert.deepEqual(problems({ source, sections: service }), [
      "sections: give `source` or `sections`, not both",
    ]);
    assert.match(problems({}).join(), /^source: give `source`.* or `sections`/);
  });

  it("are refused with several problems at once, each at its property", () => {
    const found = problems({ name: "web", source: "/tmp/web", user: "a b", timeout: 0, nonsense: 1 });
    const properties = found.map((line) => line.split(":")[0]);
    assert.deepEqual(properties.sort(), ["", "name", "source", "timeout", "user"]);
    assert.match(found.join("\n"), /nonsense/);
  });

  it("are refused with a source that climbs out of the store", () => {
    assert.match(problems({ source: `${source}/../../etc` }).join(), /^source: must be a store path/);
  });

  it("are refused with a line break in a value, without showing the value", () => {
    const found = problems({ sections: { Service: { ExecStart: "/bin/secret\nUser=root" } } });
    assert.deepEqual(found, [
      "sections.Service.ExecStart: a value is one line: use an array for a key that comes several times",
    ]);
  });

  it("are refused with a line break within an array, a key, a section's name or a variable's name", () => {
    assert.equal(problems({ sections: { Service: { ExecStart: ["/a", "/b\nUser=root"] } } }).length, 1);
    assert.equal(problems({ sections: { Service: { ...service.Service, "A\nB": "c" } } }).length, 1);
    assert.equal(problems({ sections: { ...service, "A]\nB": {} } }).length, 1);
    const Environment = { "A\nB": "c" };
    assert.equal(problems({ sections: { Service: { ...service.Service, Environment } } }).length, 1);
  });

  it("are refused with a value that would join the next line to it", () => {
    assert.match(
      problems({ sections: { Service: { ExecStart: "/bin/a \\" } } }).join(),
      /ExecStart: a value may not end in \\/,
    );
  });

  it("are refused with a map for another key than Environment", () => {
    assert.match(
      problems({ sections: { Service: { ExecStart: { a: "b" } } } }).join(),
      /ExecStart: only Environment may be a map/,
    );
  });

  it("are refused with the section of another type, or without that of their own", () => {
    assert.deepEqual(problems({ name: "web.timer", sections: service }), [
      "sections.Service: systemd ignores [Service] in web.timer",
      "sections: web.timer needs a section Timer",
    ]);
    assert.deepEqual(problems({ name: "web.target", sections: { Unit: { Description: "web" } } }), []);
  });

  it("are refused with enabled: true for sections that have nothing to enable", () => {
    assert.match(
      problems({ sections: service, enabled: true }).join(),
      /^enabled: without an Install section/,
    );
    assert.deepEqual(problems({ sections: service, enabled: false }), []);
  });

  it("are refused with a user for a unit of the system", () => {
    assert.match(problems({ sections: service, user: "alice" }).join(), /^user: .*scope: "user"/);
  });

  it("add the unit file, so that a preview shows its lines", () => {
    assert.equal(derivedInputs(inputs({ sections: service })).text, "[Service]\nExecStart=/bin/true\n");
    assert.equal("text" in derivedInputs(inputs({ source })), false);
  });

  it("are enabled by default when there is something to enable", () => {
    const installed = { ...service, Install: { WantedBy: "multi-user.target" } };
    assert.equal(derivedInputs(inputs({ sections: service })).enabled, false);
    assert.equal(derivedInputs(inputs({ sections: installed })).enabled, true);
    assert.equal(derivedInputs(inputs({ sections: installed, enabled: false })).enabled, false);
    assert.equal(derivedInputs(inputs({ source })).enabled, true);
  });

  it("name the login user as the owner of a user's unit", () => {
    assert.equal(derivedInputs(inputs({ sections: service, scope: "user" })).user, "deploy");
    assert.equal(derivedInputs(inputs({ sections: service, scope: "user", user: "alice" })).user, "alice");
    assert.equal("user" in derivedInputs(inputs({ sections: service })), false);
  });
});
