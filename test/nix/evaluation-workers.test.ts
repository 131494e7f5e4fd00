import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { TimeoutError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import type { BuildSource } from "../../provider/nix/build-source";
import { evaluateAll, type Evaluation, type Progress } from "../../provider/nix/evaluate";
import { environment, setEnvironment } from "../fleet";
import { Counting } from "./counting";

/** Systems that take some tenths of a second, or as much memory as 50 MB, and stay in memory once evaluated. */
const library = `let
  count = builtins.foldl' (sum: _: sum + 1) 0;
  many = builtins.genList (x: x);
  make = name: more: derivation { inherit name more; system = "s"; builder = "b"; };
  slow = n: make "slow-\${toString n}" (toString (builtins.foldl' (sum: _: sum + count (many 20000)) n (many 100)));
  large = n: let kept = map (x: "\${toString x} of \${toString n}") (many 400000);
    in make "large-\${toString n}" (toString (builtins.length (builtins.filter (x: x == "") kept))) // { inherit kept; };
  named = name: f: builtins.listToAttrs (builtins.genList (n: { name = "\${name}\${toString n}"; value = f n; }) 12);
in named "slow" slow // named "large" large // { thrown = throw "it is thrown"; endless = make "endless" (toString (builtins.foldl' (sum: _: sum + count (many 1000000)) 0 (many 1000000))); }`;

describe("the workers that evaluate", () => {
  let folder: string;
  let hosts: Hosts;
  let nix: Counting;
  let restore: () => void;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-workers-"));
    mkdirSync(join(folder, "library"));
    writeFileSync(file(), library);
    restore = setEnvironment({ ...environment() });
    hosts = new Hosts();
  });
  after(async () => {
    restore();
    rmSync(folder, { recursive: true });
    await hosts.close();
  });
  beforeEach(async () => {
    process.env["XDG_CACHE_HOME"] = mkdtempSync(join(folder, "cache-"));
    nix = new Counting(await hosts.get(connectionSchema.parse({ local: true })));
  });

  /** In a folder without the cache, which changes. */
  const file = (): string => join(folder, "library/library.nix");
  const sources = (name: string, count = 12): BuildSource[] =>
    Array.from({ length: count }, (_, n) => ({ file: file(), attr: `${name}${n}` }));
  const names = (found: readonly Evaluation[]): string[] =>
    found.map((one) => (one.ok ? one.name : one.reason));
  const expected = (name: string, count = 12): string[] =>
    Array.from({ length: count }, (_, n) => `${name}-${n}`);

  /** Evaluates with so many workers, and MiB for all of them. */
  const evaluate = async (
    asked: BuildSource[],
    workers: string,
    memory: string,
    progress?: (progress: Progress) => void,
  ): Promise<Evaluation[]> => {
    const set = { PULUMI_NIX_EVAL_WORKERS: workers, PULUMI_NIX_EVAL_MEMORY: memory };
    const undo = setEnvironment(set);
    return evaluateAll(asked, nix, progress).finally(undo);
  };

  it("are one, where there is a place for one only", async () => {
    assert.deepEqual(names(await evaluate(sources("slow"), "1", "4000")), expected("slow"));
    assert.deepEqual([nix.evaluations(), nix.most], [1, 1]);
  });

  it("divide what takes long among them", async () => {
    assert.deepEqual(names(await evaluate(sources("slow"), "2", "4000")), expected("slow"));
    assert.equal(nix.most, 2);
  });

  it("are no more than were asked for, however many kinds of options there are", async () => {
    const kinds = sources("slow", 6).map((source, n) => ({ ...source, nixOptions: { cores: String(n) } }));
    assert.deepEqual(names(await evaluate(kinds, "2", "4000")), expected("slow", 6));
    assert.deepEqual([nix.evaluations(), nix.most], [6, 2]);
  });

  it("are no more than were asked for, when more is to be evaluated before the first is done", async () => {
    const undo = setEnvironment({ PULUMI_NIX_EVAL_WORKERS: "1", PULUMI_NIX_EVAL_MEMORY: "4000" });
    const [early, late] = [sources("slow", 2), sources("slow", 4).slice(2)];
    const found = await Promise.all([evaluateAll(early, nix), evaluateAll(late, nix)]).finally(undo);
    assert.deepEqual(names(found.flat()), expected("slow", 4));
    assert.deepEqual([nix.evaluations(), nix.most], [2, 1]);
  });

  it("are followed by fresh ones before they outgrow their share of the memory", async () => {
    assert.deepEqual(names(await evaluate(sources("large"), "1", "400")), expected("large"));
    assert.ok(nix.evaluations() > 1, `${nix.evaluations()} processes`);
    assert.ok(nix.largest > 0 && nix.largest < 400 * 2 ** 20, `${nix.largest} bytes`);
  });

  it("lose one system, and not the others, when one of them is killed", async () => {
    const asked = sources("slow", 3);
    asked.splice(1, 0, { file: file(), attr: "endless" });
    const killSecond = ({ index }: Progress): void => {
      if (index === 1 && nix.last !== undefined) process.kill(nix.last, "SIGKILL");
    };
    const found = await evaluate(asked, "1", "4000", killSecond);
    assert.deepEqual(
      found.map((one) => one.ok),
      [true, false, true, true],
    );
    assert.match(names(found)[1] ?? "", /the nix process was ended by SIGKILL/);
  });

  it("lose one system, and not the others, when one of them ends in a way that is none of Nix's", async () => {
    const bin = mkdtempSync(join(folder, "bin-"));
    const inherited = String(process.env["PATH"]);
    const program = `#!/bin/sh\nPATH='${inherited}' nix-instantiate "$@" || exit 3\n`;
    writeFileSync(join(bin, "nix-instantiate"), program, { mode: 0o755 });
    const undo = setEnvironment({ PATH: `${bin}:${inherited}` });
    const asked = sources("slow", 3);
    asked.splice(1, 0, { file: file(), attr: "thrown" });
    const found = await evaluate(asked, "1", "4000").finally(undo);
    assert.deepEqual(names(found), [
      "slow-0",
      "the nix process ended with exit code 3: it is thrown",
      "slow-1",
      "slow-2",
    ]);
  });

  it("lose the systems of a process that does not end in its time, and tell so of each", async () => {
    const run = nix.run.bind(nix);
    nix.run = (argv, options) => {
      const late = new TimeoutError({ doing: options.doing, host: nix.name, waited: 7 });
      return argv[1] === "--eval" ? Promise.reject(late) : run(argv, options);
    };
    const late = "evaluating 2 builds on this machine failed: not done after 7 s";
    assert.deepEqual(names(await evaluate(sources("slow", 2), "1", "4000")), [late, late]);
  });

  it("tell which system they are at, of how many that are not kept", async () => {
    await evaluate(sources("slow", 2), "1", "4000");
    const told: Progress[] = [];
    await evaluate(sources("slow", 5), "1", "4000", (progress) => told.push(progress));
    assert.deepEqual(told, [
      { index: 2, begun: 1, total: 3 },
      { index: 3, begun: 2, total: 3 },
      { index: 4, begun: 3, total: 3 },
    ]);
  });

  it("are refused a number that is none", async () => {
    const [found] = await evaluate(sources("slow", 1), "many", "4000");
    assert.match(
      found?.ok === false ? found.reason : "",
      /PULUMI_NIX_EVAL_WORKERS=many: must be a whole number/,
    );
  });
});
