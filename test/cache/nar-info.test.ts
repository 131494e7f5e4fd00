import assert from "node:assert/strict";
import { narInfoKey, parseNarInfo, withSignatures } from "../../provider/cache/nar-info";
import { parseStorePath } from "../../provider/values";

const path = parseStorePath("/nix/store/farf60xyfd607slbwivs9mprfwz2rqxn-f");
const hash = "01m86p4lnxab19y9qxpym4k1xl4c5n9nvva294mfyvir5kj09znv";
const text = `StorePath: ${path}
URL: nar/1ha37sp9w73681hswz7ivihyhdspkbk71gsihclawsx5w37734zp.nar.zst
Compression: zstd
FileHash: sha256:1ha37sp9w73681hswz7ivihyhdspkbk71gsihclawsx5w37734zp
FileSize: 97
NarHash: sha256:${hash}
NarSize: 128
References: farf60xyfd607slbwivs9mprfwz2rqxn-f
Deriver: unknown-deriver
Strange: a line of another program
Sig: one:AAAA
CA: fixed:r:sha256:${hash}
`;

describe("what a cache says of a path", () => {
  it("is understood", () => {
    assert.equal(narInfoKey(path), "farf60xyfd607slbwivs9mprfwz2rqxn.narinfo");
    const { text: whole, narHash, ...info } = parseNarInfo(text, path);
    assert.equal(whole, text);
    assert.match(narHash, /^[0-9a-f]{64}$/);
    assert.deepEqual(info, {
      path,
      deriver: undefined,
      references: [path],
      narSize: 128,
      ca: `fixed:r:sha256:${hash}`,
      signatures: ["one:AAAA"],
      url: "nar/1ha37sp9w73681hswz7ivihyhdspkbk71gsihclawsx5w37734zp.nar.zst",
    });
    const inHex = text.replace(`NarHash: sha256:${hash}`, `NarHash: sha256:${narHash}`);
    assert.equal(parseNarInfo(inHex, path).narHash, narHash);
    assert.deepEqual(parseNarInfo(text.replace(/^References: .*$/m, "References: "), path).references, []);
  });

  it("is understood of a server that makes archives while they are read, and knows of no file", () => {
    const served = (url: string): string =>
      text
        .replace(/^(File\w+|Sig|CA): .*\n/gm, "")
        .replace(/^URL: .*\nCompression: .*$/m, `URL: ${url}\nCompression: none`);
    const name = narInfoKey(path).replace(".narinfo", "");
    for (const url of [`nar/${name}.nar`, `nar/${name}-${hash}.nar`, `nar/${hash}.nar?hash=${name}`]) {
      assert.doesNotMatch(served(url), /File|Sig|CA/);
      const info = parseNarInfo(served(url), path);
      assert.deepEqual([info.url, info.narSize, info.signatures, info.ca], [url, 128, [], ""]);
      assert.equal(info.narHash, parseNarInfo(text, path).narHash);
    }
  });

  it("keeps all its lines when it is signed, and gets no signature twice", () => {
    const signed = withSignatures(parseNarInfo(text, path), ["one:AAAA", "two:BBBB"]);
    assert.equal(signed, `${text}Sig: two:BBBB\n`);
    assert.deepEqual(parseNarInfo(signed, path).signatures, ["one:AAAA", "two:BBBB"]);
  });

  const wrong: [string, string, string][] = [
    ["is of another path", "StorePath: /nix/store/farf", "StorePath: /nix/store/0arf"],
    ["has an object elsewhere", "URL: nar/", "URL: https://elsewhere/"],
    ["has an object above", "URL: nar/", "URL: nar/../../"],
    ["has no hash", `NarHash: sha256:${hash}`, "NarHash: md5:00"],
    ["has no size", "NarSize: 128", "NarSize: many"],
    ["refers to what is no path", "References: farf", "References: ../farf"],
  ];
  for (const [what, from, to] of wrong) {
    it(`is refused when it ${what}`, () => {
      assert.notEqual(text.replace(from, to), text);
      assert.throws(() => parseNarInfo(text.replace(from, to), path));
    });
  }
});
