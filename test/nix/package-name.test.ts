import assert from "node:assert/strict";
import { packageChanges, packageOf, packagesAmong, parseDrvName } from "../../provider/nix/package-name";

describe("a store path's name", () => {
  const table: [text: string, name: string, version: string | undefined][] = [
    ["nginx-1.24.0", "nginx", "1.24.0"],
    ["linux-6.1.69-modules", "linux", "6.1.69-modules"],
    ["nginx-1.24.0-doc", "nginx", "1.24.0-doc"],
    ["foo-unstable-2023-01-01", "foo-unstable", "2023-01-01"],
    ["etc-1password", "etc", "1password"],
    ["nginx.conf", "nginx.conf", undefined],
    ["unit-web.service", "unit-web.service", undefined],
    ["python3.11-numpy-1.26.4", "python3.11-numpy", "1.26.4"],
    ["x--1", "x", "-1"],
    ["ends-with-", "ends-with-", undefined],
    ["a-b-c", "a-b-c", undefined],
    ["git-2.43.0+deb", "git", "2.43.0+deb"],
    ["-1", "", "1"],
  ];

  for (const [text, name, version] of table) {
    it(`${text} is ${name || "nothing"} of version ${version ?? "none"}, as Nix reads it`, () => {
      assert.deepEqual(parseDrvName(text), { name, version });
    });
  }

  it("belongs to the package that it is an output of", () => {
    for (const output of ["", "-doc", "-dev", "-lib", "-bin", "-man", "-info", "-debug"])
      assert.deepEqual(packageOf(`openssl-3.0.12${output}`), { name: "openssl", version: "3.0.12" });
    assert.deepEqual(packageOf("linux-6.1.69-modules"), { name: "linux", version: "6.1.69" });
  });

  it("that ends like an output and is none stays as it is", () => {
    assert.deepEqual(packageOf("linux-6.1.69-modules-shrunk"), {
      name: "linux",
      version: "6.1.69-modules-shrunk",
    });
    assert.deepEqual(packageOf("nginx-doc"), { name: "nginx-doc", version: undefined });
  });
});

describe("the packages of a closure", () => {
  it("are named once, with all their versions by number", () => {
    const names = ["foo-1.10", "foo-1.9", "foo-1.9-dev", "bar-2", "script.sh", "1-0"];
    assert.deepEqual(packagesAmong(names), { "1": "0", bar: "2", foo: "1.9, 1.10" });
    assert.deepEqual(Object.keys(packagesAmong(["b-1", "a-1"])), ["a", "b"]);
  });

  it("differ from others by what came, went and changed", () => {
    const before = { foo: "1", nginx: "1.24.0", same: "3" };
    const after = { nginx: "1.26.1", same: "3", zlib: "1.3" };
    assert.deepEqual(packageChanges(before, after), ["- foo: 1", "~ nginx: 1.24.0 => 1.26.1", "+ zlib: 1.3"]);
  });
});
