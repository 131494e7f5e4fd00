import assert from "node:assert/strict";
import fc from "fast-check";
import { base32OfHex, hexOfBase32 } from "../../provider/nix/nix-hash";
import { environment, output, run, setEnvironment } from "../fleet";

const hex = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));

describe("Nix's base 32", () => {
  let restoreEnvironment: () => void;
  before(() => void (restoreEnvironment = setEnvironment(environment())));
  after(() => restoreEnvironment());

  it("is what nix-hash writes, and what it reads", async () => {
    const hashes = ["0".repeat(64), "f".repeat(64), "8".padEnd(64, "0"), ...fc.sample(hex, 30)];
    const converted = async (option: string, from: readonly string[]): Promise<string[]> => {
      const command = ["nix-hash", "--type", "sha256", option, ...from];
      return output(command.join(" "), await run(command))
        .trim()
        .split("\n");
    };
    const base32 = await converted("--to-base32", hashes);
    assert.deepEqual(hashes.map(base32OfHex), base32);
    assert.deepEqual(
      base32.map((text) => hexOfBase32(text)),
      hashes,
    );
    assert.deepEqual(await converted("--to-base16", hashes.map(base32OfHex)), hashes);
  });

  it("comes back as it went, whatever the hash", () => {
    fc.assert(fc.property(hex, (hash) => hexOfBase32(base32OfHex(hash)) === hash));
  });

  it("of anything but a SHA-256 is refused", () => {
    const whole = base32OfHex("0".repeat(64));
    for (const text of ["", whole.slice(1), `${whole}0`, whole.replace(/0$/, "e"), whole.replace(/0$/, "é")])
      assert.throws(() => hexOfBase32(text), /is not a hash of 32 bytes in Nix's base 32/, text);
    // 52 digits hold four bits more than a SHA-256 has.
    assert.throws(() => hexOfBase32(`2${"0".repeat(51)}`), /is not a hash of 32 bytes/);
    fc.assert(
      fc.property(fc.string({ minLength: 52, maxLength: 52 }), (text) => {
        try {
          return /^[0-9a-f]{64}$/.test(hexOfBase32(text));
        } catch (error) {
          return /is not a hash of 32 bytes/.test((error as Error).message);
        }
      }),
    );
  });
});
