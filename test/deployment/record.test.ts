import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, run } from "../fleet";
import { checkout } from "../fleet/script";

const program = join(checkout, "provider/deployment/deployment.sh");

for (const shell of ["dash", "bash"])
  describe(`a record of a deployment, read by ${shell}`, () => {
    let folder: string;

    before(() => {
      folder = mkdtempSync(join(tmpdir(), "record-"));
      writeFileSync(
        join(folder, "record"),
        "phase entering\nwas target /old\n\nphase waiting \\n for  it \nwas target /other\nphased no\nempty \nreason it was cu",
      );
    });
    after(() => rmSync(folder, { recursive: true }));

    const printed = async (command: string, of = folder): Promise<string> => {
      const script = `set -u; folder=$1; . ${program}; { ${command}; } 2>&1; printf .`;
      const text = output(command, await run([shell, "-c", script, shell, of]));
      return text.slice(0, -1);
    };

    it("says of a name what its last line says, to the letter", async () => {
      assert.equal(await printed("noted phase"), "waiting \\n for  it \n");
      assert.equal(await printed("noted empty"), "\n");
    });

    it("says of what was there what its first line says", async () => {
      assert.equal(await printed("was target"), "/old\n");
    });

    it("has its last line also when the disk had no room for all of it", async () => {
      assert.equal(await printed("noted reason"), "it was cu\n");
    });

    it("says nothing of a name that is not in it, and nothing when it is not there itself", async () => {
      assert.equal(await printed("noted pha; was targ; noted none"), "");
      assert.equal(await printed("noted phase; was target", join(folder, "none")), "");
    });

    it("of another folder is read when that is named", async () => {
      assert.equal(await printed(`noted phase ${folder}`, join(folder, "none")), "waiting \\n for  it \n");
    });
  });
