import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { narInfoKey } from "../../provider/cache/nar-info";
import type { StorePath } from "../../provider/values";
import { previewJson, saidWith } from "../engine/preview";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";

describe("the example with a binary cache", function () {
  let hosts: Host[];
  let web: WebCache;
  let project: Project;
  // What an earlier run built may still be here, and a preview knows more of that.
  const run = `${process.pid}-${Date.now().toString(36)}`;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    const [first] = hosts as [Host];
    web = await startWebCache(first.address.replace(/\d+$/, "1"));
    project = await Project.create({ example: "cache" });
    await project.configure({
      version: `1-${run}`,
      cache: web.url,
      cacheUser: writer.user,
      hosts: Object.fromEntries(
        hosts.map((host) => [host.suite, { host: host.address, hostKey: host.hostKey }]),
      ),
    });
    await project.configureSecret("privateKey", first.privateKey);
    await project.configureSecret("cachePassword", writer.password);
  });
  after(async () => {
    await project.remove();
    await web.stop();
  });

  const path = async (): Promise<StorePath> =>
    (await project.outputs("NixBuild::tool"))["outPath"] as StorePath;
  const gets = async (): Promise<string[]> =>
    (await web.asked()).filter((line) => /^GET .*nar\/.* 200$/.test(line));

  it("pushes what was built, and every host fetches it", async () => {
    const text = await project.up();
    assert.ok(existsSync(join(web.folder, narInfoKey(await path()))));
    assert.match(text, /pushed 2 of 2 paths/);
    for (const host of hosts)
      assert.match(
        await host.sh("cat /nix/var/nix/profiles/tool"),
        /^tool 1-\S+, with \/nix\/store\/.*-greetings-1\.0$/,
      );
    assert.equal((await gets()).length, 2 * hosts.length);
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("says in a preview what would be pushed and fetched, and does that", async () => {
    await web.forget();
    await project.configure({ version: `2-${run}` });
    const preview = await previewJson(project);
    assert.deepEqual(saidWith(preview, "BinaryCache::tool"), [
      `how much would be pushed to ${web.url} is known when tool-2-${run} is here`,
    ]);
    await project.up();
    assert.equal((await gets()).length, hosts.length);
  });

  it("shows what the cache lost, and brings it back", async () => {
    rmSync(join(web.folder, narInfoKey(await path())));
    const { stdout, stderr } = await project.pulumi("preview", "--diff");
    assert.match(stdout, /path *: "missing: \/nix\/store\/.*-tool-2-\S+" => "\/nix\/store\/.*-tool-2-\S+"/);
    assert.match(stdout + stderr, /would push 1 of 2 paths, 0\.0 MiB before compression, to http/);
    await project.up();
    await project.up("--expect-no-changes");
  });

  it("keeps its secrets to itself", async () => {
    const state = await project.succeed("stack", "export");
    assert.ok(!state.includes(writer.password));
    const shown = await project.succeed("stack", "export", "--show-secrets");
    assert.ok(shown.includes(writer.password));
    const secretKey = /cache\.example\.org-1:[0-9A-Za-z+/]{86}==/.exec(shown)?.[0] ?? "";
    assert.notEqual(secretKey, "");
    assert.ok(!state.includes(secretKey));
  });

  it("leaves what was pushed when all is taken away", async () => {
    const narInfo = join(web.folder, narInfoKey(await path()));
    assert.match(
      await project.succeed("destroy", "--yes", "--skip-preview"),
      /what was pushed to http.* stays there/,
    );
    assert.ok(existsSync(narInfo));
    for (const host of hosts)
      assert.equal(
        await host.sh("ls -d /nix/var/nix/profiles/tool* /var/lib/pulumi-nix/*/* 2>/dev/null || true"),
        "",
      );
  });
});
