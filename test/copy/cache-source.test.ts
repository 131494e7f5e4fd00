import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CacheCredentials } from "../../provider/cache/credentials";
import { narInfoKey, parseNarInfo } from "../../provider/cache/nar-info";
import { connectionSchema } from "../../provider/connection";
import { cacheSource } from "../../provider/copy/cache-source";
import { copyClosure, type CopyReport } from "../../provider/copy/copy";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { ensureRoots } from "../../provider/nix/roots";
import type { StorePath } from "../../provider/values";
import { closureOf, freshClosure } from "../cache/payload";
import { pushTo } from "../cache/pushed";
import { environment, output, run, setEnvironment, sharedFleet, type Host as TestHost } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";
import { startStoreServer } from "../servers/store-server";
import { s3Credentials, startS3, type S3Server } from "../servers/s3";

interface Subject {
  readonly url: string;
  readonly credentials: CacheCredentials;
  readonly folder: string;
}

describe("a copy from a binary cache", function () {
  let hosts: Hosts;
  let controller: Host;
  let home: string;
  let restoreEnvironment: () => void;
  let machines: TestHost[];
  let web: WebCache;
  let s3: S3Server;
  const roots = "/var/lib/pulumi-nix/roots/cache-test";

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "pulumi-nix-from-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: home });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
    machines = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    [web, s3] = await Promise.all([startWebCache(), startS3()]);
  });
  after(async () => {
    for (const machine of machines) await machine.sh(`rm -rf ${roots}`);
    await Promise.all([hosts.close(), web.stop(), s3.stop()]);
    restoreEnvironment();
    rmSync(home, { recursive: true, force: true });
  });

  const subjects = {
    file: () => ({ url: `file://${home}/cache`, credentials: {}, folder: join(home, "cache") }),
    http: () => ({ url: web.privateUrl, credentials: writer, folder: web.privateFolder }),
    s3: () => ({ url: s3.url("from"), credentials: s3Credentials, folder: s3.bucket("from") }),
  } satisfies Record<string, () => Subject>;

  const copy = async (
    machine: TestHost,
    { url, credentials }: Omit<Subject, "folder">,
    path: StorePath,
  ): Promise<CopyReport> => {
    const host = await hosts.get(connectionSchema.parse(machine.connection()));
    return copyClosure({
      source: cacheSource(controller, url, credentials),
      target: { host, as: undefined },
      paths: [path],
      root: () => ensureRoots(host, undefined, roots, [path]),
    });
  };
  /** Pushed, and gone from this machine's own store. */
  const pushed = async (subject: Subject): Promise<StorePath[]> => {
    const path = await freshClosure();
    await pushTo(controller, subject, path);
    const closure = await closureOf(path);
    output("nix-store --delete", await run(["nix-store", "--delete", ...closure]));
    return closure;
  };

  for (const [kind, subject] of Object.entries<() => Subject>(subjects)) {
    it(`at ${kind} brings the closure to machines, and not into our own store`, async () => {
      const closure = await pushed(subject());
      const path = closure.at(-1) as StorePath;
      const reports = await Promise.all(machines.map((machine) => copy(machine, subject(), path)));
      for (const report of reports) assert.deepEqual([report.paths, report.copied], [3, 3]);
      for (const machine of machines) await machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
      assert.deepEqual(closure.filter(existsSync), []);
      assert.equal((await copy(machines[0] as TestHost, subject(), path)).copied, 0);
    });
  }

  const invalid = async (machine: TestHost, paths: readonly StorePath[]): Promise<string[]> => {
    const asked = `nix-store --check-validity --print-invalid ${paths.join(" ")}`;
    return (await machine.trySh(asked)).stdout.trim().split("\n");
  };

  it("passes by the proxy of the environment", async () => {
    const closure = await pushed(subjects.http());
    const proxies = ["http_proxy", "https_proxy", "all_proxy"];
    const restore = setEnvironment(Object.fromEntries(proxies.map((name) => [name, "http://127.0.0.1:1"])));
    try {
      const report = await copy(machines[0] as TestHost, subjects.http(), closure.at(-1) as StorePath);
      assert.equal(report.copied, 3);
    } finally {
      restore();
    }
  });

  it("that makes archives of its store while they are read, of a length that it does not tell, brings the closure too", async () => {
    const closure = await closureOf(await freshClosure());
    const path = closure.at(-1) as StorePath;
    const server = await startStoreServer(closure);
    try {
      for (const machine of machines) {
        const report = await copy(machine, { url: server.url, credentials: {} }, path);
        assert.deepEqual([report.paths, report.copied], [3, 3]);
        await machine.sh(`nix-store --verify-path ${closure.join(" ")}`);
      }
    } finally {
      await server.stop();
    }
  });

  it("that ends such an archive in the middle is told of the cache, and nothing of it becomes valid", async () => {
    const [machine] = machines as [TestHost];
    const closure = await closureOf(await freshClosure());
    const [bottom, middle, top] = closure as [StorePath, StorePath, StorePath];
    const server = await startStoreServer(closure);
    const subject = { url: server.url, credentials: {} };
    server.cut.add(middle);
    try {
      await assert.rejects(copy(machine, subject, top), (error: Error) => {
        assert.match(
          error.message,
          new RegExp(`failed: ${server.url} cannot be read: the connection was lost`),
        );
        return true;
      });
      assert.deepEqual((await invalid(machine, [bottom, middle, top])).slice(-2), [middle, top]);
      server.cut.clear();
      await copy(machine, subject, top);
      await machine.sh(`nix-store --verify-path ${closure.join(" ")}`);
    } finally {
      await server.stop();
    }
  });

  it("that lacks a part of the closure is refused before anything is sent", async () => {
    const [bottom, , top] = (await pushed(subjects.http())) as [StorePath, StorePath, StorePath];
    rmSync(join(web.privateFolder, narInfoKey(bottom)));
    const [machine] = machines as [TestHost];
    await assert.rejects(copy(machine, subjects.http(), top), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`^reading the closure of ${top} on http.* failed: it does not have ${bottom}`),
      );
      return true;
    });
  });

  it("with a damaged archive is told of the cache, and nothing damaged becomes valid", async () => {
    const [machine] = machines as [TestHost];
    for (const damage of ["this was a NAR", undefined]) {
      const [bottom, middle, top] = (await pushed(subjects.http())) as [StorePath, StorePath, StorePath];
      const info = parseNarInfo(readFileSync(join(web.privateFolder, narInfoKey(middle)), "utf8"), middle);
      if (damage === undefined) rmSync(join(web.privateFolder, info.url));
      else writeFileSync(join(web.privateFolder, info.url), damage);
      await assert.rejects(copy(machine, subjects.http(), top), (error: Error) => {
        assert.ok(error.message.includes(`reading ${middle} on ${web.privateUrl} failed`), error.message);
        return true;
      });
      assert.deepEqual((await invalid(machine, [bottom, middle, top])).slice(-2), [middle, top]);
    }
  });

  it("that gives no archive is told with its own words", async () => {
    const [machine] = machines as [TestHost];
    const [, middle, top] = (await pushed(subjects.http())) as [StorePath, StorePath, StorePath];
    const { url } = parseNarInfo(readFileSync(join(web.privateFolder, narInfoKey(middle)), "utf8"), middle);
    rmSync(join(web.privateFolder, url));
    mkdirSync(join(web.privateFolder, url)); // The server lists no folders.
    await assert.rejects(copy(machine, subjects.http(), top), (error: Error) => {
      assert.ok(
        error.message.includes(`reading ${url} on ${web.privateUrl} failed: status 403`),
        error.message,
      );
      return true;
    });
  });

  it("keeps nothing of it on this machine", () => {
    const staging = join(home, "pulumi-nix/staging");
    const files = readdirSync(staging, { recursive: true, encoding: "utf8" });
    assert.ok(files.length > 0);
    assert.deepEqual(
      files.filter((file) => /\.nar|store/.test(file)),
      [],
    );
  });
});
