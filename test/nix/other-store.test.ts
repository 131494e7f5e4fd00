import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { withOtherStore } from "../../provider/nix/other-store";
import { ServeSession } from "../../provider/nix/serve";
import { freshClosure } from "../cache/payload";
import { pushTo } from "../cache/pushed";
import { environment, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";

describe("a Nix that works with another store", () => {
  let hosts: Hosts;
  let controller: Host;
  let home: string;
  let web: WebCache;
  let restoreEnvironment: () => void;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "pulumi-nix-other-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: home });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(home, { recursive: true });
  });
  afterEach(() => web.stop());

  for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
    it(`reads a cache's closure and archives, on ${suite}, and nobody sees whose`, async () => {
      const machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
      web = await startWebCache(machine.address.replace(/\d+$/, "1"));
      const path = await freshClosure();
      await pushTo(controller, { url: web.url, credentials: writer }, path);
      const folder = "/run/other-store";
      const host = withOtherStore(
        await hosts.get(connectionSchema.parse(machine.connection())),
        "cache",
        web.url,
        folder,
      );
      const session = await ServeSession.open(host, { as: undefined });
      const infos = await session.infos(await session.closure([path]));
      assert.equal(infos.length, 3);
      for (const info of infos) {
        const hash = createHash("sha256");
        for await (const chunk of session.dump(info)) hash.update(chunk);
        assert.equal(hash.digest("hex"), info.narHash);
      }
      assert.equal((await machine.trySh(`pgrep -f '[:]${web.port}'`)).code, 1);
      await session.close();
      assert.equal((await machine.trySh(`nix-store --check-validity ${path}`)).code, 1);
      // Neither is it remembered.
      assert.equal((await machine.trySh(`grep -r ':${web.port}' ~/.cache/nix`)).stdout, "");
      await machine.sh(`grep -q ':${web.port}' ${folder}/nix/*; rm -r ${folder}`);
    });
  }
});
