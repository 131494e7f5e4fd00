import assert from "node:assert/strict";
import { jsonValues } from "../../../cli/report/json-values";
import { packageChanges } from "../../../cli/report/packages";
import { bytesShown, growthShown } from "../../../cli/report/sizes";
import { textDiff } from "../../../cli/report/text-diff";
import { compareVersions } from "../../../cli/report/versions";

describe("what a report is made of", function () {
  it("takes values apart that stand one behind the other, over lines or in one", () => {
    assert.deepEqual(jsonValues('{\n "a": "}{\\"\\\\"\n}\n{"b":[1,{"c":"]"}]}\n\n[]\n'), [
      { a: '}{"\\' },
      { b: [1, { c: "]" }] },
      [],
    ]);
    assert.deepEqual(jsonValues(" \n"), []);
    for (const wrong of ['{"a":1', "error: no stack", '{"a":1}\nkilled', '{"a": "b', "{]}"])
      assert.throws(() => jsonValues(wrong), SyntaxError, wrong);
  });

  it("orders versions as Nix does", () => {
    const sorted = ["", "0.9", "2pre", "2", "2a", "2.1pre3", "2.1", "2.1.1", "2.3", "2.3a", "2.3.1", "2.10"];
    for (const [index, version] of sorted.slice(1).entries()) {
      const before = sorted[index] ?? "";
      if (["2pre", "2a", "2.3a"].includes(version) || before.endsWith("a")) continue;
      assert.ok(compareVersions(before, version) < 0, `${before} < ${version}`);
      assert.ok(compareVersions(version, before) > 0, `${version} > ${before}`);
    }
    // From Nix' own tests (tests/functional/lang, tests/unit: compareVersions).
    for (const [older, newer] of [
      ["2.3a", "2.3c"],
      ["2.3a", "2.3.1"],
      ["2.3pre1", "2.3"],
      ["2.3pre1", "2.3q"],
      ["2.3pre3", "2.3pre12"],
      ["1.9", "1.10"],
    ])
      assert.ok(compareVersions(older ?? "", newer ?? "") < 0, `${older ?? ""} < ${newer ?? ""}`);
    assert.equal(compareVersions("1.0", "1-0"), 0);
  });

  it("puts kernel, foundations and services before all other packages, and tells what is older", () => {
    const was = {
      zlib: "1.3",
      nginx: "1.24.0",
      openssl: "3.0.13",
      linux: "6.1.69",
      "linux-firmware": "2024",
      same: "1",
      gone: "2",
      worse: "2.0",
    };
    const is = {
      zlib: "1.3.1",
      nginx: "1.26.1",
      openssl: "1.1.1w",
      linux: "6.6.1",
      "linux-firmware": "2025",
      same: "1",
      aaa: "",
      worse: "1.9",
    };
    const changes = packageChanges(was, is, new Set(["nginx"]));
    assert.deepEqual(
      changes.map(({ name, kind, matters }) => `${name} ${kind} ${String(matters)}`),
      [
        "linux updated true",
        "openssl downgraded true",
        "linux-firmware updated true",
        "nginx updated true",
        "worse downgraded true",
        "aaa added false",
        "gone removed false",
        "zlib updated false",
      ],
    );
  });

  it("takes no package for one that every object has", () => {
    const [change, ...others] = packageChanges(
      {},
      JSON.parse('{"constructor": "1"}') as Record<string, string>,
      new Set(),
    );
    assert.deepEqual([change?.name, change?.was, others.length], ["constructor", undefined, 0]);
  });

  it("shows lines that differ, and three around them", () => {
    const lines = Array.from({ length: 30 }, (_line, index) => `line ${index}`);
    const changed = lines.map((line, index) => (index === 10 ? "other" : line)).concat("last");
    const diff = textDiff(lines.join("\n"), changed.join("\n"));
    const shown = diff.map((line) => (line === undefined ? "…" : `${line.side} ${line.text}`));
    assert.deepEqual(shown, [
      "…",
      ...["both line 7", "both line 8", "both line 9", "was line 10", "is other"],
      ...["both line 11", "both line 12", "both line 13", "…"],
      ...["both line 27", "both line 28", "both line 29", "is last"],
    ]);
  });

  it("gives both texts back, whatever differs", () => {
    const words = ["a", "b", "c", "d"];
    for (let seed = 1; seed < 400; seed++) {
      const text = (salt: number): string =>
        Array.from(
          { length: (seed * salt) % 7 },
          (_word, at) => words[(seed * salt * (at + 3)) % 4] ?? "",
        ).join("\n");
      const [was, is] = [text(7919), text(104729)];
      if (was === is) continue;
      const diff = textDiff(was, is, 100);
      const side = (without: string): string =>
        diff.flatMap((line) => (line === undefined || line.side === without ? [] : [line.text])).join("\n");
      assert.deepEqual([side("is"), side("was")], [was, is]);
    }
  });

  it("gives up on the best diff of texts without a common line that are very long", () => {
    const text = (word: string): string =>
      Array.from({ length: 5000 }, (_line, at) => `${word} ${at}`).join("\n");
    assert.equal(textDiff(text("a"), text("b")).length, 10_000);
  });

  it("shows sizes in the unit that fits", () => {
    assert.deepEqual([0, 1023, 1024, 64_172_851, 3 * 2 ** 40].map(bytesShown), [
      "0 B",
      "1023 B",
      "1.0 KiB",
      "61.2 MiB",
      "3.0 TiB",
    ]);
    assert.deepEqual(
      [growthShown(10, 5), growthShown(5, 1029), growthShown(1, 1)],
      ["−5 B", "+1.0 KiB", "±0"],
    );
  });
});
