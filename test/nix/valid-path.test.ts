import assert from "node:assert/strict";
import fc from "fast-check";
import { referencesFirst, type ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath, type StorePath } from "../../provider/values";

const pathOf = (index: number): StorePath =>
  parseStorePath(`/nix/store/${String(index).padStart(32, "0")}-path`);

const validPath = (path: StorePath, references: readonly StorePath[]): ValidPath => ({
  path,
  deriver: undefined,
  references,
  narSize: 0,
  narHash: "0".repeat(64),
  ca: "",
  signatures: [],
});

/** Paths that refer to themselves or to ones with smaller numbers, in any order. */
const acyclic = fc
  .array(fc.array(fc.nat(), { maxLength: 5 }), { maxLength: 40 })
  .map((all) =>
    all.map((numbers, index) =>
      validPath(pathOf(index), [...new Set(numbers.map((n) => pathOf(n % (index + 1))))]),
    ),
  )
  .chain((infos) => fc.shuffledSubarray(infos, { minLength: infos.length }));

describe("paths with their references first", () => {
  it("are the same paths, none before what it refers to", () => {
    fc.assert(
      fc.property(acyclic, (infos) => {
        const ordered = referencesFirst(infos);
        assert.deepEqual(new Set(ordered), new Set(infos));
        assert.equal(ordered.length, infos.length);
        const seen = new Set<StorePath>();
        for (const { path, references } of ordered) {
          seen.add(path);
          for (const reference of references) assert.ok(seen.has(reference), `${path} before ${reference}`);
        }
      }),
    );
  });

  it("may refer to what is not among them", () => {
    const info = validPath(pathOf(1), [pathOf(2), pathOf(3)]);
    assert.deepEqual(referencesFirst([info]), [info]);
  });

  it("may be as deep as somebody made them", () => {
    const chain = Array.from({ length: 200_000 }, (_, index) =>
      validPath(pathOf(index), [pathOf(index + 1)]),
    );
    assert.deepEqual(referencesFirst(chain), chain.reverse());
  });

  it("come to an end also when a store claims that they refer to each other", () => {
    const [one, other] = [validPath(pathOf(1), [pathOf(2)]), validPath(pathOf(2), [pathOf(1)])];
    assert.deepEqual(new Set(referencesFirst([one, other])), new Set([one, other]));
  });
});
