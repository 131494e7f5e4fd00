import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { narInfoKey, parseNarInfo } from "../../provider/cache/nar-info";
import { connectionSchema } from "../../provider/connection";
import type { Host } from "../../provider/host/host";
import type { Hosts } from "../../provider/host/pool";
import { generateKeys } from "../../provider/nix/signing-keys";
import {
  substitutable,
  substitute,
  type FetchOutcome,
  type Substituters,
} from "../../provider/nix/substitute";
import { storePathName, type StorePath } from "../../provider/values";
import { closureOf, freshClosure, freshDerivation } from "../cache/payload";
import { hostWithCache, openPlace, type HostWithCache, type Place } from "../cache/place";
import { pushTo, signer } from "../cache/pushed";
import type { Host as TestHost, Suite } from "../fleet";
import { silentServer } from "./closure-payload";
import { writer, type WebCache } from "../servers/nginx";

describe("a machine that fetches from a cache", function () {
  let place: Place;
  let hosts: Hosts;
  let controller: Host;

  before(async () => {
    place = await openPlace();
    ({ hosts, controller } = place);
  });
  after(() => place.close());

  for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
    describe(`as ${suite} does it`, () => {
      let there: HostWithCache;
      let machine: TestHost;
      let web: WebCache;

      before(async () => {
        there = await hostWithCache(suite, place);
        ({ machine, web } = there);
      });
      after(() => web.stop());

      const pushed = (secretKeys?: string[]): Promise<StorePath> => there.pushed(1000, secretKeys);
      const from = (more: Partial<Substituters> = {}): Substituters => ({
        urls: [web.url],
        own: false,
        publicKeys: [signer.publicKey],
        ...more,
      });
      const fetch = async (
        path: StorePath,
        more: Partial<Substituters> = {},
        { user = "root", limit = 60 }: { user?: "root" | "alice" | "deploy"; limit?: number } = {},
      ): Promise<FetchOutcome> => {
        const host = await hosts.get(connectionSchema.parse(machine.connection({ user })));
        return substitute(host, undefined, await closureOf(path), from(more), limit);
      };
      const valid = async (path: StorePath): Promise<number> => {
        const { stdout } = await machine.trySh(
          `nix-store --check-validity --print-invalid ${(await closureOf(path)).join(" ")}`,
        );
        return 3 - stdout.split("\n").filter(Boolean).length;
      };

      for (const user of ["root", "deploy"] as const) {
        it(`gets the closure, as ${user}`, async () => {
          const path = await pushed();
          const host = await hosts.get(connectionSchema.parse(machine.connection({ user })));
          const missing = await closureOf(path);
          assert.deepEqual(await substitutable(host, undefined, missing, from(), 60), new Set(missing));
          assert.equal(await valid(path), 0);
          assert.deepEqual(await fetch(path, {}, { user }), { late: false, remarks: [] });
          await machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
        });
      }

      it("builds nothing, whatever the closure has derivations of", async () => {
        const drvPath = await freshDerivation();
        await pushTo(controller, { url: web.url, credentials: writer }, drvPath);
        const host = await hosts.get(connectionSchema.parse(machine.connection()));
        assert.deepEqual(await substitutable(host, undefined, [drvPath], from(), 60), new Set());
        assert.deepEqual(await fetch(drvPath), { late: false, remarks: [] });
        const name = storePathName(drvPath).replace(/\.drv$/, "");
        assert.equal((await machine.trySh(`ls -d /nix/store/*-${name}*`)).stdout, "");
      });

      it("gets what a cache has of it, and no more is a failure", async () => {
        const path = await pushed();
        rmSync(join(web.folder, narInfoKey(path)));
        await fetch(path);
        assert.equal(await valid(path), 2);
      });

      it("gets what was pushed after it had asked in vain", async () => {
        await pushed(); // Of what is no cache yet, nothing is remembered.
        const path = await freshClosure(1000);
        await fetch(path);
        assert.equal(await valid(path), 0);
        await pushTo(controller, { url: web.url, credentials: writer }, path);
        await fetch(path);
        assert.equal(await valid(path), 3);
      });

      it("refuses what no trusted key has signed, and that is told", async () => {
        const path = await pushed([]);
        const another = await pushed([generateKeys("cache-1").secretKey]);
        for (const one of [path, another]) {
          const { remarks } = await fetch(one);
          assert.deepEqual([...new Set(remarks.map(({ kind }) => kind))], ["unsigned"]);
          assert.equal(await valid(one), 0);
        }
      });

      it("does not obey a login that it does not trust, and that is told", async () => {
        const path = await pushed();
        const { remarks } = await fetch(path, {}, { user: "alice" });
        assert.ok(
          remarks.some(({ kind }) => kind === "untrusted substituter"),
          JSON.stringify(remarks),
        );
        assert.equal(await valid(path), 0);
      });

      it("gets around a damaged archive", async () => {
        const path = await pushed();
        const { url } = parseNarInfo(readFileSync(join(web.folder, narInfoKey(path)), "utf8"), path);
        writeFileSync(join(web.folder, url), "this was a NAR");
        const { remarks } = await fetch(path);
        assert.deepEqual(
          remarks.map(({ kind }) => kind),
          ["failed"],
        );
        assert.equal(await valid(path), 2);
        const others = [await pushed(), await pushed(), await pushed()];
        const host = await hosts.get(connectionSchema.parse(machine.connection()));
        const all = [path, ...(await Promise.all(others.map(closureOf))).flat()];
        await substitute(host, undefined, all, from(), 60);
        for (const other of others) assert.equal(await valid(other), 3);
      });

      it("is stopped by the time limit when the cache hangs, and nothing goes on there", async () => {
        const path = await freshClosure(1000);
        const silent = await silentServer(web.address);
        try {
          assert.equal((await fetch(path, { urls: [silent.url] }, { limit: 2 })).late, true);
          await machine.sh(
            "for i in 1 2 3 4 5 6 7 8 9; do pgrep -f '[n]ix-store --realise' >&2 || exit 0; sleep 1; done; exit 1",
          );
        } finally {
          silent.server.close();
        }
      });

      it("says when it knows no such cache", async () => {
        const path = await freshClosure(1000);
        const { remarks } = await fetch(path, { urls: ["s3://bucket?endpoint=127.0.0.1:9"] });
        assert.deepEqual(
          remarks.map(({ kind }) => kind),
          ["no such store"],
        );
      });
    });
  }
});
