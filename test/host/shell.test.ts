import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

describe("commandLine", () => {
  for (const shell of ["sh", "bash"]) {
    it(`gives ${shell} back the arguments that it was made from`, () => {
      const line = commandLine(["printf", "%s\\0", ...awkward]);
      const said = execFileSync(shell, ["-c", line], { encoding: "utf8" });
      assert.deepEqual(said.split("\0").slice(0, -1), awkward);
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
