import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cannotBootBecause, run } from ".";

const canBoot = ["sh", join(__dirname, "can-boot.sh")];

describe("what test hosts need", function () {
  it("is all there where these tests run", async () => {
    assert.equal(await cannotBootBecause(), undefined);
  });

  it("is root", async () => {
    const answer = await run(["setpriv", "--reuid", "65534", "--clear-groups", ...canBoot]);
    assert.deepEqual(
      [answer.code, answer.stdout],
      [0, "test hosts are containers that only root can boot; this is user nobody\n"],
    );
  });

  it("is the right to make namespaces", async () => {
    const answer = await run(["setpriv", "--bounding-set=-sys_admin", ...canBoot]);
    assert.equal(answer.code, 0);
    assert.match(answer.stdout, /no namespaces \(CAP_SYS_ADMIN\)/);
  });

  it("is a network to make", async () => {
    const answer = await run(["setpriv", "--bounding-set=-net_admin", ...canBoot]);
    assert.equal(answer.code, 0);
    assert.match(answer.stdout, /no bridge or veth devices/);
  });

  it("is the packages that the set-up installs", async () => {
    const bare = mkdtempSync(join(tmpdir(), "bare-"));
    for (const program of ["sh", "uname", "id"]) symlinkSync(`/bin/${program}`, join(bare, program));
    const answer = await run(["env", `PATH=${bare}`, ...canBoot]);
    rmSync(bare, { recursive: true });
    assert.match(answer.stdout, /is missing: run sh setup\/prepare.sh packages/);
  });
});
