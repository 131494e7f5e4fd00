import assert from "node:assert/strict";
import { cacheUrlSchema, nameOf, parseCacheUrl } from "../../provider/cache/cache-url";

describe("the URL of a binary cache", () => {
  const understood: [string, object, string][] = [
    ["file:///var/cache/nix/", { kind: "file", folder: "/var/cache/nix" }, "file:///var/cache/nix"],
    ["file:///a%20b", { kind: "file", folder: "/a b" }, "file:///a b"],
    ["https://cache.example/x/", { kind: "http", url: "https://cache.example/x" }, "https://cache.example/x"],
    ["http://[::1]:8080", { kind: "http", url: "http://[::1]:8080" }, "http://[::1]:8080"],
    [
      "s3://bucket?region=eu-west-1&profile=ours",
      { kind: "s3", bucket: "bucket", region: "eu-west-1", endpoint: undefined, profile: "ours" },
      "s3://bucket",
    ],
    [
      "s3://My.Bucket/?endpoint=10.0.0.1:9000&scheme=http",
      {
        kind: "s3",
        bucket: "My.Bucket",
        region: "us-east-1",
        endpoint: "http://10.0.0.1:9000",
        profile: undefined,
      },
      "s3://My.Bucket",
    ],
  ];
  for (const [text, address, name] of understood) {
    it(`is understood: ${text}`, () => {
      assert.deepEqual(parseCacheUrl(text), address);
      assert.equal(nameOf(parseCacheUrl(text)), name);
    });
  }

  const refused: [string, RegExp][] = [
    ["/var/cache/nix", /^must be file:/],
    ["ssh://web1", /^must be file:/],
    ["file://host/x", /must name a folder/],
    ["file:///", /must name a folder/],
    ["https://u:hunter2@cache.example", /that is a credential/],
    ["s3://hunter2@bucket", /that is a credential/],
    ["s3://bucket/folder", /nothing below it/],
    ["s3://?region=x", /must name a bucket|must be file/],
    ["s3://bucket?compression=xz", /takes no 'compression': that is the input compression$/],
    ["https://cache.example?secret-key=/key", /that is the input signWith/],
    ["s3://bucket?multipart-upload=true", /takes no 'multipart-upload'$/],
  ];
  for (const [text, reason] of refused) {
    it(`is refused: ${text}`, () => {
      const result = cacheUrlSchema.safeParse(text);
      assert.equal(result.success, false);
      const [issue] = result.error.issues;
      assert.match(issue?.message ?? "", reason);
      assert.ok(!issue?.message.includes("hunter2"));
    });
  }
});
