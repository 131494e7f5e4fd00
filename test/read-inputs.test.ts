import assert from "node:assert/strict";
import { z } from "zod";
import { dynamicHandler, type DynamicHandler } from "../provider/dynamic";
import { savedInputs } from "../provider/engine-saved";
import type { Resource } from "../provider/resource";
import type { Properties } from "../provider/wire";

describe("the inputs of a resource that was read", () => {
  let there: Properties = {};
  let handler: DynamicHandler;

  const resource = {
    name: "Test",
    inputs: z.strictObject({
      connection: z.unknown(),
      path: z.string(),
      timeout: z.number().optional(),
      signWith: z.string().optional(),
    }),
    replacedBy: [],
    silent: ["timeout", "signWith"],
    contentNames: () => ["holds"],
    read: (_id: string, state: Properties) => Promise.resolve({ ...state, ...there }),
  } as unknown as Resource<never, never>;

  before(() => (handler = dynamicHandler(resource)));
  beforeEach(() => (there = {}));

  const read = (outputs: Properties, inputs?: Properties): ReturnType<DynamicHandler["read"]> =>
    handler.read("id", { ...outputs, __urn: "u", ...(inputs && { [savedInputs]: inputs }) });

  it("are what the machine tells, and of what it does not what the program gave last", async () => {
    there = { path: "b" };
    const { props, inputs } = await read(
      { path: "a", timeout: 1, signWith: "old" },
      { path: "a", timeout: 2, signWith: "new" },
    );
    assert.deepEqual(inputs, { path: "b", timeout: 2, signWith: "new", __urn: "u" });
    assert.deepEqual(props, { path: "b", timeout: 1, signWith: "old", __urn: "u" });
  });

  it("have no silent input and no connection that the program gives no longer", async () => {
    const { inputs } = await read({ path: "a", timeout: 1, from: { host: "h" } }, { path: "a" });
    assert.deepEqual(inputs, { path: "a", __urn: "u" });
  });

  it("hold what the path holds only if the program knew it, or it is other than it was", async () => {
    const outputs = { path: "a", holds: "x" };
    assert.deepEqual((await read(outputs, { path: "a" })).inputs, { path: "a", __urn: "u" });
    assert.deepEqual((await read(outputs, outputs)).inputs, { ...outputs, __urn: "u" });
    there = { path: "b", holds: "y" };
    assert.deepEqual((await read(outputs, { path: "a" })).inputs, { ...there, __urn: "u" });
  });

  describe("by the first request of a process, which comes without the saved ones", () => {
    const outputs = { connection: { host: "first" }, path: "a", timeout: 1 };

    it("are left to the engine when the machine is as it was", async () => {
      assert.equal((await read({ path: "a", timeout: 1 })).inputs, undefined);
      assert.equal((await read(outputs)).inputs, undefined);
    });

    it("are left to the engine when no other resource tells of the newest connection", async () => {
      there = { path: "b" };
      assert.equal((await read(outputs)).inputs, undefined);
    });

    it("are what the machine tells otherwise, and the silent ones those of the last update", async () => {
      const connection = { host: "first", privateKey: "new" };
      await read({ connection: { host: "first" }, path: "c" }, { connection, path: "c" });
      there = { path: "b" };
      assert.deepEqual((await read(outputs)).inputs, { connection, path: "b", timeout: 1, __urn: "u" });
    });
  });
});
