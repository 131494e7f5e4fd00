import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import { storeSource } from "../../provider/copy/closure-source";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { parseStorePath } from "../../provider/values";
import { environment, setEnvironment } from "../fleet";
import { storedFiles } from "./stored-files";

describe("closures in the store of a machine", () => {
  const hosts = new Hosts();
  let local: Host;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    local = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });

  it("are listed beside one that is not there, which alone fails, by its name", async () => {
    const files = await storedFiles(local, "listed", [10, 20]);
    const paths = files.map(({ path }) => path);
    const absent = parseStorePath(`/nix/store/${"0".repeat(32)}-absent`);
    const store = await storeSource(local).open();
    const [lacking, first, second] = await Promise.allSettled([
      store.closure([absent]),
      store.closure(paths.slice(0, 1)),
      store.closure(paths),
    ]);
    await store.close();
    assert.match(
      String((lacking as PromiseRejectedResult).reason),
      new RegExp(`listing the closure of ${absent} on this machine failed: it does not have ${absent}$`),
    );
    const listed = [first, second].map(
      (one) => one.status === "fulfilled" && one.value.map(({ path }) => path),
    );
    assert.deepEqual(listed, [paths.slice(0, 1), paths]);
  });
});
