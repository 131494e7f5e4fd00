import assert from "node:assert/strict";
import { rendered } from "./rendered";

const traps = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</pre></section><h1>approved</h1>",
  "</title><script>alert(1)</script>",
  "`` ` ``` ````",
  "```\n\n# approved\n\n```",
  "~~~\n# approved\n~~~",
  "@everyone #1 !2 owner/repository#3",
  "[click](https://evil.example/) ![](https://evil.example/x.png)",
  "a | b | c\n| - | - |",
  "--> # approved <!--",
  "</details></details>",
  "\u202eexe.txt\u202c \u001b[31mred \u0007",
];

describe("whatever stands in what the engine printed", function () {
  for (const trap of traps) {
    it(`is text and nothing else: ${JSON.stringify(trap)}`, () => {
      // As many lines, and nothing in them that means anything.
      let line = 0;
      const harmless = rendered(withEverywhere(trap.replace(/[^\n]+/g, () => `harmless${line++}`)));
      const { markdown, html } = rendered(withEverywhere(trap));
      assert.equal(outsideOfCode(markdown), outsideOfCode(harmless.markdown));
      const tags = (text: string): string[] => text.match(/<\/?[a-z!][^>]*>/gi) ?? [];
      assert.deepEqual(tags(html).map(withoutTitle), tags(harmless.html).map(withoutTitle));
      assert.doesNotMatch(markdown + html, /[\u202a-\u202e\u001b\u0007]/);
    });
  }

  it("ends no cell of a table", () => {
    for (const trap of traps) {
      const table = rendered(withEverywhere(trap)).markdown.match(/^\|.*\|$/gm) ?? [];
      const cells = table.slice(0, 3).map((row) => row.replaceAll("\\|", "").split("|").length);
      assert.equal(new Set(cells).size, 1, table.join("\n"));
    }
  });

  it("is shown all the same", () => {
    const { markdown, html } = rendered(withEverywhere("<b>&"));
    assert.ok(markdown.includes("<b>&"));
    assert.ok(html.includes("&#60;b&#62;&#38;"));
  });
});

/** Of the Markdown what is not code: it has to be the same whatever is in the code. */
function outsideOfCode(markdown: string): string {
  const withoutFences = markdown.replace(/^(`{3,})[a-z]*\n[^]*?^\1$/gm, "FENCE");
  return withoutFences
    .replace(/(`+)(?!`)(?:[^`]|(?!\1(?!`))`+)*?\1(?!`)/g, "CODE")
    .replace(/^<!-- .* -->$/m, "MARKER");
}

function withoutTitle(tag: string): string {
  return tag.replace(/ title="[^"]*"/, "");
}

function withEverywhere(text: string): string {
  const name = (type: string): string =>
    `urn:pulumi:${text}::${text}::pulumi-nodejs:dynamic/nix:${type}::${text}`;
  const state = (version: string): object => ({
    inputs: {
      connection: { host: `${text}.host` },
      profile: text,
      name: text,
      path: `${text} ${version}`,
      state: `${text} ${version}`,
      packages: { [text]: `${version} ${text}` },
      units: { [text]: version },
      text: `${version}\n${text}\n`,
      [`${text} more`]: version,
    },
  });
  const types = ["ProfileActivation", "SystemdUnit", "ClosureCopy", "NixBuild"];
  const not = "not read, its state is kept as it was: ";
  return JSON.stringify({
    steps: [
      ...types.map((type) => ({
        op: "refresh",
        urn: name(type),
        oldState: state("0"),
        newState: state("0"),
      })),
      ...types.map((type) => ({ op: "update", urn: name(type), oldState: state("1"), newState: state("2") })),
      {
        op: text.replaceAll("\n", " "),
        urn: `urn:pulumi:a::b::${text.replaceAll("::", "")}::${text}`,
        newState: { inputs: {} },
      },
    ],
    diagnostics: [
      { message: text.replaceAll("\n", " "), severity: "error" },
      { urn: name("SystemdUnit"), message: text.replaceAll("\n", " "), severity: "warning" },
      { urn: name("SystemdUnit"), message: `${text}\n${text}`, severity: "info" },
      { urn: name("ProfileActivation"), message: `${not}${text}`, severity: "warning" },
    ],
  });
}
