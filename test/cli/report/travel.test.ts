import assert from "node:assert/strict";
import { previewOf, profileOn, step, storePath, updateOf, urnOf } from "./made";
import { rendered, reportOfPreview } from "./rendered";

type Bag = Record<string, unknown>;

const said = (name: string, message: string, more: Bag = {}): Bag => ({
  diagnosticEvent: { urn: urnOf(name, "ClosureCopy"), severity: "info", message, ...more },
});

describe("what a report says of what travels", () => {
  const path = storePath("site");
  const copies = ["web1-system", "web1-home", "web2-system"].map((name) =>
    step(
      "create",
      name,
      undefined,
      { connection: { host: name.slice(0, 4) }, path },
      { type: "ClosureCopy" },
    ),
  );
  const copied = [
    said(
      "web1-system",
      "copied 14 of 80 paths, 61.2 MiB in 3.1 s (19.7 MiB/s), to web1; 3 fetched by itself\n",
    ),
    said("web1-home", "copied 1 of 80 paths, 0.8 MiB in 0.1 s (8.0 MiB/s), to web1\n"),
  ];

  it("is of each host all that its copies brought in an update", () => {
    const { markdown, html } = rendered(updateOf(copies, copied), "update");
    assert.match(markdown, /^\| Hosts \| {2}\| Copied \|$/m);
    assert.match(markdown, /^\| `web1` .* 62\.0 MiB \|$/m);
    assert.match(markdown, /^\| `web2-system \(web2\)` \| `closure` created \| {2}\|$/m);
    assert.match(html, /62\.0 MiB copied/);
    for (const page of [markdown, html]) {
      assert.match(page, /; 3 fetched by itself/);
      assert.doesNotMatch(page, /copied 1 of 80/);
    }
  });

  it("is of all hosts together above them, and nothing when nothing travels", () => {
    const third = said("web2-system", "copied 14 of 80 paths, 61.2 MiB in 3.0 s (20.4 MiB/s), to web2\n");
    const { markdown, html } = rendered(updateOf(copies, [...copied, third]), "update");
    for (const page of [markdown, html]) assert.match(page, /2 of 2 hosts changed, copied 123\.2 MiB/);
    assert.doesNotMatch(rendered(updateOf(copies, []), "update").markdown, /changed, copied/);
  });

  it("is at most the sum of what copies to a host were each foreseen to bring", () => {
    const would = (name: string, message: string): Bag => ({
      urn: urnOf(name, "ClosureCopy"),
      severity: "info",
      message,
    });
    const [one, other, none] = [
      would("web1-system", "would copy 14 of 80 paths, 61.2 MiB, to web1"),
      would("web1-home", "would copy 1 of 80 paths, 0.8 MiB, to web1"),
      would("web1-home", "would copy nothing: all of it is on web1"),
    ];
    const both = rendered(previewOf(copies, [one, other]));
    assert.match(both.markdown, /^\| `web1` .* at most 62\.0 MiB \|$/m);
    assert.match(both.html, /at most 62\.0 MiB to copy/);
    assert.match(both.markdown, /would change, at most 62\.0 MiB to copy$/m);
    assert.match(rendered(previewOf(copies, [one, none])).markdown, /^\| `web1` .*\| 61\.2 MiB \|$/m);
  });

  it("is not what stood in the status column only", () => {
    const { markdown } = rendered(
      updateOf(copies, [{ ...said("web1-home", "copying", { ephemeral: true }) }]),
      "update",
    );
    assert.doesNotMatch(markdown, /copying/);
  });

  describe("into caches", () => {
    const cache = (url: unknown, more: Bag = {}): Bag => ({ url, path, parallel: 16, ...more });
    const create = (name: string, url: unknown): Bag =>
      step("create", name, undefined, cache(url), { type: "BinaryCache" });
    const would = (name: string, message: string): Bag => ({
      urn: urnOf(name, "BinaryCache"),
      severity: "info",
      message,
    });

    it("is told of a cache as of a host", () => {
      const steps = [
        create("releases", "s3://bucket?endpoint=s3.example:9000"),
        step("update", "web1", profileOn("web1", storePath("a")), profileOn("web1", path)),
      ];
      const message = "would push 14 of 80 paths, 61.2 MiB before compression, to s3://bucket\n";
      const { markdown, html } = rendered(previewOf(steps, [would("releases", message)]));
      assert.match(markdown, /: 1 of 1 host would change, 1 of 1 cache would change, 61\.2 MiB to copy$/m);
      assert.match(markdown, /^\| Hosts and caches \|.*\| To copy \|$/m);
      assert.match(
        markdown,
        /^\| `releases \(cache s3:\/\/bucket\)` \| `closure` would be created \|.*61\.2 MiB \|$/m,
      );
      assert.match(html, /<h2>Hosts and caches, those with the same change together<\/h2>/);
      assert.match(html, /releases \(cache s3:\/\/bucket\)[^]*61\.2 MiB to copy/);
      for (const page of [markdown, html]) assert.doesNotMatch(page, /s3\.example|would push/);
    });

    it("says what an update pushed, or why it did not", () => {
      const pushed = {
        urn: urnOf("releases", "BinaryCache"),
        severity: "info",
        message: "pushed 2 of 9 paths, 1.5 MiB, to https://cache",
      };
      const events = [{ diagnosticEvent: pushed }];
      const { markdown } = rendered(updateOf([create("releases", "https://cache")], events), "update");
      assert.match(
        markdown,
        /^\| `releases \(cache https:\/\/cache\)` \| `closure` created \| 1\.5 MiB \|$/m,
      );
      const failed = {
        ...pushed,
        severity: "error",
        message: "writing x on https://cache failed: status 403",
      };
      const unfinished = {
        resourcePreEvent: {
          metadata: { op: "create", urn: pushed.urn, new: { inputs: cache("https://cache") } },
        },
      };
      const text = updateOf([], [unfinished, { diagnosticEvent: failed }], "failed");
      assert.match(rendered(text, "update").markdown, /^\| `releases.*\*\*failed\*\*/m);
    });

    it("says of one that is deleted that what was pushed stays", () => {
      const gone = step("delete", "releases", cache("https://cache"), undefined, { type: "BinaryCache" });
      assert.match(rendered(previewOf([gone])).markdown, /would be forgotten, left as it is/);
    });

    it("says of one that is replaced only at the new place what would be pushed", () => {
      const [was, is] = ["https://old", "https://new"].map((url) => cache(url));
      const moved = step("replace", "releases", was, is, { type: "BinaryCache" });
      const said = would(
        "releases",
        "would push 14 of 80 paths, 61.2 MiB before compression, to https://new",
      );
      const { markdown } = rendered(previewOf([moved], [said]));
      assert.match(markdown, /^\| `releases \(cache https:\/\/new\)` .* 61\.2 MiB \|$/m);
      assert.match(markdown, /^\| `releases \(cache https:\/\/old\)` .*\| {2}\|$/m);
    });

    it("counts hosts and caches apart, and puts none beside the other", () => {
      const urls = ["file:///a", "file:///b", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"];
      const same = urls.map((url, index) =>
        step("same", `cache${index}`, cache(url), cache(url), { type: "BinaryCache" }),
      );
      const host = step("same", "web1", profileOn("web1", path), profileOn("web1", path));
      const text = previewOf([...same, host]);
      assert.match(rendered(text).markdown, /: nothing changes on 1 host and 3 caches$/m);
      assert.deepEqual(
        reportOfPreview(text).groups.map(({ hosts }) => hosts.map(({ label }) => label)),
        [["cache0 (cache file:///a)", "cache1 (cache file:///b)", "cache2"], ["web1"]],
      );
    });
  });
});
