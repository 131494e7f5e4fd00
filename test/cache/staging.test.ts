import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { makeStaging, withStaging } from "../../provider/cache/staging";
import { setEnvironment } from "../fleet";
import { checkout } from "../fleet/script";

describe("the folder that a push works in", () => {
  let home: string;
  let parent: string;
  let restoreEnvironment: () => void;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "pulumi-nix-staging-"));
    parent = join(home, "pulumi-nix/staging");
    restoreEnvironment = setEnvironment({ XDG_CACHE_HOME: home });
  });
  afterEach(() => {
    restoreEnvironment();
    rmSync(home, { recursive: true });
  });

  it("is for this user alone, and gone afterwards, whatever happens", async () => {
    const modes = await withStaging(async (folder) =>
      [folder, parent].map((one) => statSync(one).mode & 0o777),
    );
    assert.deepEqual(modes, [0o700, 0o700]);
    await assert.rejects(
      withStaging(() => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.deepEqual(readdirSync(parent), []);
  });

  it("goes with the process, and that of a killed one with a push an hour later", async () => {
    const program = `require(${JSON.stringify(join(checkout, "provider/cache/staging"))}).makeStaging();`;
    const start = async (rest: string): Promise<unknown[]> => {
      const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program + rest], {
        cwd: checkout,
      });
      return once(child, "close");
    };
    assert.deepEqual(await start("process.exit(3)"), [3, null]);
    assert.deepEqual(readdirSync(parent), []);
    assert.deepEqual(await start("process.kill(process.pid, 'SIGKILL')"), [null, "SIGKILL"]);
    const [left = ""] = readdirSync(parent);
    makeStaging().remove();
    assert.deepEqual(readdirSync(parent), [left]);
    longAgo(join(parent, left));
    const { folder, remove } = makeStaging();
    assert.deepEqual(readdirSync(parent), [folder.slice(parent.length + 1)]);
    remove();
  });

  it("of a live process stays, and that of another machine as long as it is marked", () => {
    const names = [`${hostname()}-${process.pid}-abcdef`, "elsewhere-1-abcdef", "elsewhere-2-abcdef"];
    const others = names.map((name) => join(parent, name));
    for (const other of others) {
      mkdirSync(other, { recursive: true });
      writeFileSync(join(other, "file"), "");
    }
    const [live, , abandoned] = others as [string, string, string];
    for (const other of [live, abandoned]) longAgo(other);
    makeStaging().remove();
    assert.deepEqual(others.filter(existsSync), others.slice(0, 2));
  });

  it("is marked as long as it is used", async () => {
    const { folder, remove } = makeStaging(1);
    longAgo(folder);
    while (statSync(folder).mtimeMs < Date.now() - 3600_000) await turn();
    remove();
  });
});

function longAgo(folder: string): void {
  utimesSync(folder, 1e9, 1e9);
}
