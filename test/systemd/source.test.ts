import assert from "node:assert/strict";
import { entriesOf, sourceOf } from "../../provider/systemd/source";

const old = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-web-1";
const wanted = "/nix/store/zyxwvsrqpnmlkjihgfdcba9876543210-web-2";
const entry = "lib/systemd/system/web.service";

describe("a unit's source", () => {
  it("is looked for under the unit's own name before its template's", () => {
    assert.deepEqual(entriesOf("system", "web@1.service"), [
      "etc/systemd/system/web@1.service",
      "lib/systemd/system/web@1.service",
      "etc/systemd/system/web@.service",
      "lib/systemd/system/web@.service",
    ]);
    assert.equal(entriesOf("user", "web.service")[0], "share/systemd/user/web.service");
  });

  it("is seen as the package that a link leads into", () => {
    assert.equal(sourceOf(`${wanted}/${entry}`, "system", "web.service", wanted), wanted);
    assert.equal(sourceOf(`${old}/${entry}`, "system", "web.service", wanted), old);
  });

  it("is seen as the file when the file was asked for", () => {
    assert.equal(
      sourceOf(`${old}/${entry}`, "system", "web.service", `${wanted}/${entry}`),
      `${old}/${entry}`,
    );
    assert.equal(sourceOf("/dev/null", "system", "web.service", wanted), "/dev/null");
  });
});
