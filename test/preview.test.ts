import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { z } from "zod";
import { connectionSchema } from "../provider/connection";
import { dynamicHandler, type DynamicHandler } from "../provider/dynamic";
import { knownContents, rememberContents } from "../provider/nix/contents";
import type { Context, Resource } from "../provider/resource";
import { nixBuild } from "../provider/resources/nix-build";
import { controllerHost } from "../provider/session";
import type { StorePath } from "../provider/values";
import { unknownValue, type Properties } from "../provider/wire";
import { untyped } from "./resources/managed";

interface Inputs {
  path: string;
  other?: string | undefined;
  holds?: string | undefined;
}

const store = (name: string): StorePath => `/nix/store/00000000000000000000000000000000-${name}` as StorePath;

describe("a preview", () => {
  let said: string[] = [];
  let known: Record<string, string> = {};
  let asked = 0;
  let handler: DynamicHandler;
  let made = 0;
  let urn = "";

  const resource = {
    name: "Test",
    inputs: z.strictObject({ path: z.string(), other: z.string().optional(), holds: z.string().optional() }),
    replacedBy: ["other"],
    contentNames: () => ["holds"],
    contents: ({ path }: Inputs, saved: Partial<Inputs>) => {
      asked += 1;
      return Promise.resolve({ holds: saved.path === path ? saved.holds : known[path] });
    },
    preview: (inputs: Inputs, previous: Inputs | undefined, _context: Context) => {
      said.push(`${previous?.path ?? "nothing"} => ${inputs.path} holds ${inputs.holds ?? "?"}`);
      return Promise.resolve();
    },
    identify: () => "id",
  } as unknown as Resource<never, never>;

  before(() => (handler = dynamicHandler(resource)));
  beforeEach(() => {
    made += 1;
    urn = `urn:preview-${made}`;
    [said, known, asked] = [[], {}, 0];
  });

  const check = async (saved: Properties, wanted: Properties, isPreview = true): Promise<Properties> => {
    const { inputs, failures } = await handler.check(saved, {
      ...wanted,
      __urn: urn,
      ...(isPreview && { __program: { isPreview } }),
    });
    assert.deepEqual(failures, []);
    return inputs;
  };
  const diff = (state: Properties, wanted: Properties): ReturnType<DynamicHandler["diff"]> =>
    handler.diff("id", { ...state, __urn: urn }, wanted);

  it("says of what is new what making it would do, when it is checked", async () => {
    await check({}, { path: "a" });
    assert.deepEqual(said, ["nothing => a holds ?"]);
  });

  it("says of what changes what changing it would do, when it is compared", async () => {
    known = { b: "two" };
    const wanted = await check({ path: "a", holds: "one" }, { path: "b" });
    assert.deepEqual(said, []);
    assert.deepEqual(await diff({ path: "a", holds: "one" }, wanted), { changes: undefined, replaces: [] });
    assert.deepEqual(said, ["a => b holds two"]);
  });

  it("says nothing of what stays as it is", async () => {
    const wanted = await check({ path: "a", holds: "one" }, { path: "a" });
    assert.deepEqual(await diff({ path: "a", holds: "one" }, wanted), { changes: false, replaces: [] });
    assert.deepEqual(said, []);
  });

  it("says of what is replaced once what making the new one would do", async () => {
    const wanted = await check({ path: "a", other: "1" }, { path: "a", other: "2" });
    assert.deepEqual((await diff({ path: "a", other: "1" }, wanted)).replaces, ["other"]);
    assert.deepEqual(said, []);
    await check({}, { path: "a", other: "2" });
    assert.deepEqual(said, ["nothing => a holds ?"]);
  });

  it("says nothing in an update, nor when a refresh compares", async () => {
    await check({}, { path: "a" }, false);
    const wanted = await check({ path: "a" }, { path: "b" }, false);
    await diff({ path: "a" }, wanted);
    await diff({ path: "seen" }, { path: "a" });
    assert.deepEqual(said, []);
  });

  it("does not know what is not known, which is no change; an update leaves it out", async () => {
    assert.equal((await check({}, { path: "a" }))["holds"], unknownValue);
    assert.equal("holds" in (await check({}, { path: "a" }, false)), false);
    assert.equal(
      (await diff({ path: "a", holds: "one" }, { path: "a", holds: unknownValue })).changes,
      false,
    );
    assert.equal((await diff({ path: "a" }, { path: "a", holds: "one" })).changes, false);
  });

  it("does not dial a machine again that the refresh before it did not reach", async () => {
    let dials = 0;
    const server = createServer((socket) => {
      dials += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const connection = { host: "127.0.0.1", port, user: "nobody", password: "none", dialErrorLimit: 1 };
    const looking = { ...resource, read: dialling, preview: dialling } as unknown as typeof resource;
    async function dialling(_id: unknown, _state: unknown, context: Context): Promise<undefined> {
      await context.host(connectionSchema.parse({ ...connection, verifyHostKey: false }));
    }
    handler = dynamicHandler(looking);
    try {
      assert.ok("props" in (await handler.read("id", { path: "a", __urn: urn })));
      await check({}, { path: "a" });
      assert.equal(dials, 1);
    } finally {
      server.close();
      handler = dynamicHandler(resource);
    }
  });

  it("does not look into a path that is not known", async () => {
    const inputs = await check({}, { path: unknownValue });
    assert.deepEqual([inputs["path"], inputs["holds"], asked, said], [unknownValue, unknownValue, 0, []]);
  });
});

describe("a build that is pinned", () => {
  const handler = dynamicHandler(untyped(nixBuild));
  const set = (name: string): Properties => ({
    drvPath: store(`${name}.drv`),
    outPath: store(name),
    outputs: { out: store(name) },
    packages: { [name]: "1" },
    closureSize: name.length,
  });
  const check = async (saved: Properties, news: Properties): Promise<Properties> => {
    const { inputs, failures } = await handler.check(saved, { keepBuilds: 3, ...news });
    assert.deepEqual(failures, []);
    return inputs;
  };

  it("keeps derivation, outputs and packages of the path that stays", async () => {
    const inputs = await check(set("old"), {
      ...set("evaluated"),
      outPath: store("old"),
      __program: { evaluated: store("evaluated") },
    });
    assert.deepEqual(inputs, { ...set("old"), keepBuilds: 3 });
  });

  it("keeps its packages too when all else is pinned with the path", async () => {
    const { drvPath, outPath, outputs } = set("old");
    const news = {
      ...set("evaluated"),
      drvPath,
      outPath,
      outputs,
      __program: { evaluated: store("evaluated") },
    };
    assert.deepEqual(await check(set("old"), news), { ...set("old"), keepBuilds: 3 });
  });

  it("means the path itself, whatever a refresh has found out about it", async () => {
    const saved = { ...set("old"), outPath: `missing: ${store("old")}` };
    const inputs = await check(saved, {
      ...set("evaluated"),
      outPath: saved.outPath,
      __program: { evaluated: store("evaluated") },
    });
    assert.deepEqual(inputs, { ...set("old"), keepBuilds: 3 });
  });

  it("is one only by its path: what is evaluated is taken as a whole", async () => {
    const inputs = await check(set("old"), { ...set("new"), __program: { evaluated: store("new") } });
    assert.deepEqual(inputs, { ...set("new"), keepBuilds: 3 });
  });

  it("that stays as it is keeps the packages that its state has, also where the path is not built", async () => {
    const { drvPath, outPath, outputs } = set("elsewhere");
    const inputs = await check(set("elsewhere"), {
      drvPath,
      outPath,
      outputs,
      __program: { evaluated: outPath },
    });
    assert.deepEqual(inputs["packages"], { elsewhere: "1" });
    assert.deepEqual(await knownContents(await controllerHost(), store("elsewhere")), {
      packages: { elsewhere: "1" },
      closureSize: 9,
    });
    rememberContents(store("told"), { packages: {}, closureSize: 0 });
    assert.deepEqual((await knownContents(await controllerHost(), store("told")))?.packages, {});
  });
});
