import assert from "node:assert/strict";
import {
  generateKeys,
  keyNameSchema,
  parsePublicKey,
  parseSecretKey,
  publicKeySchema,
  secretKeySchema,
} from "../../provider/nix/signing-keys";
import { sharedFleet, type Host } from "../fleet";

const nix = "nix --extra-experimental-features nix-command";

describe("keys for signing", () => {
  let machines: Host[];
  before(async () => {
    machines = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
  });

  it("that we make are such as Nix reads, and belong together", async () => {
    const { secretKey, publicKey } = generateKeys("ours-1");
    assert.match(secretKey, /^ours-1:[0-9A-Za-z+/]{86}==$/);
    assert.notEqual(generateKeys("ours-1").secretKey, secretKey);
    for (const host of machines)
      assert.equal(await host.sh(`${nix} key convert-secret-to-public`, { input: secretKey }), publicKey);
    assert.equal(parseSecretKey(secretKey).publicKey, publicKey);
    assert.equal(parsePublicKey(publicKey).name, "ours-1");
  });

  it("that Nix makes are read, with the public key that Nix takes from them", async () => {
    for (const host of machines) {
      const secretKey = await host.sh(`${nix} key generate-secret --key-name its-1`);
      const publicKey = await host.sh(`${nix} key convert-secret-to-public`, { input: secretKey });
      assert.equal(parseSecretKey(secretKey).publicKey, publicKey);
      assert.equal(secretKeySchema.parse(`${secretKey}\n`), secretKey);
      assert.equal(publicKeySchema.parse(` ${publicKey}\n`), publicKey);
    }
  });

  it("that are wrong are told without a character of them", () => {
    const { secretKey, publicKey } = generateKeys("ours-1");
    const other = generateKeys("ours-1").secretKey;
    const bytes = (text: string): Buffer => Buffer.from(text.slice("ours-1:".length), "base64");
    const mixed = Buffer.concat([bytes(secretKey).subarray(0, 32), bytes(other).subarray(32)]);
    const wrong: [string, RegExp][] = [
      [publicKey, /^is a public key, and a secret one is needed$/],
      [secretKey.slice("ours-1:".length), /^is not a secret key as "nix key generate-secret" writes it/],
      [secretKey.replace("ours-1", "ours 1"), /^is not a secret key/],
      [secretKey.replace("==", "!="), /^is not a secret key/],
      [`ours-1:${bytes(secretKey).toString("base64", 0, 63)}`, /: it has 63 bytes$/],
      [`ours-1:${mixed.toString("base64")}`, /: its two halves do not belong together$/],
      ["", /^is not a secret key/],
    ];
    for (const [text, message] of wrong) {
      const [issue] = secretKeySchema.safeParse(text).error?.issues ?? [];
      assert.match(issue?.message ?? "", message);
      const body = text.split(":").at(-1) ?? "";
      assert.ok(body === "" || !(issue?.message ?? "").includes(body.slice(0, 8)));
    }
  });

  it("that are secret are not taken for public ones", () => {
    const { secretKey } = generateKeys("ours-1");
    const [issue] = publicKeySchema.safeParse(secretKey).error?.issues ?? [];
    assert.equal(issue?.message, "is a secret key: give the public one that belongs to it");
  });

  it("have a name that Nix can tell from the key, and from the next key", () => {
    for (const name of ["", "a b", "a:b", "a\n"]) assert.equal(keyNameSchema.safeParse(name).success, false);
    assert.equal(keyNameSchema.parse("cache.example.org-1"), "cache.example.org-1");
  });
});
