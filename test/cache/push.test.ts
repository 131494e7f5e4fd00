import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseCacheUrl } from "../../provider/cache/cache-url";
import type { CacheCredentials } from "../../provider/cache/credentials";
import { narInfoKey, parseNarInfo } from "../../provider/cache/nar-info";
import { readText, type ObjectStore } from "../../provider/cache/object-store";
import { withStore } from "../../provider/cache/open-store";
import { push, type PushReport, type PushRequest } from "../../provider/cache/push";
import { connectionSchema } from "../../provider/connection";
import { ConnectError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { nameOfKey } from "../../provider/nix/signature";
import { generateKeys, parseSecretKey } from "../../provider/nix/signing-keys";
import type { StorePath } from "../../provider/values";
import { environment, setEnvironment } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";
import { s3Credentials, startS3, type S3Server } from "../servers/s3";
import { closureOf, freshClosure } from "./payload";

interface Subject {
  readonly url: string;
  readonly credentials: CacheCredentials;
  /** Where its objects lie. */
  readonly folder: string;
}

const keys = generateKeys("ours-1");

describe("a push to a binary cache", function () {
  let hosts: Hosts;
  let controller: Host;
  let restoreEnvironment: () => void;
  let home: string;
  let web: WebCache;
  let s3: S3Server;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "pulumi-nix-push-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: home });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
    [web, s3] = await Promise.all([startWebCache(), startS3()]);
  });
  after(async () => {
    await Promise.all([hosts.close(), web.stop(), s3.stop()]);
    restoreEnvironment();
    rmSync(home, { recursive: true });
  });

  const subjects = {
    file: () => ({ url: `file://${home}/cache`, credentials: {}, folder: join(home, "cache") }),
    http: () => ({ url: web.url, credentials: writer, folder: web.folder }),
    s3: () => ({ url: s3.url("bucket"), credentials: s3Credentials, folder: s3.bucket("bucket") }),
  } satisfies Record<string, () => Subject>;

  const to = (
    { url, credentials }: Subject,
    paths: StorePath[],
    more: Partial<PushRequest> = {},
    change: (store: ObjectStore) => ObjectStore = (store) => store,
  ): Promise<PushReport> =>
    withStore({ address: parseCacheUrl(url), credentials }, (store) =>
      push({
        controller,
        store: change(store),
        paths,
        compression: { compression: "zstd" },
        keys: [],
        parallel: 8,
        ...more,
      }),
    );
  /** The names of a closure that the cache tells of. */
  const toldIn = async ({ folder }: Subject, path: StorePath): Promise<StorePath[]> =>
    (await closureOf(path)).filter((one) => existsSync(join(folder, narInfoKey(one))));

  for (const [kind, subject] of Object.entries<() => Subject>(subjects)) {
    describe(`at ${kind}`, () => {
      it("sends what is missing and nothing else, in a form that Nix reads", async () => {
        const path = await freshClosure();
        const first = await to(subject(), [path]);
        assert.deepEqual([first.paths, first.pushed], [3, 3]);
        assert.ok(first.bytes > 300_000, String(first.bytes));
        assert.deepEqual(await to(subject(), [path]), {
          paths: 3,
          pushed: 0,
          signed: 0,
          others: [],
          bytes: 0,
        });
        const { folder } = subject();
        assert.match(readFileSync(join(folder, "nix-cache-info"), "utf8"), /^StoreDir: \/nix\/store$/m);
        const verify = ["--extra-experimental-features", "nix-command", "store", "verify", "--no-trust"];
        execFileSync("nix", [...verify, "--recursive", "--store", `file://${folder}`, path]);
        assert.deepEqual(readdirSync(join(home, "pulumi-nix/staging")), []);
      });

      it("is signed by our keys, also what was there without", async () => {
        const path = await freshClosure();
        await to(subject(), [path]);
        const report = await to(subject(), [path], { keys: [parseSecretKey(keys.secretKey)] });
        assert.deepEqual(report, { paths: 3, pushed: 0, signed: 3, others: [], bytes: 0 });
        const next = await freshClosure();
        await to(subject(), [next], { keys: [parseSecretKey(keys.secretKey)] });
        const verify = ["--extra-experimental-features", "nix-command", "store", "verify", "--no-contents"];
        const from = ["--recursive", "--store", `file://${subject().folder}`, path, next];
        execFileSync("nix", [...verify, "--trusted-public-keys", keys.publicKey, ...from]);
        const other = generateKeys("ours-1").publicKey;
        assert.throws(() =>
          execFileSync("nix", [...verify, "--trusted-public-keys", other, ...from], { stdio: "ignore" }),
        );
      });

      it("that fails in the middle tells of nothing whose references are not there, and goes on later", async () => {
        const path = await freshClosure();
        const closure = await closureOf(path);
        const warnings: string[] = [];
        const onWarning = (text: string): unknown => warnings.push(text);
        const failing =
          (which: string, last: number) =>
          (store: ObjectStore): ObjectStore => {
            let written = 0;
            const write: ObjectStore["write"] = async (key, body) => {
              if (key.endsWith(which) && ++written === last + 1) throw new Error("the wire was cut");
              return store.write(key, body);
            };
            return { ...forwarded(store), write };
          };
        const there: [string, number, number, string][] = [
          [".nar.zst", 1, 0, "0 of 3 missing paths are in .*"],
          [".narinfo", 0, 0, "0 of 3 missing paths are in .*"],
          [".narinfo", 2, 2, "2 of 3 missing paths are in .*, 0\\.0 MiB sent; what is there is whole"],
        ];
        for (const [which, last, told, warning] of there) {
          await assert.rejects(
            to(subject(), [path], { onWarning }, failing(which, last)),
            /the wire was cut/,
          );
          assert.deepEqual(await toldIn(subject(), path), closure.slice(0, told));
          assert.match(warnings.pop() ?? "", new RegExp(`^${warning}`));
        }
        const again = await to(subject(), [path]);
        assert.deepEqual([again.pushed, again.bytes], [1, 0]);
      });
    });
  }

  it("to a server that goes down in the middle says so, and how far it came", async () => {
    const path = await freshClosure();
    const doomed = await startWebCache();
    const warnings: string[] = [];
    const dying = (store: ObjectStore): ObjectStore => ({
      ...forwarded(store),
      write: async (key, body) => {
        if (key.endsWith(".narinfo")) await doomed.stop();
        return store.write(key, body);
      },
    });
    const onWarning = (text: string): unknown => warnings.push(text);
    const place = { url: doomed.url, credentials: writer, folder: doomed.folder };
    await assert.rejects(to(place, [path], { onWarning }, dying), (error: Error) => {
      assert.ok(error instanceof ConnectError && error.phase === "reach", String(error));
      assert.match(error.message, /^writing .*\.narinfo on http.* failed: .*ECONNREFUSED/);
      return true;
    });
    assert.match(warnings.join(), /^0 of 3 missing paths are in http.*, 0\.3 MiB sent/);
  });

  it("at the same time as another one loses nothing of either", async () => {
    const path = await freshClosure(1000);
    const others = [generateKeys("first-1"), generateKeys("second-1")];
    const reports = await Promise.all(
      others.map(({ secretKey }) => to(subjects.http(), [path], { keys: [parseSecretKey(secretKey)] })),
    );
    assert.deepEqual(reports.map(({ pushed, signed }) => `${pushed} ${signed}`).sort(), ["0 3", "3 0"]);
    for (const one of await closureOf(path))
      assert.deepEqual(signers(subjects.http(), one).sort(), ["first-1", "second-1"]);
  });

  it("keeps what another program signed meanwhile", async () => {
    const path = await freshClosure(1000);
    await to(subjects.file(), [path]);
    const key = narInfoKey(path);
    const meanwhile = (store: ObjectStore): ObjectStore => {
      let asked = 0;
      const read: ObjectStore["read"] = async (one) => {
        const stream =
          one === key ? Readable.from([Buffer.from((await readText(store, one)) ?? "")]) : store.read(one);
        if (one === key && ++asked === 1) appendFileSync(join(home, "cache", key), "Sig: another:AAAA\n");
        return stream;
      };
      return { ...forwarded(store), read };
    };
    await to(subjects.file(), [path], { keys: [parseSecretKey(keys.secretKey)] }, meanwhile);
    assert.deepEqual(signers(subjects.file(), path), ["another", "ours-1"]);
  });

  it("takes every compression that Nix has", async () => {
    for (const compression of ["zstd", "xz", "gzip", "bzip2", "br", "none"] as const) {
      const path = await freshClosure(1000);
      await to(subjects.file(), [path], { compression: { compression, compressionLevel: 1 } });
      const text = readFileSync(join(home, "cache", narInfoKey(path)), "utf8");
      assert.match(text, new RegExp(`^Compression: ${compression}$`, "m"));
    }
  });

  it("leaves another build of a path as it is, and says so", async () => {
    const path = await freshClosure(1000);
    const subject = { url: `file://${home}/another`, credentials: {}, folder: join(home, "another") };
    await to(subject, [path]);
    const file = join(subject.folder, narInfoKey(path));
    const another = readFileSync(file, "utf8").replace(/^NarHash: .*$/m, `NarHash: sha256:${"0".repeat(52)}`);
    writeFileSync(file, another);
    const warnings: string[] = [];
    const onWarning = (text: string): unknown => warnings.push(text);
    const report = await to(subject, [path], { keys: [parseSecretKey(keys.secretKey)], onWarning });
    assert.deepEqual([report.pushed, report.signed], [0, 2]);
    assert.equal(readFileSync(file, "utf8"), another);
    assert.match(warnings.join(), /has a path from another build, whose content differs/);
  });

  it("is refused by a cache of another store", async () => {
    const { folder, ...subject } = {
      url: `file://${home}/other`,
      credentials: {},
      folder: join(home, "other"),
    };
    execFileSync("mkdir", [folder]);
    writeFileSync(join(folder, "nix-cache-info"), "StoreDir: /gnu/store\n");
    const path = await freshClosure(1000);
    await assert.rejects(to({ ...subject, folder }, [path]), /it is a cache of the store \/gnu\/store/);
    assert.deepEqual(readdirSync(folder), ["nix-cache-info"]);
  });

  const wrong: [string, () => Subject, RegExp][] = [
    ["http", () => ({ ...subjects.http(), credentials: { ...writer, password: "wrong" } }), /status 401/],
    [
      "s3",
      () => ({ ...subjects.s3(), credentials: { ...s3Credentials, secretAccessKey: "hunter2-wrong" } }),
      /SignatureDoesNotMatch/,
    ],
  ];
  for (const [kind, subject, reason] of wrong) {
    it(`with wrong credentials at ${kind} says so, and not what they are`, async () => {
      const path = await freshClosure(1000);
      await assert.rejects(to(subject(), [path]), (error: Error) => {
        assert.ok(error instanceof ConnectError, String(error));
        assert.equal(error.phase, "login");
        assert.match(error.message, reason);
        assert.match(error.message, /hint: look at credentials/);
        assert.ok(!/hunter2/.test(error.message));
        return true;
      });
    });
  }
});

/** The names of the keys that signed a path there. */
function signers({ folder }: Subject, path: StorePath): string[] {
  return parseNarInfo(readFileSync(join(folder, narInfoKey(path)), "utf8"), path).signatures.map(nameOfKey);
}

function forwarded(store: ObjectStore): ObjectStore {
  return {
    name: store.name,
    look: (key) => store.look(key),
    read: (key) => store.read(key),
    write: (key, body) => store.write(key, body),
    close: () => store.close(),
  };
}
