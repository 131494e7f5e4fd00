import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connectionSchema } from "../../provider/connection";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure } from "../../provider/copy/copy";
import { DeploymentError } from "../../provider/errors";
import type { Host, HostProcess } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { FrameWriter } from "../../provider/nix/serve-codec";
import type { ValidPath } from "../../provider/nix/valid-path";
import { environment, setEnvironment } from "../fleet";
import { mutated } from "../nix/mutation";
import { storedFiles } from "./stored-files";

/** What a server does when it has given its answers. */
const endings = ["exec cat >/dev/null", "exit 0", "exit 3", "kill -9 $$", "echo why >&2; exit 1"] as const;

/** A machine whose Nix gives these bytes for answers, whatever it is asked. */
class Answering implements Host {
  readonly opened: HostProcess[] = [];
  readonly name = "elsewhere";
  readonly user = "root";
  readonly canElevate = false;
  constructor(
    private readonly local: Host,
    private readonly script: string,
  ) {}
  run: Host["run"] = (argv, options) => this.local.run(argv, options);
  open: Host["open"] = async (_argv, options) => {
    const opened = await this.local.open(["sh", "-c", this.script], options);
    this.opened.push(opened);
    return opened;
  };
}

describe("a copy to a machine that answers nonsense", () => {
  const hosts = new Hosts();
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-answers-"));
  let local: Host;
  let files: ValidPath[];
  let good: Buffer;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    local = await hosts.get(connectionSchema.parse({ local: true }));
    files = await storedFiles(local, "nonsense", [100_000, 300_000, 0]);
    const greeting = new FrameWriter().integer(0x5452eecb).integer(0x207);
    // None of them is there, each is added, and at the end it is asked once more what is held.
    good = greeting.integer(0).integer(1).integer(1).integer(1).integer(0).bytes();
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });

  /** The error of a copy to such a machine, on which no process is left. */
  async function copied(answers: Buffer, ending: string, idleLimit: number): Promise<Error | undefined> {
    const file = join(folder, "answers");
    writeFileSync(file, answers);
    const target = new Answering(local, `cat ${file}; ${ending}`);
    const error = await copyClosure({
      source: storeSource(local),
      target: { host: target, as: undefined },
      paths: files.map(({ path }) => path),
      root: () => Promise.resolve(),
      idleLimit,
    }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    for (const { exited } of target.opened) await exited;
    return error;
  }

  it("goes well with the answers that the others are made from", async () => {
    assert.equal(await copied(good, "exec cat >/dev/null", 20), undefined);
  });

  it("ends with an error that says where and what, or well, and leaves no process", async function () {
    await fc.assert(
      fc.asyncProperty(mutated([good]), fc.constantFrom(...endings), async (answers, ending) => {
        const error = await copied(answers, ending, 20);
        if (error === undefined) return;
        assert.ok(error instanceof DeploymentError, error.stack);
        assert.match(error.message, /^\S.* on elsewhere failed: \S/);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it("that falls silent is given up, wherever that is, and no process is left", async function () {
    for (const length of [0, 12, 16, 24, 32, 47, 48])
      for (const silent of ["exec sleep 1000", "cat >/dev/null; exit"]) {
        const error = await copied(good.subarray(0, length), silent, 0.3);
        // The last question closes the input: whoever ends with that has not fallen silent, and has not answered.
        const hasEnded = length === 48 && silent !== "exec sleep 1000";
        const wanted = hasEnded ? "RefusedError" : "TimeoutError";
        assert.equal(error?.name, wanted, `${length}, ${silent}: ${error?.message}`);
        if (hasEnded) assert.match(error.message, /failed: the stream ended within a message/);
      }
  });
});
