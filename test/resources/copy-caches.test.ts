import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { narInfoKey, parseNarInfo } from "../../provider/cache/nar-info";
import { checkInputs } from "../../provider/check";
import type { Host } from "../../provider/host/host";
import { closureCopy } from "../../provider/resources/closure-copy";
import type { StorePath } from "../../provider/values";
import { closureOf, freshClosure } from "../cache/payload";
import { bridgeOf, hostWithCache, openPlace, type HostWithCache, type Place } from "../cache/place";
import { pushTo, signer } from "../cache/pushed";
import { output, run, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";
import { bring } from "../examples/nixos-system";
import { silentServer } from "../nix/closure-payload";
import { writer, type WebCache } from "../servers/nginx";
import { s3Credentials, startS3, type S3Server } from "../servers/s3";
import { Managed, untyped } from "./managed";

describe("a copied closure, with caches,", function () {
  let place: Place;
  let controller: Host;
  let managed: Managed;
  let made = 0;

  before(async () => {
    place = await openPlace();
    ({ controller } = place);
  });
  after(() => place.close());
  beforeEach(() => {
    managed = new Managed(untyped(closureCopy), `urn::caches-${++made}`);
  });
  afterEach(() => managed.close());

  /** Takes the closure out of this machine's own store. */
  const forgetHere = async (path: StorePath): Promise<StorePath> => {
    output("nix-store --delete", await run(["nix-store", "--delete", ...(await closureOf(path))]));
    return path;
  };
  const said = (): string => managed.said.join("\n");

  for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
    describe(`on ${suite}`, () => {
      let there: HostWithCache;
      let machine: TestHost;
      let other: TestHost;
      let web: WebCache;
      let s3: S3Server;

      before(async () => {
        there = await hostWithCache(suite, place);
        ({ machine, web } = there);
        const second = suite === "trixie" ? "bookworm" : "trixie";
        other = (await sharedFleet({ [second]: 1 }))[second][0] as TestHost;
        s3 = await startS3(bridgeOf(machine));
      });
      after(() => Promise.all([web.stop(), s3.stop()]));
      beforeEach(() => web.forget());

      const pushed = (secretKeys?: string[]): Promise<StorePath> => there.pushed(50_000, secretKeys);
      const fromWeb = (): object => ({ substituters: [web.url], trustedPublicKeys: [signer.publicKey] });
      const up = (path: StorePath, more: object, user: "root" | "alice" = "root"): Promise<unknown> =>
        managed.up({ connection: machine.connection({ user }), path, ...more });
      const whole = (path: StorePath): Promise<string> =>
        machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);

      it("is fetched by the machine itself, as the preview says", async () => {
        const path = await pushed();
        const inputs = { connection: machine.connection(), path, ...fromWeb() };
        assert.equal(
          await managed.previewed(inputs),
          `info: would copy 3 of 3 paths, 0.1 MiB, to ${machine.address}\ninfo: of these ${machine.address} would fetch 3 by itself`,
        );
        await managed.up(inputs);
        assert.match(said(), /^info: copied 0 of 3 paths, 0\.0 MiB, to \S+; 3 fetched by itself$/m);
        await whole(path);
        assert.deepEqual(await managed.drift(inputs), []);
      });

      it("is fetched by the machine itself although another machine has it, as the preview says", async () => {
        const path = await pushed();
        await bring(other, path);
        await forgetHere(path);
        const connection = machine.connection();
        const inputs = { connection, from: other.connection(), path, ...fromWeb() };
        assert.match(
          await managed.previewed(inputs),
          /^info: would copy 3 of 3 paths.*\ninfo: of these \S+ would fetch 3 by itself$/,
        );
        await managed.up(inputs);
        assert.match(said(), /^info: copied 0 of 3 paths.*; 3 fetched by itself$/m);
      });

      it("is sent where the cache has nothing of it, or only a part", async () => {
        const path = await pushed();
        rmSync(join(web.folder, narInfoKey(path)));
        await up(path, fromWeb());
        assert.match(said(), /^info: copied 1 of 3 paths, .*, to \S+; 2 fetched by itself$/m);
        await whole(path);
      });

      it("is sent when no trusted key has signed it, or its archive is damaged, and why is said", async () => {
        const unsigned = await pushed([]);
        await up(unsigned, fromWeb());
        assert.match(
          said(),
          /^warning: .* does not fetch what no key that it trusts has signed .*; the rest is sent$/m,
        );
        await whole(unsigned);
        const damaged = await pushed();
        const info = readFileSync(join(web.folder, narInfoKey(damaged)), "utf8");
        writeFileSync(join(web.folder, parseNarInfo(info, damaged).url), "this was a NAR");
        await up(damaged, fromWeb());
        assert.match(said(), /could not fetch everything: error: .*; the rest is sent/);
        await whole(damaged);
      });

      it("is sent when the cache is down, or hangs for longer than it may", async () => {
        const down = await freshClosure(50_000);
        await up(down, { substituters: [`http://${web.address}:9`] });
        await whole(down);
        const silent = await silentServer(web.address);
        const hung = await freshClosure(50_000);
        await up(hung, { substituters: [silent.url], fetchLimit: 2 });
        silent.server.close();
        assert.match(said(), /had not fetched all of it after 2 s; the rest is sent/);
        await whole(hung);
      });

      it("says what a machine does not take from a login that it does not trust", async () => {
        const path = await pushed();
        const more = { ...fromWeb(), signWith: [signer.secretKey] };
        await assert.rejects(
          up(path, more, "alice"),
          /the Nix daemon there does not trust the login "alice"/,
        );
        assert.match(said(), /does not fetch where a login says that it does not trust/);
      });

      it("comes from a cache that the machine reaches, and nothing of it need be here", async () => {
        const path = await forgetHere(await pushed());
        const inputs = {
          connection: machine.connection(),
          path,
          from: web.url,
          trustedPublicKeys: [signer.publicKey],
        };
        assert.match(await managed.previewed(inputs), /would copy 3 of 3 paths.*\n.*would fetch 3 by itself/);
        await managed.up(inputs);
        assert.match(said(), /^info: copied 0 of 3 paths.*; 3 fetched by itself$/m);
        await whole(path);
      });

      it("comes through this machine from a cache that only this one may read", async () => {
        const path = await freshClosure(50_000);
        await pushTo(controller, { url: web.privateUrl, credentials: writer }, path);
        await forgetHere(path);
        const more = { from: web.privateUrl, credentials: writer, trustedPublicKeys: [signer.publicKey] };
        await up(path, more);
        assert.match(said(), /^info: copied 3 of 3 paths, 0\.1 MiB in /m);
        await whole(path);
      });

      it("comes through this machine from S3, which the machine's Nix cannot ask", async () => {
        const path = await freshClosure(50_000);
        const [bucket, url] = [s3.bucket("copied"), s3.url("copied")];
        await pushTo(controller, { url, credentials: s3Credentials }, path);
        await forgetHere(path);
        assert.ok(readFileSync(join(bucket, narInfoKey(path)), "utf8"));
        const restore = setEnvironment({
          AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
        });
        try {
          await up(path, { from: url, trustedPublicKeys: [signer.publicKey] });
        } finally {
          restore();
        }
        assert.match(said(), /^info: .* has a Nix that was built without this kind of cache/m);
        assert.match(said(), /^info: copied 3 of 3 paths, /m);
        await whole(path);
      });

      it("is not taken from a cache without a signature that counts, unless that is waived", async () => {
        const path = await forgetHere(await pushed([]));
        // Ours would be there in time, and is not what is asked for.
        const more = { from: web.url, signWith: [signer.secretKey], trustedPublicKeys: [signer.publicKey] };
        await assert.rejects(up(path, more), /lack a valid signature of a trusted key/);
        const unsigned = { connection: machine.connection(), path, from: web.url };
        assert.match(
          await managed.previewed(unsigned),
          /this would be refused: .* all of them lack a valid signature of a trusted key/,
        );
        assert.equal((await machine.trySh(`nix-store --check-validity ${path}`)).code, 1);
        await up(path, { ...more, requireSignatures: false });
        await whole(path);
      });
    });
  }

  it("comes from a cache to this very machine", async () => {
    const path = await freshClosure(1000);
    const url = `file://${place.home}/cache`;
    await pushTo(controller, { url }, path);
    await forgetHere(path);
    const inputs = { connection: { local: true }, path, from: url, trustedPublicKeys: [signer.publicKey] };
    await managed.up(inputs);
    assert.deepEqual(await managed.drift(inputs), []);
    await managed.destroy();
  });

  const trustedPublicKeys = [signer.publicKey];
  const wrong: [object, string][] = [
    [{ substituters: ["https://u:hunter2@cache"] }, "substituters.0: must name no user"],
    [{ substituters: ["https://one https://two"] }, "substituters.0: must be the URL of one cache"],
    [{ from: "ssh://web1" }, "from: must be file:///"],
    [
      { credentials: { user: "u", password: "hunter2" } },
      "credentials: goes with the URL of a cache in from",
    ],
    [
      { from: "file:///x", credentials: { user: "u" } },
      "credentials: user is nothing that a cache at file:// is opened with",
    ],
    [{ fetchLimit: 0 }, "fetchLimit: must be at least 1"],
    [
      { trustedPublicKeys },
      "trustedPublicKeys: goes with requireSignatures (which a cache in from sets, unless it is false)",
    ],
    [
      { trustedPublicKeys, substituters: [] },
      "trustedPublicKeys: goes with requireSignatures (which a cache in from sets, unless it is false)",
    ],
    [
      { trustedPublicKeys, from: "file:///x", requireSignatures: false },
      "trustedPublicKeys: goes with requireSignatures (which a cache in from sets, unless it is false)",
    ],
  ];
  for (const [change, reason] of wrong) {
    it(`is refused with ${JSON.stringify(change)}`, () => {
      const inputs = { connection: { host: "web1" }, path: `/nix/store/${"0".repeat(32)}-x`, ...change };
      const { problems } = checkInputs(untyped(closureCopy), inputs);
      const reasons = problems.map((problem) => `${problem.property}: ${problem.reason}`);
      assert.equal(reasons.length, 1, reasons.join("\n"));
      assert.ok(reasons[0]?.startsWith(reason), reasons[0]);
      assert.ok(!reasons[0]?.includes("hunter2"));
    });
  }

  for (const more of [
    { requireSignatures: true },
    { substituters: true },
    { substituters: ["https://cache"] },
    { from: "file:///x" },
    { from: "https://cache", requireSignatures: false },
  ]) {
    it(`may name keys with ${JSON.stringify(more)}`, () => {
      const path = `/nix/store/${"0".repeat(32)}-x`;
      const inputs = { connection: { host: "web1" }, path, trustedPublicKeys, ...more };
      assert.deepEqual(checkInputs(untyped(closureCopy), inputs).problems, []);
    });
  }
});
