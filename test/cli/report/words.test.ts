import assert from "node:assert/strict";
import { previewOf, profileOn, step, storePath, updateOf, urnOf } from "./made";
import { rendered } from "./rendered";

function pages(text: string, kind: "preview" | "update" = "preview"): string[] {
  return Object.values(rendered(text, kind));
}

describe("the words of a report", function () {
  const unit = { connection: { host: "web1" }, name: "web.service", text: "[Service]\n" };
  const deletions: [what: string, steps: ReturnType<typeof step>, would: RegExp, did: RegExp][] = [
    [
      "a profile that stays",
      step("delete", "web1", profileOn("web1", "/a", { onDestroy: "leave" })),
      /would be forgotten, the profile is left/,
      /\bforgotten, the profile is left/,
    ],
    [
      "a profile that says nothing of it, and so stays",
      step("delete", "web1", profileOn("web1", "/a")),
      /would be forgotten, the profile is left/,
      /\bforgotten, the profile is left/,
    ],
    [
      "a profile that goes back to what was there before us",
      step("delete", "web1", profileOn("web1", "/a", { onDestroy: "rollback" }), undefined, {
        outputs: { originalPath: storePath("before") },
      }),
      /would be forgotten, the profile led back to what was there before/,
      /\bforgotten, the profile led back to what was there before/,
    ],
    [
      "a profile that would go back, before which there was none",
      step("delete", "web1", profileOn("web1", "/a", { onDestroy: "rollback" }), undefined, {
        outputs: { originalPath: "" },
      }),
      /would be deleted/,
      /\bdeleted/,
    ],
    [
      "a NixOS that would go back, before which there was none, and so stays",
      step("delete", "web1", profileOn("web1", "/a", { onDestroy: "rollback", kind: "nixos" })),
      /would be forgotten, the profile is left/,
      /\bforgotten, the profile is left/,
    ],
    [
      "a profile that goes",
      step("delete", "web1", profileOn("web1", "/a", { onDestroy: "remove" })),
      /would be deleted/,
      /\bdeleted/,
    ],
    [
      "a unit that is retained",
      step("delete", "web1", unit, undefined, { type: "SystemdUnit", retainOnDelete: true }),
      /would be forgotten, left as it is/,
      /\bforgotten, left as it is/,
    ],
    [
      "a unit",
      step("delete", "web1", unit, undefined, { type: "SystemdUnit" }),
      /would be deleted/,
      /\bdeleted/,
    ],
  ];
  for (const [what, one, would, did] of deletions) {
    it(`say of the deletion of ${what} what becomes of it`, () => {
      for (const page of pages(previewOf([one]))) {
        assert.match(page, would);
        assert.match(page, /to be looked after no more/);
      }
      for (const page of pages(updateOf([one]), "update")) {
        assert.match(page, did);
        assert.match(page, /looked after no more/);
        assert.doesNotMatch(page, /to be looked after|would be/);
      }
    });
  }

  it("say of a value that is too long how much more there is of it", () => {
    const unit = (end: string): Record<string, unknown> => ({
      connection: { host: "web1" },
      source: `${"a".repeat(170)}${end}`,
    });
    const steps = [step("update", "web1", unit("b"), unit("c"), { type: "SystemdUnit" })];
    const { markdown, html } = rendered(previewOf(steps));
    assert.match(markdown, /path: `a{160}…` and 11 more characters → `a{160}…` and 11 more characters/);
    assert.match(html, /a{170}c/);
  });

  const changed = (was: object, is: object): ReturnType<typeof step> =>
    step("update", "web1", profileOn("web1", "/a", { ...was }), profileOn("web1", "/b", { ...is }));
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  const some = { packages: { zlib: "1" } };

  it("say of packages what is not known of them, and why", () => {
    for (const page of pages(previewOf([changed(some, { packages: unknown })])))
      assert.match(page, /not known before it is built/);
    for (const text of pages(previewOf([changed({}, some)]))) {
      assert.match(text, /what was there before is not known/);
      assert.doesNotMatch(text, /before it is built/);
    }
    for (const text of pages(updateOf([changed(some, {})]), "update")) {
      assert.match(text, /not known/);
      assert.doesNotMatch(text, /before it is built|what was there before/);
    }
  });

  it("say of units what is not known of them", () => {
    const units = { units: { "a.service": "1" } };
    for (const page of pages(previewOf([changed(units, { units: unknown })])))
      assert.match(page, /Units: not known before it is built/);
  });

  it("keep in a host's row that some packages are not known", () => {
    const home = { connection: { host: "web1" }, profile: "home" };
    const text = previewOf([
      changed({ packages: { zlib: "1" } }, { packages: { zlib: "2" } }),
      step(
        "update",
        "web1-home",
        { ...home, path: "/c", ...some },
        { ...home, path: "/d", packages: unknown },
      ),
    ]);
    const { markdown, html } = rendered(text);
    assert.match(markdown, /^\| `web1` \|.* `~ zlib 1 → 2`, some not known before it is built \|/m);
    assert.match(html, /some are not known before it is built/);
  });

  it("say of a garbage collection that failed why, on its host", () => {
    const collection = { connection: { host: "web1" }, triggers: ["/b"] };
    const steps = [
      changed(some, some),
      step("update", "web1", collection, collection, { type: "HostGarbageCollection" }),
    ];
    const message = "collecting garbage on web1 failed: locked by deployment 12ab";
    const diagnostic = { urn: urnOf("web1", "HostGarbageCollection"), severity: "error", message };
    for (const page of pages(previewOf(steps, [diagnostic]))) {
      assert.match(page, /garbage collection/);
      assert.match(page, /locked by deployment 12ab/);
    }
    assert.match(rendered(previewOf(steps, [diagnostic])).markdown, /^\| `web1` \| \*\*failed\*\*/m);
  });

  it("say what a policy found in an update, and on which host", () => {
    const policyEvent = (enforcementLevel: string, message: string): Record<string, unknown> => ({
      policyEvent: {
        resourceUrn: urnOf("web1"),
        message: `<{%reset%}>${message}<{%reset%}>\n`,
        color: "raw",
        policyName: "no-denied-packages",
        policyPackName: "nix",
        enforcementLevel,
      },
    });
    const events = [policyEvent("mandatory", "openssl 1.1.1 is denied"), policyEvent("advisory", "it grows")];
    for (const page of pages(updateOf([changed(some, some)], events, "failed"), "update")) {
      assert.match(page, /policy no-denied-packages of nix: openssl 1\.1\.1 is denied/);
      assert.match(page, /policy no-denied-packages of nix: it grows/);
      assert.doesNotMatch(page, /reset|not in what it printed/);
    }
    const { markdown } = rendered(updateOf([changed(some, some)], events, "failed"), "update");
    assert.match(markdown, /^\| `web1` \| \*\*failed\*\*/m);
    assert.match(markdown, /\*\*Error\*\*: `policy.*denied`/);
    assert.match(markdown, /\*\*Warning\*\*: `policy.*grows`/);
  });
});
