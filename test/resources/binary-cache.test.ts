import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { narInfoKey, parseNarInfo, type NarInfo } from "../../provider/cache/nar-info";
import { checkInputs } from "../../provider/check";
import { ConnectError } from "../../provider/errors";
import { nameOfKey } from "../../provider/nix/signature";
import { generateKeys } from "../../provider/nix/signing-keys";
import { binaryCache } from "../../provider/resources/binary-cache";
import type { StorePath } from "../../provider/values";
import { closureOf, freshClosure } from "../cache/payload";
import { environment, setEnvironment } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";
import { Managed, untyped } from "./managed";

describe("a closure in a binary cache", function () {
  let home: string;
  let restoreEnvironment: () => void;
  let web: WebCache;
  let managed: Managed;
  const ours = generateKeys("ours-1");

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "pulumi-nix-cache-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: home });
    web = await startWebCache();
  });
  after(async () => {
    await web.stop();
    restoreEnvironment();
    rmSync(home, { recursive: true });
  });
  beforeEach(async () => {
    managed = new Managed(untyped(binaryCache), "urn::pushed");
    await web.forget();
  });
  afterEach(() => managed.close());

  const inputs = (path: StorePath, more: object = {}): object => ({
    url: web.url,
    credentials: writer,
    path,
    ...more,
  });
  const narInfo = (path: StorePath): string => join(web.folder, narInfoKey(path));
  const narInfoOf = (path: StorePath): NarInfo => parseNarInfo(readFileSync(narInfo(path), "utf8"), path);
  const archive = (path: StorePath): string => join(web.folder, narInfoOf(path).url);

  it("is there afterwards, and what was pushed is left when it is removed", async () => {
    const path = await freshClosure(1000);
    const state = await managed.up(inputs(path, { signWith: ours.secretKey }));
    assert.deepEqual(state["publicKeys"], [ours.publicKey]);
    assert.deepEqual(await managed.drift(inputs(path, { signWith: [ours.secretKey] })), []);
    await managed.destroy();
    assert.ok(existsSync(narInfo(path)));
    assert.match(managed.said.join("\n"), /what was pushed to http:.* stays there/);
  });

  it("says how much was pushed, and nothing when nothing was", async () => {
    const path = await freshClosure(1000);
    await managed.up(inputs(path, { signWith: ours.secretKey }));
    assert.match(managed.said.join("\n"), /^info: pushed 3 of 3 paths, 0\.0 MiB, to http:\S+\/open$/);
    await managed.ensure(inputs(path, { signWith: ours.secretKey }));
    assert.equal(managed.said.length, 1);
    await managed.up(inputs(path, { signWith: [ours.secretKey, generateKeys("another-1").secretKey] }));
    assert.match(String(managed.said[1]), /^info: pushed 0 of 3 paths, .*; 3 that it had are signed now$/);
  });

  it("that lost a path shows it, and gets it again", async () => {
    const path = await freshClosure(1000);
    const [bottom = path] = await closureOf(path);
    await managed.up(inputs(path));
    rmSync(narInfo(bottom));
    managed.state = await managed.read();
    assert.equal(managed.state?.["path"], `incomplete: ${path}`);
    await managed.up(inputs(path));
    assert.deepEqual(await managed.drift(inputs(path)), []);
    rmSync(narInfo(path));
    assert.equal((await managed.read())?.["path"], `missing: ${path}`);
  });

  it("that lost an archive shows it, says so in a preview, and gets it again under the signatures that it had", async () => {
    const path = await freshClosure(1000);
    const [bottom = path] = await closureOf(path);
    const given = inputs(path, { signWith: ours.secretKey });
    await managed.up(given);
    for (const [compression, at] of [
      ["zstd", bottom],
      ["xz", bottom],
      ["xz", path],
    ] as const) {
      const wanted = inputs(path, { compression });
      rmSync(archive(at));
      managed.state = await managed.read();
      assert.equal(managed.state?.["path"], `${at === path ? "missing" : "incomplete"}: ${path}`);
      assert.match(await managed.previewed(wanted), /^info: would push 1 of 3 paths/);
      await managed.up(wanted);
      assert.match(String(managed.said.at(-1)), /^info: pushed 1 of 3 paths/);
      assert.ok(existsSync(archive(at)));
      assert.deepEqual(narInfoOf(at).signatures.map(nameOfKey), ["ours-1"]);
      assert.deepEqual(await managed.drift(wanted), []);
    }
  });

  it("with a path of another build whose archive is lost gets ours, without signatures that do not fit it", async () => {
    const path = await freshClosure(1000);
    const [bottom = path] = await closureOf(path);
    await managed.up(inputs(path, { signWith: ours.secretKey }));
    const info = readFileSync(narInfo(bottom), "utf8");
    const another = info.replace(/^NarHash: .*$/m, `NarHash: sha256:${"0".repeat(52)}`);
    writeFileSync(narInfo(bottom), another.replace(/^URL: .*$/m, "URL: nar/lost.nar.zst"));
    const other = generateKeys("other-1");
    await managed.up(inputs(path, { signWith: other.secretKey }));
    assert.deepEqual(managed.state?.["otherBuilds"], []);
    assert.ok(existsSync(archive(bottom)));
    assert.deepEqual(narInfoOf(bottom).signatures.map(nameOfKey), ["other-1"]);
    assert.deepEqual(narInfoOf(path).signatures.map(nameOfKey), ["ours-1", "other-1"]);
  });

  it("is signed anew with another key, and not for another compression, other credentials or the same key", async () => {
    const path = await freshClosure(1000);
    await managed.up(inputs(path, { signWith: [ours.secretKey] }));
    await web.forget();
    await managed.up(
      inputs(path, { signWith: [ours.secretKey], compression: "xz", credentials: {}, parallel: 2 }),
    );
    assert.deepEqual(await web.asked(), []);
    const other = generateKeys("ours-2");
    await managed.up(inputs(path, { signWith: [other.secretKey] }));
    assert.deepEqual(managed.state?.["publicKeys"], [other.publicKey]);
    assert.deepEqual(await managed.drift(inputs(path, { signWith: [other.secretKey] })), []);
  });

  it("whose signature was taken away shows that", async () => {
    const path = await freshClosure(1000);
    await managed.up(inputs(path));
    managed.state = { ...managed.state, publicKeys: [ours.publicKey] };
    assert.equal((await managed.read())?.["path"], `unsigned: ${path}`);
  });

  it("with a path of another build is left so, and is as it should be", async () => {
    const path = await freshClosure(1000);
    const [bottom = path] = await closureOf(path);
    await managed.up(inputs(path));
    const info = readFileSync(narInfo(bottom), "utf8");
    writeFileSync(narInfo(bottom), info.replace(/^NarHash: .*$/m, `NarHash: sha256:${"0".repeat(52)}`));
    const signing = inputs(path, { signWith: ours.secretKey });
    await managed.up(signing);
    assert.deepEqual(managed.state?.["otherBuilds"], [bottom]);
    assert.deepEqual(await managed.drift(signing), []);
  });

  it("may be of several paths, of which each is looked after", async () => {
    const paths = [await freshClosure(1000), await freshClosure(1000)];
    const both = { url: web.url, credentials: writer, paths };
    await managed.up(both);
    rmSync(narInfo(paths[1] as StorePath));
    assert.deepEqual((await managed.read())?.["paths"], [paths[0], `missing: ${paths[1]}`]);
  });

  it("is not known while the cache is away or does not let us in", async () => {
    const path = await freshClosure(1000);
    await managed.up(inputs(path, { url: web.privateUrl }));
    managed.state = { ...managed.state, credentials: {} };
    await assert.rejects(
      managed.read(),
      (error: Error) => error instanceof ConnectError && error.phase === "login",
    );
    managed.state = { ...managed.state, url: "http://127.0.0.1:9/" };
    await assert.rejects(
      managed.read(),
      (error: Error) => error instanceof ConnectError && error.phase === "reach",
    );
  });

  it("says in a preview what would be pushed", async () => {
    const path = await freshClosure(100_000);
    assert.equal(
      await managed.previewed(inputs(path)),
      `info: would push 3 of 3 paths, 0.3 MiB before compression, to ${web.url}`,
    );
    await managed.up(inputs(path));
    assert.equal(
      await managed.previewed(inputs(path)),
      `info: would push nothing: ${web.url} has all 3 paths`,
    );
    const nowhere = `/nix/store/${"0".repeat(32)}-nowhere` as StorePath;
    assert.match(await managed.previewed(inputs(nowhere)), /is known when nowhere is here$/);
  });

  const wrong: [object, string][] = [
    [{ path: undefined }, "path: exactly one of path and paths has to be given"],
    [{ url: "https://u:hunter2@cache" }, "url: must name no user: that is a credential"],
    [
      { credentials: { accessKeyId: "x", secretAccessKey: "hunter2" } },
      "credentials: accessKeyId is nothing that a cache at http:// is opened with",
    ],
    [{ credentials: { password: "hunter2" } }, "credentials: password goes with user"],
    [{ signWith: ["hunter2"] }, "signWith.0: is not a secret key"],
    [{ compression: "xz", compressionLevel: 10 }, "compressionLevel: of xz must be at most 9"],
    [{ compressionLevel: 23 }, "compressionLevel: of zstd must be at most 22"],
    [{ compression: "lzma" }, 'compression: must be "zstd" or "xz"'],
  ];
  for (const [change, reason] of wrong) {
    it(`is refused with ${JSON.stringify(change)}, without a secret in what is said`, () => {
      const path = `/nix/store/${"0".repeat(32)}-x`;
      const { problems } = checkInputs(untyped(binaryCache), { url: "https://cache", path, ...change });
      const said = problems.map((problem) => `${problem.property}: ${problem.reason}`);
      assert.equal(said.length, 1, said.join("\n"));
      assert.ok(said[0]?.startsWith(reason), said[0]);
      assert.ok(!said[0]?.includes("hunter2"));
    });
  }
});
