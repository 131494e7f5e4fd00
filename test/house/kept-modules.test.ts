import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const preload = join(__dirname, "../../setup/test/kept-modules.cjs");

describe("what is kept of the modules of packages", () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), "pulumi-nix-kept-modules-"));
    mkdirSync(join(checkout, "setup/test"), { recursive: true });
    cpSync(preload, join(checkout, "setup/test/kept-modules.cjs"));
    write("node_modules/.package-lock.json", "{}");
    // So few would not be kept.
    for (let i = 0; i < 30; i++) write(`node_modules/many/${i}.js`, `exports.one = ${i};`);
    const all = "for (let i = 0; i < 30; i++) require(`./${i}`);";
    write("node_modules/many/index.js", `#!/usr/bin/env node\n${all}\nexports.word = "é → first";`);
    write("program.js", `console.log(require("many").word);`);
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  function write(file: string, text: string): void {
    mkdirSync(join(checkout, file, ".."), { recursive: true });
    writeFileSync(join(checkout, file), text);
  }

  function run(): string {
    const args = ["--require", "./setup/test/kept-modules.cjs", "./program.js"];
    return execFileSync(process.execPath, args, { cwd: checkout, encoding: "utf8" }).trim();
  }

  it("is what the next process runs", () => {
    assert.equal(run(), "é → first");
    write("node_modules/many/index.js", `exports.word = "changed by hand";`);
    assert.equal(run(), "é → first");
  });

  it("is made anew when npm has installed something", () => {
    run();
    write("node_modules/many/index.js", `exports.word = "second";`);
    utimesSync(join(checkout, "node_modules/.package-lock.json"), 1, 1);
    assert.equal(run(), "second");
  });

  it("is made anew when our own package has been packed", () => {
    run();
    write("node_modules/many/index.js", `exports.word = "second";`);
    write("examples/node_modules/.packed-from", "others");
    assert.equal(run(), "second");
  });

  it("is made anew when half of it was written", () => {
    run();
    const folder = join(checkout, "node_modules/.cache/pulumi-nix");
    for (const text of ["", "\0".repeat(100)]) {
      for (const name of readdirSync(folder)) writeFileSync(join(folder, name), text);
      assert.equal(run(), "é → first");
    }
  });

  it("has no part in modules that import others while they run", () => {
    write("node_modules/many/late.js", `exports.load = () => import("node:path");`);
    write("program.js", `require("many"); require("many/late").load().then(({ sep }) => console.log(sep));`);
    assert.deepEqual([run(), run()], ["/", "/"]);
  });

  it("finds, refuses and resolves as node does", () => {
    write(
      "node_modules/many/lib/inner.js",
      `module.exports = [__filename, require.resolve("../0"), require.main.filename];`,
    );
    write("node_modules/modern/package.json", `{"type": "module"}`);
    write("node_modules/modern/index.js", `export const one = 1;`);
    const failing = `let code; try { require("modern"); } catch (error) { code = error.code; }`;
    write(
      "node_modules/many/index.js",
      `${failing}\nfor (let i = 0; i < 30; i++) require("./" + i);
      exports.word = JSON.stringify([code, ...require("./lib/inner")]);`,
    );
    const plain = execFileSync(process.execPath, ["./program.js"], {
      cwd: checkout,
      encoding: "utf8",
    }).trim();
    assert.deepEqual([run(), run()], [plain, plain]);
  });
});
