import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { environment } from "../fleet";
import { checkout } from "../fleet/script";

/** Takes minutes, without memory. */
const endless = `let
  times = builtins.foldl' (sum: _: sum + 1) 0;
  many = builtins.genList (x: x) 100000;
in derivation { system = "s"; builder = "b";
  name = toString (builtins.foldl' (sum: _: sum + times many) 0 many); }`;

const evaluating = (expr: string): string =>
  `const evaluated = require("./sdk/evaluation").evaluate("it", { expr: ${JSON.stringify(expr)} });`;

describe("a program that has builds evaluated", () => {
  let folder: string;
  let child: ChildProcess | undefined;
  before(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-nix-program-"))));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    child?.kill("SIGKILL");
    for (const { pid } of evaluations()) process.kill(pid, "SIGKILL");
  });

  const start = (program: string): ChildProcess => {
    const env = { ...environment(), XDG_CACHE_HOME: folder };
    const started = spawn(process.execPath, ["--require", "tsx/cjs", "-e", program], { cwd: checkout, env });
    started.stderr.pipe(process.stderr);
    return (child = started);
  };

  /** Nix processes that a program of ours started: they have its cache folder in their environment. */
  const evaluations = (): { pid: number }[] =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => readProcess(pid, "comm").startsWith("nix-inst"))
      .filter((pid) => readProcess(pid, "environ").includes(`XDG_CACHE_HOME=${folder}\0`))
      .filter((pid) => readProcess(pid, "cmdline").includes("--eval"))
      .map((pid) => ({ pid: Number(pid) }));

  const untilEvaluating = async (): Promise<void> => {
    while (evaluations().length === 0) await delay(20);
  };
  /** What was killed takes a moment to go. */
  const untilNoneEvaluates = async (): Promise<void> => {
    while (evaluations().length > 0) await delay(20);
  };

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends by ${signal}, and the evaluation with it`, async () => {
      const program = start(evaluating(endless));
      await untilEvaluating();
      program.kill(signal);
      assert.deepEqual(await once(program, "close"), [null, signal]);
      await untilNoneEvaluates();
    });
  }

  it("handles a signal itself, if it wants to", async () => {
    const own = `process.on("SIGTERM", () => evaluated.finally(() => process.exit(7)));`;
    const program = start(evaluating(endless) + own);
    await untilEvaluating();
    program.kill("SIGTERM");
    assert.deepEqual(await once(program, "close"), [7, null]);
    await untilNoneEvaluates();
  });

  it("has no handlers of ours once all is evaluated", async () => {
    const print = `evaluated.then(() => console.log(process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")));`;
    const program = start(evaluating(`derivation { name = "n"; system = "s"; builder = "b"; }`) + print);
    let printed = "";
    program.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    assert.deepEqual(await once(program, "close"), [0, null]);
    assert.equal(printed, "0 0\n");
  });
});

function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return ""; // It has ended.
  }
}
