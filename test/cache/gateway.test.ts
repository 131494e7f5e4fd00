import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { openGateway } from "../../provider/cache/gateway";
import type { ObjectStore } from "../../provider/cache/object-store";

describe("a cache handed to this machine's own Nix", () => {
  const written: string[] = [];
  const store: ObjectStore = {
    name: "a cache",
    look: async (key) => (key === "there" ? { size: undefined } : undefined),
    read: async (key) => {
      if (key === "broken") throw new Error("the wire was cut");
      if (key === "breaking") return Readable.from(breaking());
      return key === "there" ? Readable.from([Buffer.from("hello")]) : undefined;
    },
    write: async (key) => void written.push(key),
    close: () => undefined,
  };
  async function* breaking(): AsyncGenerator<Buffer> {
    yield Buffer.from("he");
    await new Promise((later) => setImmediate(later));
    throw new Error("the wire was cut later");
  }

  it("gives what there is to whoever knows the URL, and takes nothing", async () => {
    const { url } = await openGateway(store);
    const get = async (path: string, method = "GET"): Promise<[number, string]> => {
      const answer = await fetch(path, { method });
      return [answer.status, await answer.text()];
    };
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{48}$/);
    assert.deepEqual(await get(`${url}/there`), [200, "hello"]);
    assert.deepEqual(await get(`${url}/there`, "HEAD"), [200, ""]);
    assert.deepEqual(await get(`${url}/elsewhere`), [404, ""]);
    assert.deepEqual(await get(`${url}/elsewhere`, "HEAD"), [404, ""]);
    assert.deepEqual(await get(new URL("/there", url).href), [404, ""]);
    assert.deepEqual(await get(new URL(`/${"0".repeat(48)}/there`, url).href), [404, ""]);
    assert.deepEqual(await get(`${url}/there`, "PUT"), [404, ""]);
    assert.deepEqual(written, []);
  });

  it("says of each object why it could not give it", async () => {
    const gateway = await openGateway(store);
    assert.equal((await fetch(`${gateway.url}/broken`)).status, 400);
    await assert.rejects(fetch(`${gateway.url}/breaking`).then((answer) => answer.text()));
    await fetch(`${gateway.url}/there`);
    const reasons = ["broken", "breaking", "there"].map((key) => gateway.failure(key)?.message);
    assert.deepEqual(reasons, ["the wire was cut", "the wire was cut later", undefined]);
  });

  it("has nothing to say of an object whose reader went away", async () => {
    const endless = new Readable({ read() {} });
    endless.push("he");
    const gateway = await openGateway({ ...store, read: async () => endless });
    const leave = new AbortController();
    const answer = await fetch(`${gateway.url}/endless`, { signal: leave.signal });
    assert.equal(answer.status, 200);
    const closed = new Promise((ended) => endless.on("error", () => undefined).on("close", ended));
    leave.abort();
    await closed;
    await new Promise((later) => setImmediate(later));
    assert.equal(gateway.failure("endless"), undefined);
  });
});
