import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeys } from "../../provider/nix/signing-keys";
import { sharedFleet, type Host } from "../fleet";
import { guard, startWebCache, writer, type WebCache } from "../servers/nginx";
import { s3Credentials, startS3, type S3Server } from "../servers/s3";
import { freshVersion } from "./faults";
import { inProject, inStore, onHost, ProcessWatch } from "./poison";
import { Project } from "./project";

/** Every secret input of caches, as plain values that only a file knows: `opens` says which of them open S3. */
const program = `
import { readFileSync } from "node:fs";
const { v, secretsFile, web, s3, opens, target, publicKey } = new pulumi.Config().requireObject<any>("values");
const secrets = JSON.parse(readFileSync(secretsFile, "utf8"));
const connection = { ...target, privateKey: readFileSync(target.privateKeyPath, "utf8"), privateKeyPath: undefined };
const built = new nix.NixBuild("built", { expr: '{ v }: derivation { name = "poisoned-cache"; inherit v; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo $v > $out" ]; }', args: { v } });
const signWith = [secrets.key];
const pushed = new nix.BinaryCache("web", { url: web, path: built.outPath, signWith, credentials: secrets.web });
new nix.BinaryCache("s3", { url: s3, path: built.outPath, signWith, credentials: secrets[opens] });
new nix.ClosureCopy("copy", { connection, path: pushed.path, from: web, credentials: secrets.web, trustedPublicKeys: [publicKey] });
`;

/** The engine and the program's runtime log every value that they pass on, at this level: we cannot help it. */
const ofTheEngine =
  /^\{"time":"[^"]*","level":"INFO","msg":"(Unm|M)arshaling property for RPC\[|"msg":"(eventSink::Debug\(<\{%reset%\}>)?(RegisterResource RPC|Registering resource)/;

describe("secrets of binary caches", function () {
  let host: Host;
  let web: WebCache;
  let s3: S3Server;
  let project: Project;
  let elsewhere: string;
  let needles: string[];
  let watch: ProcessWatch;
  let said = "";
  const since = "/run/before-the-caches";

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    [web, s3] = await Promise.all([startWebCache(), startS3()]);
    s3.bucket("poisoned");
    elsewhere = mkdtempSync(join(tmpdir(), "poison-cache-"));
    const { secretKey, publicKey } = generateKeys("poison-1");
    const sessionToken = `hunter4-${freshVersion()}`;
    writeFileSync(
      join(elsewhere, "secrets.json"),
      JSON.stringify({
        key: secretKey,
        web: { ...writer, headers: guard },
        s3: s3Credentials,
        temporary: { ...s3Credentials, sessionToken },
      }),
    );
    const basic = Buffer.from(`${writer.user}:${writer.password}`).toString("base64");
    const key = secretKey.slice("poison-1:".length);
    const { accessKeyId, secretAccessKey } = s3Credentials;
    const ofS3 = [accessKeyId, secretAccessKey, sessionToken];
    needles = [writer.password, basic, guard["X-Cache-Token"], key, ...ofS3];
    writeFileSync(join(elsewhere, "needles"), needles.join("\n"));
    await host.sh(`touch ${since}`);
    project = await Project.create({ program, hasPassphrase: true });
    watch = new ProcessWatch(needles);
    await runAll(publicKey);
  });
  after(async () => {
    watch.end();
    await project.remove();
    rmSync(elsewhere, { recursive: true });
    await Promise.all([web.stop(), s3.stop()]);
  });

  async function runAll(publicKey: string): Promise<void> {
    const { address, hostKey, privateKeyPath } = host;
    const values = {
      secretsFile: join(elsewhere, "secrets.json"),
      web: web.guardedUrl,
      s3: s3.url("poisoned"),
      publicKey,
      target: { host: address, hostKey, privateKeyPath },
    };
    const configure = (v: string, opens: "s3" | "temporary"): Promise<void> =>
      project.configure({ values: { ...values, v, opens } });
    const first = freshVersion();
    const next = `${first}-next`;
    // That server gives out no such tokens, and takes none.
    await configure(first, "temporary");
    await keep(255, "up", "--yes", "--skip-preview", "--logtostderr", "--logflow", "-v=9");
    assert.match(said, /\S+ on s3:\/\/poisoned failed: InvalidToken/);
    await configure(first, "s3");
    await keep(0, "up", "--yes", "--logtostderr", "--logflow", "-v=9");
    await configure(next, "s3");
    await keep(0, "preview", "--diff", "--refresh");
    // No change of the cache, and in the state from now on.
    await configure(first, "temporary");
    await keep(0, "up", "--yes", "--diff", "--skip-preview", "--expect-no-changes");
    const state = await project.succeed("stack", "export", "--show-secrets");
    assert.ok(state.includes(needles.at(-1) as string));
    await s3.stop();
    await configure(next, "temporary");
    await keep(255, "up", "--yes", "--diff", "--skip-preview");
    assert.match(said, /(looking for|reading|writing) \S+ on s3:\/\/poisoned failed: .*ECONNREFUSED/);
    await keep(0, "stack", "export");
    await keep(0, "destroy", "--yes", "--skip-preview");
  }

  async function keep(code: number, ...args: string[]): Promise<void> {
    const outcome = await project.pulumi(...args);
    said += outcome.stdout + outcome.stderr;
    assert.equal(outcome.code === 0, code === 0, `${args.join(" ")}\n${outcome.stdout.slice(-3000)}`);
  }

  it("were used and looked for", async () => {
    for (const line of [/^PUT \/guarded\/.*narinfo 201$/, /^GET \/guarded\/.*narinfo 200$/])
      assert.ok(
        (await web.asked()).some((asked) => line.test(asked)),
        line.source,
      );
    assert.ok(watch.looks > 20);
  });

  it("are in no state, history, host's file, journal or store", async () => {
    assert.deepEqual(
      [
        ...(await inProject(project.folder, needles)),
        ...(await inStore(join(elsewhere, "secrets.json"), join(elsewhere, "needles"))),
        ...(await onHost(host, since, needles)),
      ],
      [],
    );
  });

  it("are in no argument list or environment of a process", () => {
    // The S3 server itself is told its login by arguments.
    const found = watch.end().filter(({ place }) => !/^cmdline of \S+\/versitygw /.test(place));
    assert.deepEqual(found, []);
  });

  it("are in nothing that the CLI said, with the log of everything", () => {
    const leaks = said.split("\n").filter((line) => needles.some((needle) => line.includes(needle)));
    assert.ok(leaks.some((line) => ofTheEngine.test(line)));
    const lines = leaks.filter((line) => !ofTheEngine.test(line));
    assert.deepEqual(
      lines.map((line) => line.slice(0, 300)),
      [],
    );
  });
});
