import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkout } from "../fleet/script";

describe("the examples' folders", function () {
  const folder = join(checkout, "examples");
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "Pulumi.yaml")));
  const read = (name: string, file: string): string => readFileSync(join(folder, name, file), "utf8");

  it("have the same rules for types and need the same packages", () => {
    const quickstart = JSON.parse(read("quickstart", "package.json")) as Record<string, unknown>;
    for (const name of names) {
      assert.equal(read(name, "tsconfig.json"), read("quickstart", "tsconfig.json"), name);
      const own = JSON.parse(read(name, "package.json")) as Record<string, unknown>;
      assert.deepEqual({ ...own, name: "" }, { ...quickstart, name: "" }, name);
    }
  });

  it("look at the real machines before every preview and update", () => {
    const projects = [...names.map((name) => join("examples", name, "Pulumi.yaml")), "Pulumi.yaml"];
    for (const file of projects) {
      const { options } = parse(readFileSync(join(checkout, file), "utf8")) as { options?: unknown };
      assert.deepEqual(options, { refresh: "always" }, file);
    }
  });

  it("say how they are run by hand, and are named like their projects", () => {
    // How the quickstart is run is told by the README of all.
    for (const name of names.filter((name) => name !== "quickstart")) {
      assert.match(read(name, "README.md"), /^# .*[^]*pulumi up/, name);
      assert.match(read(name, "Pulumi.yaml"), new RegExp(`^name: ${name}$`, "m"));
    }
  });
});
