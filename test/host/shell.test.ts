import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "../../provider/host/shell";

const awkward = [
  "plain",
  "",
  " ",
  "it's",
  "'",
  "''",
  "\\",
  "a\\",
  "\\'",
  "\\\\n",
  '"$HOME" `id` $(id)',
  "line\nline\n",
  "*?[a]{b,c}~!#%^&|;<>()",
  "=ls",
  "-n",
  "ünï",
];

/** Each by itself: beside another sign that needs quotes, one that lacks them does not show. */
const signs = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));

describe("commandLine", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "command-line-"));
    // What "?" and "*" would become.
    writeFileSync(join(folder, "x"), "");
    writeFileSync(join(folder, "A=b"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const shell of ["sh", "bash"]) {
    const said = (argv: string[], env = process.env): string =>
      execFileSync(shell, ["-c", commandLine(argv)], { cwd: folder, env, encoding: "utf8" });

    it(`gives ${shell} back the arguments that it was made from`, () => {
      for (const words of [awkward, signs, signs.map((sign) => `a${sign}b`)]) {
        const given = said(["printf", "%s\\0", ...words]).split("\0");
        assert.deepEqual(given.slice(0, -1), words);
      }
    });

    it(`names a program that ${shell} would take for an assignment`, () => {
      assert.equal(said(["A=b"], { PATH: `${folder}:/usr/bin:/bin` }), "ran\n");
    });
  }

  it("leaves backslashes out of the quotes, where fish would take them for escapes", () => {
    assert.equal(commandLine(["a\\\\b c"]), "'a'\\\\\\\\'b c'");
  });

  it("leaves plain words as they are", () => {
    assert.equal(
      commandLine(["nix-store", "--realise", "/nix/store/abc"]),
      "nix-store --realise /nix/store/abc",
    );
  });
});
