import assert from "node:assert/strict";
import { connectionSchema, isLocal, type RemoteConnection } from "../../provider/connection";
import { sendDirectly } from "../../provider/copy/send-directly";
import type { Host } from "../../provider/host/host";
import type { StorePath } from "../../provider/values";

const path = `/nix/store/${"a".repeat(32)}-it` as StorePath;
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfD7jDgF1mR6FQm4SxEqm0WvJWqFqzLpDTtu7mFDPUy";

/** A machine that must not be asked for anything. */
const untouched = {
  name: "source",
  run: () => assert.fail("it was asked to send"),
} as unknown as Host;

function send(fields: object): Promise<string | undefined> {
  const target = connectionSchema.parse({ host: "web1", ...fields });
  assert.ok(!isLocal(target));
  return sendDirectly({
    source: { host: untouched, as: undefined },
    target: target satisfies RemoteConnection,
    paths: [path],
    onLine: () => undefined,
  });
}

describe("sending directly from one machine to another", () => {
  it("lends no password, and no key that needs one", async () => {
    const reason = "the connection to web1 has no privateKey without a password";
    assert.equal(await send({ hostKey }), reason);
    assert.equal(await send({ hostKey, password: "secret" }), reason);
    assert.equal(await send({ hostKey, privateKey: "key", privateKeyPassword: "secret" }), reason);
    assert.equal(
      await send({ hostKey, privateKey: "key", elevate: "sudo", elevatePassword: "secret" }),
      "sudo on web1 takes a password",
    );
  });

  it("is done to a machine only whose host key is known as a whole", async () => {
    const reason = "the host key of web1 is not known as a whole (hostKey, knownHosts)";
    assert.equal(await send({ privateKey: "key", hostKey: "SHA256:abc" }), reason);
    assert.equal(await send({ privateKey: "key", hostKey, verifyHostKey: false }), reason);
    assert.equal(await send({ privateKey: "key", knownHosts: "nobody else" }), reason);
    assert.equal(await send({ privateKey: "key", knownHosts: `@revoked web1 ${hostKey}\n` }), reason);
  });
});
