import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connectionSchema } from "../../provider/connection";
import { withOtherStore } from "../../provider/nix/other-store";
import { ServeSession } from "../../provider/nix/serve";
import { hostWithCache, openPlace, type Place } from "../cache/place";
import type { Suite } from "../fleet";
import type { WebCache } from "../servers/nginx";

describe("a Nix that works with another store", () => {
  let place: Place;
  let web: WebCache;

  before(async () => {
    place = await openPlace();
  });
  after(() => place.close());
  afterEach(() => web.stop());

  for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
    it(`reads a cache's closure and archives, on ${suite}, and nobody sees whose`, async () => {
      const there = await hostWithCache(suite, place);
      const { machine } = there;
      ({ web } = there);
      const path = await there.pushed(100_000);
      const folder = "/run/other-store";
      const host = withOtherStore(
        await place.hosts.get(connectionSchema.parse(machine.connection())),
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
