import assert from "node:assert/strict";
import { CommandError } from "../../provider/errors";
import { readFile, readLink, removeFile, writeFile, writeLink } from "../../provider/host/files";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo } from "./fixtures/connect";

const options = { doing: "testing" };
const folder = "/srv/it's a folder/-deep";

describe("files on a host", () => {
  let target: TestHost;
  let hosts: Hosts;
  let host: Host;

  before(async () => {
    [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
    hosts = new Hosts();
    host = await hosts.get(connectionTo(target));
  });

  after(() => hosts.close());

  afterEach(() => target.sh(`rm -rf "/srv/it's a folder"`));

  it("are read as they were written, with the mode that was asked for", async () => {
    const file = `${folder}/-file`;
    await writeFile(host, file, "one\n\ntwo", { ...options, mode: "0640" });
    assert.equal(await readFile(host, file, options), "one\n\ntwo");
    assert.equal((await host.run(["stat", "-c", "%a", file], options)).stdout, "640\n");
    await writeFile(host, file, "", { ...options, mode: "0600" });
    assert.equal(await readFile(host, file, options), "");
    assert.equal((await host.run(["ls", "-A", folder], options)).stdout, "-file\n");
  });

  it("are not there, rather than a failure", async () => {
    assert.equal(await readFile(host, `${folder}/nothing`, options), undefined);
    assert.equal(await readLink(host, `${folder}/nothing`, options), undefined);
    await removeFile(host, `${folder}/nothing`, options);
  });

  it("are a failure, rather than not there, for a user who may not look", async () => {
    const asAlice = { ...options, as: "alice" };
    await assert.rejects(readFile(host, "/root/.ssh/authorized_keys", asAlice), CommandError);
    await assert.rejects(readFile(host, "/root/.ssh/nothing", asAlice), CommandError);
    await assert.rejects(readLink(host, "/root/nothing", asAlice), CommandError);
  });

  it("are never seen half written: the old one stays when writing fails", async () => {
    const file = `${folder}/file`;
    await writeFile(host, file, "old", { ...options, mode: "0644" });
    await assert.rejects(writeFile(host, file, "new", { ...options, mode: "no mode" }), CommandError);
    assert.equal(await readFile(host, file, options), "old");
    assert.equal((await host.run(["ls", "-A", folder], options)).stdout, "file\n");
  });

  it("belong to the user who wrote them", async () => {
    await writeFile(host, "/home/alice/by-alice", "x", { ...options, as: "alice", mode: "0644" });
    assert.equal((await host.run(["stat", "-c", "%U", "/home/alice/by-alice"], options)).stdout, "alice\n");
    await removeFile(host, "/home/alice/by-alice", { ...options, as: "alice" });
    assert.equal(await readFile(host, "/home/alice/by-alice", options), undefined);
  });

  it("may be links, which are pointed elsewhere at once, also when they point at a folder", async () => {
    const link = `${folder}/-link`;
    await writeLink(host, link, "/srv", options);
    assert.equal(await readLink(host, link, options), "/srv");
    await writeLink(host, link, "/nowhere at all", options);
    assert.equal(await readLink(host, link, options), "/nowhere at all");
    assert.equal((await host.run(["ls", "-A", folder], options)).stdout, "-link\n");
    await removeFile(host, link, options);
    assert.equal(await readLink(host, link, options), undefined);
  });

  it("are not taken for links", async () => {
    await assert.rejects(readLink(host, "/etc/passwd", options), /is no symbolic link/);
  });
});
