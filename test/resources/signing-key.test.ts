import assert from "node:assert/strict";
import { parsePublicKey, parseSecretKey } from "../../provider/nix/signing-keys";
import { signingKey } from "../../provider/resources/signing-key";
import { Managed, untyped } from "./managed";

describe("a signing key", () => {
  let managed: Managed;
  beforeEach(() => {
    managed = new Managed(untyped(signingKey), "urn::key");
  });
  afterEach(() => managed.close());

  it("is made once, a pair that belongs together", async () => {
    const made = await managed.ensure({ name: "example.org-1" });
    assert.equal(parseSecretKey(String(made["secretKey"])).publicKey, made["publicKey"]);
    assert.equal(parsePublicKey(String(made["publicKey"])).name, "example.org-1");
    assert.deepEqual(await managed.ensure({ name: "example.org-1" }), made);
    assert.deepEqual(await managed.read(), made);
    assert.deepEqual(await managed.drift({ name: "example.org-1" }), []);
  });

  it("of another name is another one", async () => {
    await managed.ensure({ name: "example.org-1" });
    assert.deepEqual(await managed.drift({ name: "example.org-2" }), ["name"]);
    assert.ok(signingKey.replacedBy.includes("name"));
  });

  it("with a name that Nix cannot read is refused", async () => {
    await assert.rejects(
      managed.ensure({ name: "example org" }),
      /^Error: name: must be a name without blanks/,
    );
  });
});
