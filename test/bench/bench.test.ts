import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run, type Outcome } from "../fleet";
import { checkout } from "../fleet/script";

const bench = (...words: string[]): Promise<Outcome> =>
  run([process.execPath, "--require", "tsx/cjs", join(checkout, "bench/index.ts"), ...words]);

describe("npm run bench", function () {
  /** The cells of each line of the tables that a benchmark printed. */
  async function rowsOf(...names: string[]): Promise<string[][]> {
    const outcome = await bench(...names, "--quick");
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(readdirSync("/nix/store").filter(isLeftOver), []);
    return outcome.stdout.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  }

  const rowIn = (rows: string[][], ...start: string[]): string[] =>
    rows.find((cells) => start.every((cell, column) => cells[column + 1] === cell)) ?? [];

  it("deploys to a fleet, and counts the logins", async () => {
    const rows = await rowsOf("fleet-run");
    // hosts, operation, seconds, logins; then those of doing it by hand.
    const logins = (operation: string): (string | undefined)[] =>
      [4, 9].map((at) => rowIn(rows, "1", operation)[at]);
    assert.deepEqual(
      ["first up", "no-op up", "no-op up --refresh", "preview", "preview, diffs in parallel", "update"].map(
        logins,
      ),
      [
        // The connection, and the confirmation of the unit.
        ["2", "2"],
        ["0", "2"],
        ["1", "2"],
        // It is asked what it has already.
        ["1", "–"],
        ["1", "–"],
        ["2", "2"],
      ],
    );
  });

  it("counts the commands of each resource", async () => {
    const rows = await rowsOf("round-trips");
    for (const resource of ["NixBuild", "ClosureCopy", "ProfileActivation", "SystemdUnit"]) {
      assert.match(rowIn(rows, resource).slice(2, 6).join(" "), /^\d+ \+ \d+( \d+ \+ \d+){3}$/);
    }
  });

  it("confirms, previews and evaluates", async () => {
    const rows = await rowsOf("confirmation", "preview", "evaluation");
    assert.equal(rowIn(rows, "0")[5], "1");
    for (const start of [["`preview`", "trivial resources only"], ["2"]])
      assert.match(rowIn(rows, ...start).join(" "), /\d\.\d/);
  });

  it("copies in each way, and once more when all is there", async () => {
    const rows = await rowsOf("copy");
    const nix = ["nix-copy-closure", "nix copy ssh://", "nix copy ssh-ng://"];
    for (const way of [...nix, "pulumi-nix, new process and login", "pulumi-nix"])
      assert.match(rowIn(rows, way).slice(2, 5).join(" "), /^\d+\.\d+ \d+\.\d+ \d+\.\d+$/, way);
    assert.match(rowIn(rows, "raw ssh").slice(2, 5).join(" "), /^\d+\.\d+ 1\.00 –$/);
    assert.match(rows.join("\n"), /at its most: A \d+ MiB\./);
  });

  it("says which benchmarks there are when there is none of that name", async () => {
    const { code, stderr } = await bench("sorting");
    assert.equal(code, 1);
    assert.match(stderr, /there is no benchmark sorting; there are fleet-run, round-trips/);
  });
});

/** Of a run that has ended: someone else's may be going on. */
function isLeftOver(path: string): boolean {
  const pid = /-pulumi-nix-bench-(\d+)-/.exec(path)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}
