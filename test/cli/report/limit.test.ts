import assert from "node:assert/strict";
import { mostBytes } from "../../../cli/report/detail";
import { manyHosts } from "./many-hosts";
import { rendered } from "./rendered";

describe("a report that is too long for a comment", function () {
  it("tells of 60 hosts with 1,500 changed packages each in one comment, and counts what it leaves out", () => {
    const { markdown } = rendered(manyHosts({ hosts: 60, packages: 1500, kinds: 1 }));
    fits(markdown);
    assert.match(markdown, /: 60 of 60 hosts would change, 24\.0 MiB to copy$/m);
    assert.match(markdown, /^\| \*\*60\*\*: `node1 \(10\.0\.1\.1\)`, .* \| `~ linux 6\.1\.69 → 6\.6\.1`/m);
    const listed = markdown.match(/^~ library-0-\d+ /gm)?.length ?? 0;
    const left = Number(/^… and ([\d,]+) more \(/m.exec(markdown)?.[1]?.replace(",", ""));
    assert.ok(listed > 100, `only ${listed} are listed`);
    assert.ok(listed + left >= 1500, `${listed} listed, ${left} left out`);
  });

  it("tells of 60 hosts that change each in another way, all of them in the table", () => {
    const { markdown, html } = rendered(manyHosts({ hosts: 60, packages: 300, kinds: 60 }));
    fits(markdown);
    for (let host = 1; host <= 60; host++) {
      assert.match(markdown, new RegExp(`^\\| \`node${host} \\(10\\.0\\.1\\.${host}\\)\` \\|`, "m"));
      // The page leaves nothing out.
      assert.ok(html.includes(`library-${host - 1}-299<`));
    }
    assert.match(
      markdown,
      /^… and \d+ more groups of hosts, of which only the table tells\.$|^… and [\d,]+ more \(/m,
    );
  });

  it("fits whatever is in it", () => {
    for (const sign of ["a", "`", "|", "\n", "\u{1f600}", "<", "\u0000", "-", "\u202e"]) {
      const long = sign.repeat(1000);
      const { markdown } = rendered(hostile(long));
      fits(markdown);
      assert.match(markdown, /hosts? would change/);
    }
  });

  it("keeps every fence and fold closed, however much it leaves out", () => {
    for (const packages of [0, 300]) {
      for (const kinds of [1, 30]) {
        const { markdown } = rendered(manyHosts({ hosts: 30, packages, kinds }));
        fits(markdown);
        assert.equal(markdown.match(/^<details>$/gm)?.length, markdown.match(/^<\/details>$/gm)?.length);
        assert.equal((markdown.match(/^```/gm)?.length ?? 0) % 2, 0);
      }
    }
  });
});

function fits(markdown: string): void {
  assert.ok(Buffer.byteLength(markdown) <= mostBytes, `${Buffer.byteLength(markdown)} bytes`);
  assert.ok(markdown.length <= 65_536);
}

/** Many of everything, named by a text. */
function hostile(text: string): string {
  const all = Array.from({ length: 12 }, (_one, index) => index);
  const urn = (index: number, type = "pulumi-nodejs:dynamic/nix:ProfileActivation"): string =>
    `urn:pulumi:${text}::${text}::${type}::${index}${text}`;
  const state = (index: number, version: string): object => ({
    inputs: {
      connection: { host: `${index}${text}` },
      profile: text,
      path: `${text}${version}`,
      kind: `${text}${version}`,
      packages: Object.fromEntries(all.map((at) => [`${at}${text}`, `${version}${text}`])),
      units: Object.fromEntries(all.map((at) => [`${at}${text}`, version])),
      [`${text}property`]: version,
    },
  });
  return JSON.stringify({
    steps: all.flatMap((index) => [
      { op: "update", urn: urn(index), oldState: state(index, "1"), newState: state(index, "2") },
      { op: "create", urn: urn(index, "some:other:Type"), newState: { inputs: {} } },
      { op: "create", urn: urn(index, "pulumi-nodejs:dynamic/nix:NixBuild"), newState: state(index, "3") },
    ]),
    diagnostics: all.flatMap((index) => [
      { urn: urn(index), message: `${index}${text}`, severity: "warning" },
      { message: `${index}${text}\n${text}`, severity: "error" },
    ]),
  });
}
