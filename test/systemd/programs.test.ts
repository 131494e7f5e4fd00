import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../../provider/systemd");
const programs = readdirSync(folder).filter((file) => file.endsWith(".sh"));

describe("the programs on units", () => {
  it("have nothing that shellcheck objects to", () => {
    execFileSync("shellcheck", [
      "--shell=sh",
      "--severity=style",
      ...programs.map((file) => join(folder, file)),
    ]);
  });

  for (const shell of ["dash", "bash"]) {
    it(`can be read by ${shell}, behind the one that they share`, () => {
      const shared = readFileSync(join(folder, "unit.sh"), "utf8");
      for (const program of programs) {
        const text = `${shared}\n${readFileSync(join(folder, program), "utf8")}`;
        const { status, stderr } = spawnSync(shell, ["-n", "-c", text], { encoding: "utf8" });
        assert.equal(status, 0, `${program}: ${stderr}`);
      }
    });
  }
});
